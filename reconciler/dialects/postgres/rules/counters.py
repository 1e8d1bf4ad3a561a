"""Columns that count: from plain to serial or identity, between the two, and back; the next number stays what it was.

A serial column draws from a sequence that it owns, an identity from one that belongs to it alone; `Column.clauses` is
the name of either (manual, "Serial Types", "Identity Columns").
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.identity import words as identity_words
from reconciler.dialects.postgres.names import qualified, table
from reconciler.dialects.postgres.rules.statements import alter
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.names import helper_name, implicit_name
from reconciler.model.objects import Column
from reconciler.plan.step import Statement


def counts(column: Column) -> bool:
    """Say whether a column gets its numbers from a sequence of its own."""
    return column.identity is not None or column.type.name in types.SERIAL


def stopped(old: Column, new: Column) -> Iterator[Statement]:
    """Yield what makes a counting column a plain one; its sequence goes."""
    if old.identity:
        yield alter(new, "DROP IDENTITY")
        return
    yield alter(new, "DROP DEFAULT")
    if old.clauses:
        yield Statement(f"DROP SEQUENCE {old.clauses}")


def started(old: Column, new: Column) -> Iterator[Statement]:
    """Yield what makes a column count, after the highest number there is, or, if it counted, as it would have."""
    if not counts(old):
        yield from _default_away(old, new)
        yield from _made(new, sequence_name(new))
        start = 1 if new.identity is None or new.identity.start is None else new.identity.start
        yield _after_the_highest(new, start)
        return
    aside = helper_name(str(new.ref), new.ref.name)
    if old.identity:
        yield from _from_identity(old, new, aside)
    else:
        yield from _from_serial(old, new, aside)


def _default_away(old: Column, new: Column) -> Iterator[Statement]:
    if old.default is not None:
        yield alter(new, "DROP DEFAULT")


def _made(new: Column, sequence: str) -> Iterator[Statement]:
    """Yield the sequence and what ties it to the column."""
    if new.identity:
        yield alter(new, f"ADD GENERATED {identity_words(new.identity, new.type.name)}")
        return
    owner = f"{table(new.ref)}.{double_quoted(new.ref.name)}"
    yield Statement(f"CREATE SEQUENCE {sequence} AS {types.SERIAL[new.type.name]} OWNED BY {owner}")
    yield alter(new, f"SET DEFAULT nextval({text_literal(sequence)}::regclass)")


def sequence_name(column: Column) -> str:
    """Write the name of the sequence that a serial column brings along."""
    return qualified(column.ref.schema, implicit_name(column.ref.top.name, [column.ref.name], "seq"))


def _own_sequence(column: Column) -> str:
    """Write the name of the sequence behind a column, whatever the server called it."""
    return f"pg_get_serial_sequence({text_literal(table(column.ref))}, {text_literal(column.ref.name)})"


def _after_the_highest(new: Column, start: int) -> Statement:
    down = new.identity is not None and (new.identity.increment or 1) < 0
    last = f"min({double_quoted(new.ref.name)}) - 1" if down else f"max({double_quoted(new.ref.name)}) + 1"
    return Statement(f"SELECT setval({_own_sequence(new)}, coalesce({last}, {start}), false) FROM {table(new.ref)}")


def _from_serial(old: Column, new: Column, aside: str) -> Iterator[Statement]:
    """Yield the way from serial to identity: the old sequence lends the new one its name and its counter."""
    yield alter(new, "DROP DEFAULT")
    yield Statement(f"ALTER SEQUENCE {old.clauses} OWNED BY NONE")
    yield Statement(f"ALTER SEQUENCE {old.clauses} RENAME TO {double_quoted(aside)}")
    yield from _made(new, "")
    kept = qualified(new.ref.schema, aside)
    yield Statement(f"SELECT setval({_own_sequence(new)}, last_value, is_called) FROM {kept}")
    yield Statement(f"DROP SEQUENCE {kept}")


def _from_identity(old: Column, new: Column, aside: str) -> Iterator[Statement]:
    """Yield the way from identity to serial: the identity's sequence goes with it, so the new one counts on before."""
    kept, owner = qualified(new.ref.schema, aside), f"{table(new.ref)}.{double_quoted(new.ref.name)}"
    yield Statement(f"CREATE SEQUENCE {kept} AS {types.SERIAL[new.type.name]}")
    yield Statement(f"SELECT setval({text_literal(kept)}, last_value, is_called) FROM {old.clauses}")
    yield alter(new, "DROP IDENTITY")
    sequence = sequence_name(new)
    yield Statement(f"ALTER SEQUENCE {kept} RENAME TO {sequence.rpartition('.')[2]}")
    yield Statement(f"ALTER SEQUENCE {sequence} OWNED BY {owner}")
    yield alter(new, f"SET DEFAULT nextval({text_literal(sequence)}::regclass)")
