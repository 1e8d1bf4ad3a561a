"""Rows in PostgreSQL's words: every value is written as a text, which the server reads as its column's type."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.postgres.literals import literal_words
from reconciler.dialects.postgres.names import columns as column_list
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.types import FLOATS, INTEGERS, base
from reconciler.dialects.rows import Asked, RowWords, Texts, chunks, in_utc, json_value, number_value
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.data_rows import Value
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

_LONGEST, _MOST = 1_000_000, 2_000
# Extension citext: equal whatever the case of letters.
_CASELESS = "citext"


def _literal(value: Value, column: Column) -> str:
    if value is None:
        return "NULL"
    moment = in_utc(value) if base(column.type.name) == "timestamp with time zone" else None
    return text_literal(moment.isoformat(sep=" ") if moment else literal_words(value))


def _again(text: str, column: Column) -> str:
    return text_literal(text)


def _text(column: Column, name: str) -> str:
    return f"{name}::text"


def _match(column: Column, name: str) -> str:
    return f"lower({name}::text)" if base(column.type.name) == _CASELESS else f"{name}::text"


def _value(column: Column, text: str) -> object:
    name = base(column.type.name)
    if name in ("json", "jsonb"):
        return json_value(text)
    return number_value(text) if name == "numeric" or name in FLOATS else text


def _spelled(session: Session, asked: Asked) -> Sequence[Texts]:
    """Let the server read each value and write it again; nothing is made for that, and nothing is written."""
    names = [f"c{number}" for number in range(len(asked.columns))]
    typed = [
        name if column.ref.name in asked.unsettled else f"{name}::{column.type}"
        for name, column in zip(names, asked.columns, strict=True)
    ]
    wanted = asked.wanted(ROWS, [f"({name})" for name in typed])
    found: list[Texts] = []
    # The first row gives the columns of VALUES their type (manual, "UNION, CASE, and Related Constructs").
    first = f"({', '.join('NULL::text' for _ in names)})"
    pieces = [f"({', '.join(row)})" for row in asked.rows]
    for chunk in chunks(pieces, _LONGEST, _MOST):
        values = f"(VALUES {first}, {', '.join(chunk)}) AS d ({', '.join(names)})"
        found += session.query(f"SELECT {wanted} FROM {values} OFFSET 1")
    return found


def _once(key: Sequence[str]) -> str:
    return f" ON CONFLICT {column_list(key)} DO NOTHING"


def _overriding(columns: Sequence[Column]) -> str:
    return " OVERRIDING SYSTEM VALUE" if any(c.identity is not None and c.identity.always for c in columns) else ""


def _after(table: Ref, columns: Sequence[Column]) -> Sequence[str]:
    """Move what numbers a column by itself beyond the numbers that rows were given; never back."""
    return [_moved(table, column) for column in columns if _is_numbered(column)]


def _is_numbered(column: Column) -> bool:
    if base(column.type.name) not in INTEGERS:
        return False
    if column.identity is not None:
        return (column.identity.increment or 1) > 0
    return isinstance(column.default, Sql) and column.default.canonical.startswith("nextval(")


def _moved(table: Ref, column: Column) -> str:
    name, quoted = of(table), double_quoted(column.ref.name)
    sequence = f"pg_get_serial_sequence({text_literal(name)}, {text_literal(column.ref.name)})::regclass"
    return (
        f"SELECT setval(s, n) FROM (SELECT {sequence} AS s, max({quoted}) AS n FROM {name}) AS numbered"
        " WHERE n > coalesce(pg_sequence_last_value(s), 0)"
    )


ROWS = RowWords(
    table=of, literal=_literal, again=_again, text=_text, match=_match, spelled=_spelled, value=_value, once=_once,
    overriding=_overriding, after=_after,
)  # fmt: skip
