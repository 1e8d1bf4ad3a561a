"""A change of a large table in, a question out where it lets others wait while all rows are read or written anew."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.lexer import Sort, Unreadable, tokens
from reconciler.dialects.postgres.names import table
from reconciler.dialects.sql import text_literal
from reconciler.model.change import Alter, Change, Create
from reconciler.model.names import is_helper
from reconciler.model.objects import Check, Column, Exclusion, ForeignKey, Index, PrimaryKey, Unique
from reconciler.model.values import Default, Sql
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck

_COUNT = ("(count)", "{count}")
_WRITTEN = "readers and writers wait while every row is written anew, about {count}"
_READ = "readers and writers wait while all rows are read, about {count}"
_BUILT = "writers wait while an index is built over all rows, about {count}"


def waits(change: Change, states: States) -> Iterator[DataCheck]:
    """Yield what the plan is to tell, and wants consent to (manual, "ALTER TABLE", notes)."""
    top = change.ref.top
    if top not in states.large or change.ref in states.beside or is_helper(change.ref.name):
        return
    told, functions = _told(change, top in states.online)
    if why := states.unfilled.get(change.ref, ""):
        told = f"{told}; it is not filled beside: {why}".replace("{", "(").replace("}", ")").replace(*_COUNT)
    if told:
        yield DataCheck(code="LK102", ref=change.ref, message=told, count=_rows(change, states, functions))


def _told(change: Change, online: bool) -> tuple[str, tuple[str, ...]]:
    """Return the sentence, "" for none, and the functions of which one has to be volatile for it to be true."""
    match change:
        case Create(Column() as new):
            return _of_new_column(new)
        case Alter(Column() as old, Column() as new, fields):
            return _of_column(old, new, frozenset(fields), online), ()
        case Create(Exclusion()):
            return _READ, ()
        case Create(Index()) if not online:
            return _BUILT, ()
        case Create(PrimaryKey() | Unique() | Check() | ForeignKey()) if not online:
            return _READ, ()
        case _:
            return "", ()


def _of_new_column(new: Column) -> tuple[str, tuple[str, ...]]:
    """A default that is the same for all rows is kept beside them; one that is not is written into each."""
    if new.identity or new.type.name in types.SERIAL or (new.generated and new.generated.stored):
        return _WRITTEN, ()
    called = called_by(new.default)
    return (_WRITTEN if called else "", called)


def _of_column(old: Column, new: Column, fields: frozenset[str], online: bool) -> str:
    if "type" in fields and not same_on_disk(old.type.name, new.type.name):
        return _WRITTEN
    if "collation" in fields or ("generated" in fields and new.generated is not None):
        return _WRITTEN
    return _READ if "not_null" in fields and new.not_null and not online else ""


def called_by(expression: Default | None) -> tuple[str, ...]:
    """Return the names of the functions that a default calls."""
    if not isinstance(expression, Sql):
        return ()
    try:
        found = tokens(expression.text)
    except Unreadable:
        return ()
    names = (one.value for one, after in pairwise(found)
             if one.sort in (Sort.WORD, Sort.QUOTED) and after.says("("))  # fmt: skip
    return tuple(sorted(set(names)))


def same_on_disk(before: str, after: str) -> bool:
    """Say whether values of one type are kept as those of the other, and none has to be looked at."""
    before, after = (types.SERIAL.get(name, name) for name in (before, after))
    first, second = types.base(before), types.base(after)
    longest, limit = types.arguments(before), types.arguments(after)
    if before == after:
        return True
    if {first, second} <= {"text", "character varying"}:
        return not limit or bool(longest and longest[0] <= limit[0])
    if first == second == "numeric":
        return not limit or bool(longest and longest[0] <= limit[0] and longest[1:] == limit[1:])
    return False


def _rows(change: Change, states: States, functions: tuple[str, ...]) -> str:
    """Ask how many rows the server takes the table to have, or for 0 where no function is volatile."""
    name = text_literal(table(states.live(change.ref.top)))
    rows = f"SELECT greatest(c.reltuples, 1)::bigint FROM pg_class AS c WHERE c.oid = to_regclass({name})"
    if not functions:
        return rows
    listed = ", ".join(map(text_literal, functions))
    volatile = f"SELECT 1 FROM pg_proc AS p WHERE p.provolatile = 'v' AND p.proname IN ({listed})"
    return f"SELECT CASE WHEN EXISTS ({volatile}) THEN ({rows}) ELSE 0 END"
