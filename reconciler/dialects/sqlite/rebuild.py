"""The rebuild of a table: both models in, the statements of sqlite.org/lang_altertable.html#otheralter out.

Foreign keys are off around it (session.py proves that before the transaction begins, because inside one the PRAGMA is a
silent no-op and DROP TABLE would cascade). The table is never renamed away first: the REFERENCES of its children would
follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.dialects.sql import double_quoted, moved_term, text_literal
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.triggers import triggers_again
from reconciler.frozen import frozen
from reconciler.model.change import Change
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Column, Index, Object, Table
from reconciler.model.ref import Ref
from reconciler.plan.rules import States
from reconciler.plan.step import Statement

# Added to the position of a new column: it comes after all that are there (SQLite has at most 32,767).
_LAST = 100_000


@frozen
class Anew:
    """A table that is made anew: both states of it, what its new form holds, and the name under which that is made."""

    states: States
    old: Table
    new: Table
    target: Model
    helper: str

    @property
    def ref(self) -> Ref:
        """Its address."""
        return self.new.ref


def anew(table: Ref, states: States) -> Anew:
    """Look at a table; what is not understood of its old definition is a hazard of the plan, which stops it."""
    old, new = states.old.get_as(table, Table), states.new.get_as(table, Table)
    target = carrying(states, table)
    name = helper_name(f"{table}\n{_subtree(target, table).fingerprint()}", table.name)
    return Anew(states=states, old=old, new=new, target=target, helper=name)


def rebuild(roots: Sequence[Ref], changes: Sequence[Change], states: States) -> Sequence[Statement]:
    """Return the statements that put a table with the new definition in the place of the old one, rows and all."""
    (table,) = (anew(root, states) for root in roots)
    texts = [
        "PRAGMA legacy_alter_table=ON",
        made(table),
        *filled(table),
        dropped(table),
        renamed(table),
        "PRAGMA legacy_alter_table=OFF",
        *surrounded(table),
    ]
    return [Statement(text) for text in texts]


def made(table: Anew) -> str:
    """Write what makes the new form under its helper's name, empty."""
    return render.create_table(table.new, table.target, table.helper)


def filled(table: Anew) -> Sequence[str]:
    """Write what copies the rows of the old form, and its counter, into the new one."""
    return [
        _copy(table.states, table.ref, table.helper, table.old, table.new),
        _same_number_of_rows(table.ref.name, table.helper),
        *_sequence(table.ref.name, table.helper, table.old, table.new),
    ]


def dropped(table: Anew) -> str:
    """Write what drops the old form, with its indexes and triggers."""
    return f"DROP TABLE {double_quoted(table.ref.name)}"


def renamed(table: Anew) -> str:
    """Write what gives the new form its name."""
    return f"ALTER TABLE {double_quoted(table.helper)} RENAME TO {double_quoted(table.ref.name)}"


def surrounded(table: Anew) -> Sequence[str]:
    """Write the indexes and triggers of the new form."""
    indexes = sorted(table.target.children(table.ref, Index), key=lambda index: index.ref)
    return [
        *(definition_of(index, table.states.old) for index in indexes),
        *triggers_again(table.ref, table.target, table.states.old),
    ]


def _subtree(model: Model, table: Ref) -> Model:
    return Model(model.subtree(table))


def carrying(states: States, table: Ref) -> Model:
    """Return the new model, with the clauses that only the live objects know put back into those that stay."""

    def carry(obj: Object) -> Object:
        old = states.old.get(obj.ref)
        clauses = getattr(old, "clauses", "")
        same_key = getattr(old, "columns", ()) == getattr(obj, "columns", ())
        kept = replace(obj, clauses=clauses if same_key else "") if clauses and type(old) is type(obj) else obj  # type: ignore[call-arg]
        if not isinstance(kept, Column):
            return kept
        if not isinstance(old, Column):
            return replace(kept, position=kept.position + _LAST)
        return replace(
            kept,
            type=old.type if (kept.type, kept.identity) == (old.type, old.identity) else kept.type,
            position=old.position,
        )

    return states.new.updated(carry(obj) for obj in states.new.subtree(table)[1:])


def _copy(states: States, table: Ref, name: str, old: Table, new: Table) -> str:
    """Copy what both have; a new column gets its default, one that is generated from now on its expression.

    One that was generated gives its values like any other (sqlite.org/gencol.html).
    """
    after = {column.ref for column in states.new.children(table, Column) if column.generated is None}
    columns = [column.ref.name for column in render.columns_of(states.old, table) if column.ref in after]
    moved = {column.ref.name: column.moved_values for column in states.new.children(table, Column)}
    listed = list(map(double_quoted, columns))
    values = [moved_term(double_quoted(column), moved.get(column, ())) for column in columns]
    rowid = free_rowid(states, table)
    if rowid and rowid_worth_keeping(states.old, old) and rowid_worth_keeping(states.new, new):
        # Without quotes: a quoted name that no column has is a string to SQLite.
        listed, values = [rowid, *listed], [rowid, *values]
    if not listed:
        return f"INSERT INTO {double_quoted(name)} SELECT WHERE 0"
    into = f"INSERT INTO {double_quoted(name)} ({', '.join(listed)})"
    return f"{into} SELECT {', '.join(values)} FROM {double_quoted(table.name)}"


def rowid_worth_keeping(model: Model, table: Table) -> bool:
    """A rowid that no column shows is kept too: something may point at it, a full-text index for one."""
    columns = model.children(table.ref, Column)
    return ("without_rowid", True) not in table.options and all(column.identity is None for column in columns)


def free_rowid(states: States, table: Ref) -> str:
    """Return a name of the rowid that no column takes for itself, "" when all of them do
    (sqlite.org/lang_createtable.html#rowid).
    """
    columns = (*states.old.children(table, Column), *states.new.children(table, Column))
    taken = {fold(column.ref.name) for column in columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "")


def _same_number_of_rows(old: str, new: str) -> str:
    """A query that fails, and so rolls everything back, when the copy has not as many rows as the table."""
    counts = " = ".join(f"(SELECT count(*) FROM {double_quoted(name)})" for name in (old, new))
    return f"SELECT CASE WHEN {counts} THEN 1 ELSE json('the copy has not as many rows') END"


def _sequence(old_name: str, new_name: str, old: Table, new: Table) -> Sequence[str]:
    """Carry the counter of AUTOINCREMENT: the highest id ever given, not the highest that is there."""
    if ("autoincrement", True) not in old.options or ("autoincrement", True) not in new.options:
        return ()
    literal, fresh = text_literal(old_name), text_literal(new_name)
    return (
        f"DELETE FROM sqlite_sequence WHERE name = {fresh}",
        f"INSERT INTO sqlite_sequence (name, seq) SELECT {fresh}, seq FROM sqlite_sequence WHERE name = {literal}",
    )


def definition_of(index: Index, old: Model) -> str:
    """Recreate an index; one that did not change in its own stored words."""
    before = old.get(index.ref)
    if isinstance(before, Index) and before == index and before.definition:
        return before.definition
    return render.create_index(index, index.ref.top.name)
