"""The values of a key in, the text that the ledger keeps out, and back; it knows no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from reconciler.dialects.bulk import Value

# The values of a key's columns, in their order.
Key = tuple[Value, ...]


class NoKey(Exception):
    """A value by which rows cannot be put in an order that stays."""


def key_of(row: Sequence[Any]) -> Key:
    """Return what a driver gave for a key. Raises NoKey for null, and for a number that is rounded."""
    return tuple(map(_value, row))


def _value(value: Any) -> Value:
    match value:
        case bool() | None | float():
            raise NoKey(f"a key holds {value!r}, and such a key does not tell rows apart")
        case int() | str() | bytes() | Decimal():
            return value
        case bytearray() | memoryview():
            return bytes(value)
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case _:
            raise NoKey(f"a key holds a {type(value).__name__}, and such a key has no order that we know")


def kept(key: Key | None) -> str:
    """Return a key as the ledger keeps it, a JSON list; "" for none."""
    return "" if key is None else json.dumps([_plain(value) for value in key], ensure_ascii=False)


def _plain(value: Value) -> object:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return {"number": str(value)} if isinstance(value, Decimal) else value


def read(text: str) -> Key | None:
    """Return the key that a text of the ledger stands for, None for ""."""
    return tuple(map(_meant, json.loads(text))) if text else None


def _meant(value: Any) -> Value:
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"]) if "bytes" in value else Decimal(value["number"])
    found: Value = value
    return found


def shown(key: Key | None) -> str:
    """Return a key as it is shown to a person."""
    if key is None:
        return "the beginning"
    return ", ".join(value.hex() if isinstance(value, bytes) else str(value) for value in key)


def below(first: Key) -> Key | None:
    """Return a key before the first one, for a statement that has to be given one; None where there is none.

    Only the first column counts: nothing is smaller than a row whose first column is.
    """
    head = first[0]
    match head:
        case int():
            lower: Value = head - 1
        case Decimal():
            lower = head - 1
        case str():
            lower = ""
        case _:
            return None
    return (lower, *first[1:])


def key_text(key: Sequence[object]) -> str:
    """Return a key as the ledger's tables write it beside a row; lengths keep (1, 23) from being (12, 3)."""
    texts = [str(value) for value in key]
    return texts[0] if len(texts) == 1 else "".join(f"{len(text)}:{text}" for text in texts)
