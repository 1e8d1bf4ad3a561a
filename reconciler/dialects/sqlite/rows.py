"""Rows in SQLite's words: what a column's affinity makes of a value is found out in a table in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.rows import Asked, RowWords, Texts, chunks, hexadecimal, json_value, truth
from reconciler.dialects.sql import double_quoted, names, number_text, text_literal
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.render import table_name
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.model.data_rows import Value
from reconciler.model.objects import Column

_LONGEST, _MOST = 60_000, 500


def _literal(value: Value, column: Column) -> str:
    if value is None:
        return "NULL"
    affinity = types.affinity(column.type.name)
    if isinstance(value, str):
        digits = hexadecimal(value) if affinity == "BLOB" else None
        if digits is not None:
            return f"x'{digits}'"
        meant = truth(value) if column.type.name.startswith("BOOL") else None
        return text_literal(value) if meant is None else str(int(meant))
    if isinstance(value, bool):
        return str(int(value)) if affinity != "TEXT" else text_literal(str(value).lower())
    written = str(value) if isinstance(value, int) else number_text(value)
    return text_literal(written) if affinity == "TEXT" else written


def _again(text: str, column: Column) -> str:
    sort, value = text[0], text[1:]
    return value if sort == "n" else f"x'{value}'" if sort == "x" else text_literal(value)


def _text(column: Column, name: str) -> str:
    """Return the value with its storage class before it: 1 and '1' are two, and one number has one text."""
    return (
        f"CASE typeof({name}) WHEN 'text' THEN 't' || {name} WHEN 'blob' THEN 'x' || hex({name})"
        f" WHEN 'real' THEN 'n' || printf('%!.17g', {name}) ELSE 'n' || {name} END"
    )


def _match(column: Column, name: str) -> str:
    """Two keys are one where the collation says so (sqlite.org/datatype3.html#collating_sequences)."""
    collation = (column.collation or "").upper()
    folded = f"lower({name})" if collation == "NOCASE" else f"rtrim({name})" if collation == "RTRIM" else name
    return f"CASE typeof({name}) WHEN 'text' THEN 't' || {folded} ELSE {_text(column, name)} END"


def _value(column: Column, text: str) -> object:
    if text.startswith("n"):
        # Versions of SQLite differ in the digits behind those that tell a number from its neighbours.
        return text if text.lstrip("n-").isdigit() else float(text[1:])
    return json_value(text[1:]) if column.type.name.startswith("JSON") else text


def _shown(text: str) -> str:
    return f"\\x{text[1:].lower()}" if text.startswith("x") else text[1:]


def _spelled(session: Session, asked: Asked) -> Sequence[Texts]:
    scratch = SqliteSession(sqlite3.connect(":memory:", isolation_level=None))
    columns = [f"{double_quoted(column.ref.name)} {column.type}" for column in asked.columns]
    strict = " STRICT" if ("strict", True) in asked.table.options else ""
    quoted = [double_quoted(column.ref.name) for column in asked.columns]
    try:
        scratch.execute(f"CREATE TABLE d ({', '.join(columns)}){strict}")
        for chunk in chunks([f"({', '.join(row)})" for row in asked.rows], _LONGEST, _MOST):
            scratch.execute(f"INSERT INTO d VALUES {', '.join(chunk)}")
        return scratch.query(f"SELECT {asked.wanted(ROWS, quoted)} FROM d ORDER BY rowid")
    finally:
        scratch.close()


def _once(key: Sequence[str]) -> str:
    return f" ON CONFLICT ({names(double_quoted, key)}) DO NOTHING"


ROWS = RowWords(
    table=table_name,
    literal=_literal,
    again=_again,
    text=_text,
    match=_match,
    spelled=_spelled,
    value=_value,
    shown=_shown,
    once=_once,
    listed="VALUES ",
    apart=True,
)
