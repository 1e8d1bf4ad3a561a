"""A column that was filled beside in, statements out by which it takes its place; and what makes and drops one.

Nothing here is in a transaction. Whoever dies leaves one of two states: the old column has its name, and the triggers
that keep the other one up to it are there or are made again before that is filled again; or the new one has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.dialects.mysql import costs, render
from reconciler.dialects.mysql.beside import at_first, names
from reconciler.dialects.mysql.ladder import altered, told_while_writing
from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.names import of, table
from reconciler.model.names import BESIDE, kindred
from reconciler.model.objects import Column, Index, Unique
from reconciler.model.ref import Ref
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck, Statement

_EVENTS = ("insert", "update")


def place_of(helper: Ref, states: States) -> str:
    """Write where a helper stands: beside the column whose place it takes, so that it has that in `SELECT *` too."""
    found = (one.column for one in states.beside.values() if one.helper.ref == helper)
    return "".join(f" AFTER {of(column)}" for column in found)


def uncaught(helper: Ref) -> Iterator[Statement]:
    """Yield what drops the triggers that fill a helper: without it nobody could write any more."""
    yield from (Statement(f"DROP TRIGGER IF EXISTS {quoted(name)}") for name in _triggers(helper))


def _triggers(helper: Ref) -> Iterator[str]:
    yield from (kindred(helper.name, f"{event}{BESIDE}") for event in _EVENTS)


def taken(old: Column, new: Column, states: States) -> tuple[Statement, ...]:
    """Return what lets a filled helper become the new column; each statement may be repeated."""
    return tuple(_taken(old, new, states.beside[new.ref].helper, states))


def _taken(old: Column, new: Column, helper: Column, states: States) -> Iterator[Statement]:
    """While the table is locked the triggers go and the names change, both in the dictionary alone."""
    gone = old.ref.top.child(old.ref.kind, kindred(helper.ref.name, f"was_{old.ref.name}"))
    swapped, indexes = _has_column(gone), list(_indexes(old, states))
    for index in indexes:
        on_helper = replace(_over(index, old.ref.name, helper.ref.name), ref=_aside(index, helper))
        clause = f"ADD {_clause(on_helper)}"
        for made in altered(new, [clause], costs.INDEX, states):
            yield replace(made, unless=f"SELECT ({swapped}) + ({_has_index(on_helper.ref)})")
    yield Statement(f"LOCK TABLES {table(new.ref)} WRITE", proof=_kept_up(new, helper, swapped))
    yield from uncaught(helper.ref)
    clauses = [
        f"CHANGE COLUMN {of(old.ref)} {render.column_clause(_left(old, gone), states.old)}",
        f"CHANGE COLUMN {of(helper.ref)} {render.column_clause(new, states.new)}",
    ]
    for index in indexes:
        clauses.append(f"RENAME INDEX {of(index.ref)} TO {of(_aside(index, helper, '_was'))}")
        clauses.append(f"RENAME INDEX {of(_aside(index, helper))} TO {of(index.ref)}")
    (swap,) = altered(new, clauses, costs.DICTIONARY, states)
    told = told_while_writing(swap, new.ref, states, "while a column beside is filled in all rows")
    yield replace(told, unless=swapped)
    yield Statement("UNLOCK TABLES")
    for index in indexes:
        was = _aside(index, helper, "_was")
        for dropped in altered(new, [f"DROP INDEX {of(was)}"], costs.INDEX, states):
            yield replace(dropped, unless=f"SELECT 1 - ({_has_index(was)})")
    yield from altered(new, [f"DROP COLUMN {of(gone)}"], costs.LAYOUT, states)


def _left(old: Column, gone: Ref) -> Column:
    """Return the old column as it is while nobody knows it any more: who adds a row does not name it."""
    return replace(old, ref=gone, default=at_first(old), options=(("invisible", True),))


# --- indexes ----------------------------------------------------------------------------------------------------------


def _indexes(old: Column, states: States) -> Iterator[Index | Unique]:
    found: list[Index | Unique] = [*states.old.children(old.ref.top, Index), *states.old.children(old.ref.top, Unique)]
    yield from (index for index in found if names(index, old.ref.name))


def _over(index: Index | Unique, column: str, other: str) -> Index | Unique:
    """Return an index over another column in the place of one."""
    if isinstance(index, Unique):
        return replace(index, columns=tuple(other if name == column else name for name in index.columns))
    parts = (replace(part, column=other) if part.column == column else part for part in index.parts)
    return replace(index, parts=tuple(parts))


def _aside(index: Index | Unique, helper: Column, which: str = "") -> Ref:
    name = kindred(helper.ref.name, f"{index.ref.name}{which}")
    return index.ref.top.child(index.ref.kind, name)


def _clause(index: Index | Unique) -> str:
    return render.unique_clause(index) if isinstance(index, Unique) else render.index_clause(index)


# --- questions --------------------------------------------------------------------------------------------------------


def _has_column(ref: Ref) -> str:
    return (
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = database()"
        f" AND table_name = {text_literal(ref.top.name)} AND column_name = {text_literal(ref.name)}"
    )


def _has_index(ref: Ref) -> str:
    return (
        "SELECT count(DISTINCT index_name) FROM information_schema.statistics WHERE table_schema = database()"
        f" AND table_name = {text_literal(ref.top.name)} AND index_name = {text_literal(ref.name)}"
    )


def _kept_up(new: Column, helper: Column, swapped: str) -> DataCheck:
    """Ask, while nobody writes, whether the triggers were there until now: without one the helper may be behind."""
    listed = ", ".join(map(text_literal, _triggers(helper.ref)))
    there = "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = database()"
    kept_up = f"({there} AND trigger_name IN ({listed})) = {len(_EVENTS)}"
    return DataCheck(
        code="LK102", ref=new.ref, message="what is written is not carried over any more; run apply again",
        count=f"SELECT CASE WHEN ({swapped}) > 0 OR {kept_up} THEN 0 ELSE 1 END",
    )  # fmt: skip
