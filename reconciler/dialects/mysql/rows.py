"""Rows in the words of MySQL and MariaDB: what a column makes of a value is found out in a temporary table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reconciler.dialects.base import Session
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.elaborate import writing
from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.names import table
from reconciler.dialects.rows import (
    Asked,
    RowWords,
    Texts,
    chunks,
    hexadecimal,
    in_utc,
    json_value,
    number_value,
    truth,
)
from reconciler.dialects.sql import as_number, number_text
from reconciler.model.data_rows import Value
from reconciler.model.names import helper_name
from reconciler.model.objects import Column

_LONGEST, _MOST = 500_000, 1_000
_BINARY = frozenset(types.BLOBS) | {"binary", "varbinary"}
# Types whose values are compared as their collation says.
_COLLATED = frozenset(types.TEXTS) | {"char", "varchar"}


def _literal(value: Value, column: Column) -> str:
    if value is None:
        return "NULL"
    own = types.base(column.type.name)
    if isinstance(value, bool):
        return str(int(value)) if own in types.NUMBERS else text_literal(str(value).lower())
    if own in types.NUMBERS:
        meant = truth(value) if column.type.name == "tinyint(1)" else None
        number = as_number(value) if meant is None else Decimal(meant)
        return text_literal(str(value)) if number is None else number_text(number)
    if not isinstance(value, str):
        return text_literal(str(value) if isinstance(value, int) else number_text(value))
    digits = hexadecimal(value) if own in _BINARY else None
    if digits is not None:
        return f"x'{digits}'"
    moment = in_utc(value) if own == "timestamp" else None
    if moment is not None:
        # A literal with an offset is not known to MariaDB, and one without is in the session's zone.
        words = text_literal(moment.strftime("%Y-%m-%d %H:%M:%S.%f"))
        return f"CONVERT_TZ({words}, '+00:00', @@session.time_zone)"
    return text_literal(value)


def _again(text: str, column: Column) -> str:
    own = types.base(column.type.name)
    if own in _BINARY:
        return f"x'{text}'"
    return _literal(text, column) if own in types.NUMBERS else text_literal(text)


def _text(column: Column, name: str) -> str:
    own = types.base(column.type.name)
    if own in _BINARY:
        return f"HEX({name})"
    return f"CAST({name} + 0 AS CHAR)" if own == "bit" else f"CAST({name} AS CHAR)"


def _match(column: Column, name: str) -> str:
    if types.base(column.type.name) in _COLLATED:
        return f"HEX(WEIGHT_STRING({name}))"
    return _text(column, name)


def _value(column: Column, text: str) -> object:
    own = types.base(column.type.name)
    # To MariaDB JSON is a text (mariadb.com/kb/en/json-data-type).
    return json_value(text) if own == "json" else number_value(text) if own in types.NUMBERS else text


def _spelled(session: Session, asked: Asked) -> Sequence[Texts]:
    name = quoted(helper_name(str(asked.table.ref), "rows"))
    options = dict(asked.table.options)
    collation = options.get("collation")
    columns = ", ".join(
        f"{quoted(column.ref.name)} {column.type}{f' COLLATE {column.collation}' if column.collation else ''} NULL"
        for column in asked.columns
    )
    names = [quoted(column.ref.name) for column in asked.columns]
    with writing(session):
        session.execute(
            f"CREATE TEMPORARY TABLE {name} (__rc_number INT AUTO_INCREMENT PRIMARY KEY, {columns})"
            + (f" COLLATE {collation}" if collation else "")
        )
        try:
            for chunk in chunks([f"({', '.join(row)})" for row in asked.rows], _LONGEST, _MOST):
                session.execute(f"INSERT INTO {name} ({', '.join(names)}) VALUES {', '.join(chunk)}")
            return session.query(f"SELECT {asked.wanted(ROWS, names)} FROM {name} ORDER BY __rc_number")
        finally:
            session.execute(f"DROP TEMPORARY TABLE {name}")


ROWS = RowWords(table=table, literal=_literal, again=_again, text=_text, match=_match, spelled=_spelled, value=_value)
