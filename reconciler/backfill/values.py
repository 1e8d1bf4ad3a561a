"""A value from one database and the shape of a column in, the value as that column holds it out; or why it cannot."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from reconciler.backfill import clocks
from reconciler.backfill.exact import EXACT, rounded
from reconciler.backfill.invalid import Invalid
from reconciler.frozen import frozen

# What a value becomes: dates, times, identifiers and JSON are texts in one spelling.
Value = None | bool | int | float | Decimal | str | bytes


@frozen
class Shape:
    """What a column holds. `sort` is one of the words of FITTERS, `name` its type in the database's words.

    `lowest` and `highest` bound integers, years of dates and moments; `digits` and `places` are those of a decimal, and
    `places` the digits of a second; `length` is in characters; `labels` are the values of an enum, () for any.
    `family` is that of the database.
    """

    sort: str
    name: str = ""
    family: str = ""
    lowest: int | None = None
    highest: int | None = None
    digits: int | None = None
    places: int | None = None
    length: int | None = None
    labels: tuple[str, ...] = ()


def fit(value: object, shape: Shape) -> Value:
    """Return a value as a column of this shape holds it. Raises Invalid."""
    return None if value is None else FITTERS[shape.sort](value, shape)


def canonical(value: Value, shape: Shape) -> str | None:
    """Return the one text that stands for a value, whatever database it was read from; None for null."""
    if value is None:
        return None
    if shape.sort == "json":
        return json.dumps(_loaded(str(value)), sort_keys=True, ensure_ascii=False)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Decimal):
        return format(value.normalize(EXACT), "f") if value.is_finite() and value else "0" if not value else str(value)
    return str(value).rstrip(" ") if shape.sort == "padded" else str(value)


def _float_text(value: float) -> str:
    """Write a float as what it is equal to: an integer, without a sign of zero, as SQLite keeps it."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def _loaded(text: str) -> Any:
    """Read JSON with its numbers as what they are worth: 1.0 is 1."""
    return _DECODER.decode(text)


def _worth(digits: str) -> str:
    number = Decimal(digits)
    return "\x00" + (str(number.normalize(EXACT)) if number else "0")


def _no_constant(word: str) -> Any:
    raise Invalid(f"holds {word}, which JSON has not")


_DECODER = json.JSONDecoder(parse_float=_worth, parse_int=_worth, parse_constant=_no_constant)


# --- each sort --------------------------------------------------------------------------------------------------------


def _text(value: object, shape: Shape) -> str:
    found = _as_text(value)
    if shape.length is not None and len(found.rstrip(" ") if shape.sort == "padded" else found) > shape.length:
        raise Invalid(f"is longer than {shape.length} characters")
    return found


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Invalid("is no valid UTF-8") from None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value if isinstance(value, str) else str(value)


def _clean(value: object, shape: Shape) -> str:
    """Return a text that PostgreSQL can have: it takes no character 0 (manual, "Character Types")."""
    found = _text(value, shape)
    if shape.family == "postgres" and "\0" in found:
        raise Invalid("holds a NUL character, which PostgreSQL cannot have in a text")
    if not found.isascii() and any("\ud800" <= char <= "\udfff" for char in found):
        raise Invalid("is no valid UTF-8")
    return found


def _number(value: object) -> Decimal:
    if isinstance(value, bytes | date | time):
        raise Invalid("is no number")
    try:
        # A float is worth what its shortest spelling says.
        return Decimal(int(value)) if isinstance(value, bool | int) else Decimal(_as_text(value).strip())
    except InvalidOperation:
        raise Invalid("is no number") from None


def _integer(value: object, shape: Shape) -> int:
    number = _number(value) if type(value) is not int else value
    if isinstance(number, Decimal):
        if not number.is_finite() or number != number.to_integral_value():
            raise Invalid("is no whole number")
        number = int(number)
    if (shape.lowest is not None and number < shape.lowest) or (shape.highest is not None and number > shape.highest):
        raise Invalid(f"is out of the range of {shape.name or 'the column'}")
    return number


# Digits that a number keeps where SQLite makes a float of it (sqlite.org/floatingpoint.html).
_SURE_DIGITS = 15


def _decimal(value: object, shape: Shape) -> Decimal:
    number = _number(value)
    if not number.is_finite():
        if shape.family == "postgres" and shape.digits is None:
            return number
        raise Invalid("is no finite number")
    if isinstance(value, float) and shape.places is not None:
        # What a float has beyond the column's digits is the float's own inexactness.
        number = rounded(number, shape.places)
    number = number.normalize(EXACT) if number else Decimal(0)
    _in_digits(number, shape)
    return number


