"""The rebuild of tables where foreign keys cannot be switched off: both models in, the statements of one batch out.

To drop a table deletes its rows, and what cascades from them. So every table that refers to one that is rebuilt is made
anew with it, its keys pointing at the new form; only then the old ones are dropped, and the new ones get their names,
which their keys follow (sqlite.org/lang_altertable.html#alter_table_rename). Keys are looked at when the batch ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.rebuild import Anew, anew, dropped, filled, made, renamed, surrounded
from reconciler.dialects.sqlite.triggers import drop_trigger, trigger_names
from reconciler.model.change import Change
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import States
from reconciler.plan.step import Statement


def together(table: Ref, states: States) -> set[Ref]:
    """Return the tables that refer to this one, before or after the plan, and those that refer to them, also by way of
    tables that go.
    """
    found: set[Ref] = set()
    pending = [table]
    while pending:
        users = _referring(pending.pop(), states) - found
        found |= users
        pending += users
    return {ref for ref in found if ref in states.old and ref in states.new}


def _referring(table: Ref, states: States) -> set[Ref]:
    keys = [*states.old.dependents(table), *states.new.dependents(table)]
    return {key.ref.top for key in keys if isinstance(key, ForeignKey)}


def rebuild(roots: Sequence[Ref], changes: Sequence[Change], states: States) -> Sequence[Statement]:
    """Return the statements that put tables with their new definitions in the place of the old ones, rows and all.

    What refers to them and goes with this plan is made anew too, without its foreign keys: it is dropped later.
    """
    tables = {root: anew(root, states) for root in roots}
    going = _going(roots, states)
    tables |= {ref: anew(ref, replace(states, new=_loosened(going, states))) for ref in sorted(going)}
    helpers = {ref: Ref.root(Kind.TABLE, table.helper) for ref, table in tables.items()}
    pointed = [replace(table, target=_pointed(table, helpers)) for table in tables.values()]
    order = list(_referring_first(tables))
    parents = [next(table for table in pointed if table.ref == ref) for ref in reversed(order)]
    lookups = [lookup for table in parents for lookup in _lookups(table, tables)]
    texts = [
        "PRAGMA defer_foreign_keys=ON",
        "PRAGMA legacy_alter_table=ON",
        # All of them before the first row: in a circle each refers to the next, and SQLite refuses every INSERT into a
        # table whose keys point at nothing (sqlite.org/foreignkeys.html#fk_schemacommands).
        *(made(table) for table in parents),
        *(lookup for _, lookup in lookups),
        *(text for table in parents for text in filled(table)),
        # What cascades while tables are dropped would fire them.
        *(
            drop_trigger(states.live(name).name)
            for ref in order
            if ref not in going
            for name in trigger_names(ref, states.old)
        ),
        *(dropped(tables[ref]) for ref in order),
        *(renamed(table) for table in parents),
        "PRAGMA legacy_alter_table=OFF",
        *(f"DROP INDEX {double_quoted(name)}" for name, _ in lookups),
        *(text for table in sorted(tables.values(), key=lambda one: one.ref) for text in surrounded(table)),
    ]
    return [Statement(text) for text in texts]


def _going(roots: Sequence[Ref], states: States) -> Set[Ref]:
    """Return the tables that refer to these and are in no new model, and those of them that refer to each other."""
    found, pending = set[Ref](), list(roots)
    while pending:
        keys = (key for key in states.old.dependents(pending.pop()) if isinstance(key, ForeignKey))
        users = {top for key in keys if (top := key.ref.top) in states.old and top not in states.new} - found
        found |= users
        pending += users
    return found


def _loosened(tables: Set[Ref], states: States) -> Model:
    """Return the new model with these tables as they are, but for what is not part of them or refers to others."""
    held = (
        obj for ref in tables for obj in states.old.subtree(ref) if not isinstance(obj, ForeignKey | Index | Trigger)
    )
    return states.new.updated(held)


def _pointed(table: Anew, helpers: Mapping[Ref, Ref]) -> Model:
    """Return what the new form holds, its keys pointing at the new forms of others."""
    keys = table.target.children(table.ref, ForeignKey)
    return table.target.updated(replace(key, target=helpers[key.target]) for key in keys if key.target in helpers)


def _referring_first(tables: Mapping[Ref, Anew]) -> Iterator[Ref]:
    """Yield the tables, each after those that refer to it; of a circle one is first."""
    seen: set[Ref] = set()

    def after(ref: Ref) -> Iterator[Ref]:
        if ref in seen:
            return
        seen.add(ref)
        for other in sorted(tables):
            if any(key.target == ref for key in tables[other].target.children(other, ForeignKey)):
                yield from after(other)
        yield ref

    for ref in sorted(tables):
        yield from after(ref)


# The name of an index that a new form needs for a while, and the statement that makes it.
_Lookup = tuple[str, str]


def _lookups(table: Anew, tables: Mapping[Ref, Anew]) -> Iterator[_Lookup]:
    """Yield the indexes without which keys that point at a new form would have nothing unique there.

    Its own are made at the end: until then their names are taken by those of the old form.
    """
    keys: list[PrimaryKey | Unique] = [*table.target.children(table.ref, PrimaryKey)]
    keys += table.target.children(table.ref, Unique)
    held = {_columns(key.columns) for key in keys}
    for index in sorted(table.target.children(table.ref, Index), key=lambda index: index.ref):
        columns = _columns(part.column or "" for part in index.parts)
        if index.unique and index.where is None and columns not in held and columns in set(_wanted(table.ref, tables)):
            held.add(columns)
            name = helper_name(f"lookup {index.ref}", index.ref.name)
            words = ", ".join(
                double_quoted(part.column or "")
                + (f" COLLATE {double_quoted(part.collation)}" if part.collation else "")
                for part in index.parts
            )
            yield (
                name,
                f"CREATE UNIQUE INDEX {double_quoted(name)} ON {double_quoted(table.helper)} ({words})",
            )


def _wanted(parent: Ref, tables: Mapping[Ref, Anew]) -> Iterator[frozenset[str]]:
    for ref, table in tables.items():
        for key in table.target.children(ref, ForeignKey):
            if key.target == parent:
                yield _columns(key.target_columns)


def _columns(names_: Iterator[str] | Sequence[str]) -> frozenset[str]:
    return frozenset(map(fold, names_))
