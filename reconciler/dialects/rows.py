"""Rows as a dialect reads, spells and writes them: the functions that differ, and what all of them have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from reconciler.dialects.base import Session
from reconciler.dialects.fitting import misfit
from reconciler.dialects.sql import as_number
from reconciler.frozen import frozen
from reconciler.model.data_rows import Value
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Ref
from reconciler.model.types import Type

# A row as texts: equal values of a column have equal texts, None is null.
Texts = tuple[str | None, ...]
# How the value of a binary column is written in a spec: the form that PostgreSQL shows.
_BYTES = re.compile(r"\\x((?:[0-9a-fA-F]{2})*)")
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}  # fmt: skip
_NEVER = frozenset({"infinity", "-infinity"})

# Portable type → what a value of it is tested as (dialects/fitting.py, and _MOMENTS here).
_SORTS: Mapping[str, str] = {
    "smallint": "smallint", "int": "integer", "bigint": "bigint", "decimal": "numeric", "float": "number",
    "double": "number", "bool": "boolean", "varchar": "text", "char": "text", "uuid": "uuid", "json": "json",
}  # fmt: skip
_MOMENTS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "date": (date.fromisoformat, "2024-01-31"),
    "time": (time.fromisoformat, "12:30:00"),
    "timestamp": (datetime.fromisoformat, "2024-01-31 12:30:00"),
    "timestamptz": (datetime.fromisoformat, "2024-01-31 12:30:00+01:00"),
}


@frozen
class Asked:
    """Rows of a table that somebody wants spelled: its columns, the values as SQL, what cannot be asked yet.

    The first `keys` columns are those of the key, `unsettled` those whose type is another one than the database has
    now.
    """

    table: Table
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    keys: int
    unsettled: AbstractSet[str] = frozenset()

    def wanted(self, words: RowWords, names: Sequence[str]) -> str:
        """Return what is asked of each row, with these names for its columns."""
        texts = [words.text(column, name) for column, name in zip(self.columns, names, strict=True)]
        keys = list(zip(self.columns, names, strict=True))[: self.keys]
        return ", ".join((*texts, *(words.match(column, name) for column, name in keys)))


@frozen
class RowWords:
    """How a dialect reads, spells and writes rows.

    * `table(ref)`: a table's full name. `literal(value, column)`: a constant that the column is given.
    * `again(text, column)`: the constant for a value that was read as such a text.
    * `text(column, name)`: SQL for the value that `name` stands for, as a text that equal values have in common.
    * `match(column, name)`: the same for a column of a key: equal to the database is equal here.
    * `spelled(session, asked)`: for each row its texts, and behind them those by which its key is found.
    * `value(column, text)`: what texts of a column have in common exactly when their values are equal.
    * `shown(text)`: a text for a person.
    * `once(key)`: what stands behind an INSERT so that a row whose key is there is left alone, "" for nothing.
    * `overriding(columns)`: what stands before VALUES so that the database takes what it would make by itself.
    * `after(table, columns)`: what follows rows that name these columns: a sequence that is behind goes on from there.
    * `listed`: what stands before keys of several columns in a list of them.
    * `apart`: rows go in a transaction of their own where some are deleted: while tables are made anew, the database
      does not look at what refers to them.
    """

    table: Callable[[Ref], str]
    literal: Callable[[Value, Column], str]
    again: Callable[[str, Column], str]
    text: Callable[[Column, str], str]
    match: Callable[[Column, str], str]
    spelled: Callable[[Session, Asked], Sequence[Texts]]
    value: Callable[[Column, str], object]
    shown: Callable[[str], str] = lambda text: text
    once: Callable[[Sequence[str]], str] = lambda key: ""
    overriding: Callable[[Sequence[Column]], str] = lambda columns: ""
    after: Callable[[Ref, Sequence[Column]], Sequence[str]] = lambda table, columns: ()
    listed: str = ""
    apart: bool = False


def hexadecimal(value: Value) -> str | None:
    """Return the digits of a value that is written as bytes, `\\x…`; None for any other."""
    found = _BYTES.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def truth(value: Value) -> bool | None:
    """Return the truth value that a column of them is given; None for what is none."""
    return _TRUTHS.get(str(value).strip().lower())


def in_utc(value: Value) -> datetime | None:
    """Return a moment in UTC, as which one without an offset counts; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def wrong_value(value: Value, type_: Type, values: Sequence[str]) -> str:
    """Say why a column of a portable type cannot hold a value, "" when it can, or its database has to say.

    Args:
        value: as it was written.
        type_: the column's, as it was written.
        values: those of the enum that it is, none when it is none.
    """
    if isinstance(value, str) and "\0" in value:
        return "a text with the character NUL"
    if value is None or type_.native:
        return ""
    if values:
        return "" if value in values else f"{value!r} is not one of {', '.join(values)}"
    if type_.name == "bytes":
        return "" if hexadecimal(value) is not None else "bytes are written as hexadecimal digits behind \\x: '\\x00ff'"
    if type_.name in _MOMENTS:
        return _no_moment(value, type_.name)
    numbers = [int(word) for word in type_.args if word.isdigit()]
    return misfit(value, _SORTS.get(type_.name, ""), numbers)


def _no_moment(value: Value, name: str) -> str:
    read, example = _MOMENTS[name]
    text = str(value).strip()
    try:
        if isinstance(value, str) and (text.lower() in _NEVER or read(text)):
            return "" if name != "timestamp" or not _has_offset(text) else "a timestamp has no offset: use timestamptz"
    except ValueError:
        pass
    return f"{text!r} is no {name}: write '{example}'"


def _has_offset(text: str) -> bool:
    return text.lower() not in _NEVER and datetime.fromisoformat(text).tzinfo is not None


def number_value(text: str) -> object:
    """Return a number by its value: 1.50 is 1.5."""
    number = as_number(text)
    return text if number is None else number.normalize()


def json_value(text: str) -> object:
    """Return what a text of JSON says: white space and the order of keys say nothing."""
    try:
        return json.dumps(json.loads(text, parse_float=_number, parse_int=_number), sort_keys=True)
    except ValueError:
        return text


def _number(text: str) -> Any:
    """Return a number of JSON by its value: 1.0 is 1, and none is a text."""
    return {"\0": format(Decimal(text).normalize(), "E")}


def chunks(pieces: Sequence[str], longest: int, most: int) -> Iterator[Sequence[str]]:
    """Yield pieces of SQL together, as many as stay below a number of bytes and of pieces."""
    start, size = 0, 0
    for number, piece in enumerate(pieces):
        length = len(piece.encode()) + 2
        if number > start and (size + length > longest or number - start >= most):
            yield pieces[start:number]
            start, size = number, 0
        size += length
    if start < len(pieces):
        yield pieces[start:]