def _in_digits(number: Decimal, shape: Shape) -> None:
    """Raise Invalid where a column would have to round a number, or cannot have it."""
    if shape.places is not None and -int(number.as_tuple().exponent) > shape.places:
        raise Invalid(f"has more than {shape.places} digits behind the point")
    if shape.digits is not None and number and number.adjusted() + 1 > shape.digits - (shape.places or 0):
        raise Invalid(f"is out of the range of {shape.name}")
    if shape.family == "sqlite" and len(number.as_tuple().digits) > _SURE_DIGITS:
        raise Invalid("has more digits than SQLite keeps in such a column; make it a text there")


def _double(value: object, shape: Shape) -> float:
    if isinstance(value, bytes):
        raise Invalid("is no number")
    try:
        found = value if isinstance(value, float) else float(_as_text(value))
        if shape.sort == "float" and math.isfinite(found):
            (found,) = struct.unpack("<f", struct.pack("<f", found))
    except (ValueError, OverflowError) as error:
        raise Invalid("is out of range" if isinstance(error, OverflowError) else "is no number") from None
    if not math.isfinite(found) and (shape.family == "mysql" or (math.isnan(found) and shape.family == "sqlite")):
        raise Invalid("is no finite number")
    return found


TRUTHS: Mapping[str, bool] = {"0": False, "1": True, "f": False, "t": True, "false": False, "true": True}


def _boolean(value: object, shape: Shape) -> bool:
    if isinstance(value, bytes):
        word = {b"\0": "0", b"\1": "1"}.get(value, "")
    elif isinstance(value, bool | int | float | Decimal):
        word = canonical(value, shape) or ""
    else:
        word = str(value).strip().lower()
    if word not in TRUTHS:
        raise Invalid("is no truth value; they are 0 and 1, true and false")
    return TRUTHS[word]


def _bytes(value: object, shape: Shape) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise Invalid("is no binary value; say how it is written: hex_to_bytes, base64_to_bytes or text_to_bytes")
    found = bytes(value)
    if shape.length is not None and len(found) > shape.length:
        raise Invalid(f"is longer than {shape.length} bytes")
    return found


def _moment(value: object, shape: Shape) -> str:
    """Return a moment. A number may be seconds, milliseconds or days: that it says which is left to a transform."""
    if isinstance(value, datetime | date):
        value = value.isoformat()
    if not isinstance(value, str):
        raise Invalid("is no date and time; a number needs a transform such as unix_seconds_to_timestamptz")
    found = clocks.of_day(value) if shape.sort == "date" else clocks.moment(value)
    if found in clocks.ENDLESS:
        if shape.family != "postgres":
            raise Invalid("is no finite time")
        return found
    if shape.places is not None and clocks.places(found) > shape.places:
        raise Invalid(f"has more than {shape.places} digits of a second")
    year = clocks.year(found)
    if (shape.lowest is not None and year < shape.lowest) or (shape.highest is not None and year > shape.highest):
        raise Invalid(f"is out of the range of {shape.name}")
    return found


def _clock(value: object, shape: Shape) -> str:
    if not isinstance(value, str | time):
        raise Invalid("is no time of the day; it is written as HH:MM:SS")
    found = clocks.of_span(str(value)) if shape.family == "mysql" else clocks.of_clock(str(value))
    if shape.places is not None and clocks.places(found) > shape.places:
        raise Invalid(f"has more than {shape.places} digits of a second")
    return found


def _uuid(value: object, shape: Shape) -> str:
    try:
        return str(UUID(bytes=value) if isinstance(value, bytes) and len(value) == 16 else UUID(_as_text(value)))
    except (ValueError, Invalid):
        raise Invalid("is no UUID") from None


def _json(value: object, shape: Shape) -> str:
    text = _as_text(value)
    try:
        _loaded(text)
    except (ValueError, RecursionError, InvalidOperation):
        raise Invalid("is no JSON") from None
    # jsonb keeps texts as PostgreSQL has them (manual, "JSON Types").
    if shape.name == "jsonb" and ("\\u0000" in text or "\\ud" in text.lower()):
        _clean_parts(json.loads(text), shape)
    return text


def _clean_parts(part: Any, shape: Shape) -> None:
    inside = [*part, *part.values()] if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inside:
        _clean_parts(one, shape)
    if isinstance(part, str):
        _clean(part, shape)


def _label(value: object, shape: Shape) -> str:
    found = _clean(value, shape)
    if shape.labels and found not in shape.labels:
        raise Invalid(f"is none of the values of {shape.name or 'the enum'}")
    return found


def _any(value: object, shape: Shape) -> Value:
    if isinstance(value, int | float | Decimal) or (isinstance(value, bytes) and shape.family == "sqlite"):
        return value
    return _clean(value, shape)


FITTERS: Mapping[str, Callable[[object, Shape], Value]] = {
    "integer": _integer, "decimal": _decimal, "float": _double, "double": _double, "boolean": _boolean,
    "text": _clean, "padded": _clean, "bytes": _bytes, "date": _moment, "time": _clock, "timestamp": _moment,
    "timestamptz": _moment, "uuid": _uuid, "json": _json, "enum": _label, "other": _any,
}  # fmt: skip
