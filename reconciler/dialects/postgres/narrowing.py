"""Two types and a column in; out, a predicate that is true for values which the new type does not hold."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.dialects.postgres.types import CLOCKS, FLOATS, INTEGERS, NUMBERS, SERIAL, TEXTS, arguments, base
from reconciler.dialects.sql import text_literal
from reconciler.model.types import Type

# (name of the new type, column) → a predicate for texts that cannot be read as one
Reads = Callable[[str, str], str | None]

# The smallest and the largest finite number of full precision (manual, "Floating-Point Types"); the server refuses what
# lies beyond instead of rounding it.
_FINITE = {
    "real": ("1.17549435e-38", "3.4028235e38"),
    "double precision": ("2.2250738585072014e-308", "1.7976931348623157e308"),
}


def by_server(name: str, column: str) -> str | None:
    """Let the server try to read the text (16+, manual: "pg_input_is_valid")."""
    readable = f"pg_input_is_valid({column}::text, {text_literal(name)})"
    if base(name) not in NUMBERS:
        return f"NOT {readable}"
    return f"CASE WHEN {readable} THEN {_other_as_number(name, column)} ELSE {column} IS NOT NULL END"


def _other_as_number(name: str, column: str) -> str:
    """Write when a text that can be read as a number is not what the number is written as: 007, 1.10, 1e3.

    Floats are written out by way of numeric, because their own text has an exponent; a numeric is read without its
    scale, so that 1.5 is no other in numeric(10,2), and what the scale would round away is.
    """
    own = base(name)
    if own in INTEGERS:
        return f"{column}::text::{own}::text <> {column}::text"
    if own in FLOATS:
        return f"{column}::text::{own}::text::numeric::text <> {column}::text"
    rounded = _to_numeric("text", name, f"{column}::text")
    changed = f"{column}::text::numeric::text <> {column}::text"
    return f"{changed} OR {rounded}" if rounded else changed


# With an exponent it would be written differently anyway.
_NUMERAL = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_SHAPES = {
    "uuid": r"^\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?$",
    "boolean": r"^\s*(t|tr|tru|true|y|ye|yes|on|1|f|fa|fal|fals|false|n|no|of|off|0)\s*$",
    "date": r"^\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*$",
}


def by_shape(name: str, column: str) -> str | None:
    """Judge a text by its look, on servers that cannot try; None where the look says nothing."""
    own = base(name)
    if own in INTEGERS:
        whole = f"{column}::text ~ '^[-+]?[0-9]{{1,40}}$'"
        fits = f"{column}::text::numeric BETWEEN {_range(own)}"
        readable = f"CASE WHEN {whole} THEN {fits} ELSE false END"
    elif own in NUMBERS:
        readable = f"{column}::text ~ {text_literal(_NUMERAL)}"
        if own in FLOATS:  # a longer one does not fit, and may not even be read
            readable += f" AND length({column}::text) <= 38"
    else:
        shape = _SHAPES.get(own)
        return f"{column}::text !~* {text_literal(shape)}" if shape else None
    return f"CASE WHEN {readable} THEN {_other_as_number(name, column)} ELSE {column} IS NOT NULL END"


def narrowing(reads: Reads) -> Callable[[Type, Type, str], str | None]:
    """Make a dialect's `narrows`; `reads` judges texts that become something else."""

    def narrows(old: Type, new: Type, column: str) -> str | None:
        before, after = (SERIAL.get(type_.name, type_.name) for type_ in (old, new))
        return None if before == after else _predicate(before, after, column, reads)

    return narrows


def _predicate(before: str, after: str, column: str, reads: Reads) -> str | None:
    first, second = base(before), base(after)
    if second in TEXTS:
        return _to_text(before, after, column)
    if first in NUMBERS and second in NUMBERS:
        return _to_number(before, after, column)
    if {first, second} <= NUMBERS | {"boolean"}:
        return None if first == "boolean" else f"{column} NOT IN (0, 1)"
    if first in CLOCKS and second in CLOCKS:
        return _from_clock(before, after, column)
    if {first, second} <= {"json", "jsonb"}:
        return None
    return reads(after, column)


def _to_text(before: str, after: str, column: str) -> str | None:
    longest = arguments(after)
    if not longest:
        return None
    now = arguments(before) if base(before) in TEXTS else ()
    return None if now and now[0] <= longest[0] else f"length({column}::text) > {longest[0]}"


def _range(name: str) -> str:
    bits = INTEGERS[name] * 8 - 1
    return f"-{2**bits} AND {2**bits - 1}"


def _to_number(before: str, after: str, column: str) -> str | None:
    first, second = base(before), base(after)
    if second in INTEGERS:
        if INTEGERS.get(first, 99) <= INTEGERS[second]:
            return None
        broken = "" if first in INTEGERS else f"{column} <> trunc({column}) OR "
        return f"{broken}{column} NOT BETWEEN {_range(second)}"
    if second == "numeric":
        return _to_numeric(before, after, column)
    return _to_float(first, second, column)


def _to_numeric(before: str, after: str, column: str) -> str | None:
    room = arguments(after)
    if not room:
        return None
    precision, scale = room
    if (
        base(before) == "numeric"
        and (now := arguments(before))
        and now[1] <= scale
        and now[0] - now[1] <= precision - scale
    ):
        return None
    value = f"{column}::numeric"
    return f"round({value}, {scale}) <> {value} OR abs(round({value}, {scale})) >= 1e{precision - scale}::numeric"


def _to_float(first: str, second: str, column: str) -> str | None:
    least, most = _FINITE[second]
    if first in FLOATS:
        if second == "double precision":
            return None
        return f"CASE WHEN abs({column}) > {most} THEN {column} < 'Infinity' ELSE {column}::real <> {column} END"
    if first in INTEGERS and INTEGERS[first] < (8 if second == "double precision" else 4):
        return None
    # By way of text, which is exact: the cast from a float to numeric keeps 15 digits, or 6.
    changed = f"{column}::{second}::text::numeric <> {column}::numeric"
    if first in INTEGERS:
        return changed
    beyond = f"abs({column}) > {most} OR {column} <> 0 AND abs({column}) < {least}"
    return f"CASE WHEN {beyond} THEN {column}::text NOT IN ('NaN', 'Infinity', '-Infinity') ELSE {changed} END"


def _from_clock(before: str, after: str, column: str) -> str | None:
    first, second = base(before), base(after)
    if first.startswith("timestamp") and second == "date":
        return f"{column} <> date_trunc('day', {column})"
    if first.startswith("time ") != second.startswith("time "):
        return f"{column} IS NOT NULL"
    finer = (arguments(before) or (6,))[0] > (arguments(after) or (6,))[0]
    return f"{column} <> {column}::{after}" if finer and first == second else None
