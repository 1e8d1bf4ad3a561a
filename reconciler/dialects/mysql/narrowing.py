"""Which values a new column type does not hold: two types and a column in, a predicate out.

In strict mode the server refuses most of these, but some change in silence: digits behind the point are rounded, and
an integer for a text is read as one. So each value is asked whether it comes back as it was.
"""

from __future__ import annotations

from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.lexer import text_literal
from reconciler.model.types import Type

_CLOCKS = frozenset({"date", "datetime", "timestamp", "time", "year"})


def narrows(old: Type, new: Type, column: str) -> str | None:
    """Return what is true for the values of `column` that `new` does not hold, None when every value fits."""
    before, after = old.name, new.name
    if before == after:
        return None
    own = types.base(after)
    if own in types.INTEGERS:
        return _to_integer(before, after, column)
    if own == "decimal":
        return _to_decimal(before, after, column)
    if own in types.FLOATS:
        return _to_float(before, after, column)
    if own in ("enum", "set"):
        return _to_member(before, after, column)
    return _to_text_or_time(before, after, column)


def _range(name: str) -> tuple[int, int]:
    bits = types.INTEGERS[types.base(name)] * 8
    return (0, 2**bits - 1) if types.unsigned(name) else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _to_integer(before: str, after: str, column: str) -> str | None:
    least, most = _range(after)
    own = types.base(before)
    if own in types.INTEGERS:
        low, high = _range(before)
        return None if least <= low and high <= most else f"{column} NOT BETWEEN {least} AND {most}"
    if own in ("decimal", *types.FLOATS):
        return f"{column} <> truncate({column}, 0) OR {column} NOT BETWEEN {least} AND {most}"
    if own in types.CHARACTERS:
        whole = f"CAST({column} AS CHAR) REGEXP '^-?[0-9]{{1,19}}$'"
        return f"NOT ({whole}) OR CAST({column} AS DECIMAL(65)) NOT BETWEEN {least} AND {most}"
    return f"{column} IS NOT NULL"


def _to_decimal(before: str, after: str, column: str) -> str | None:
    precision, scale = types.arguments(after)
    own = types.base(before)
    negative = f"{column} < 0 OR " if types.unsigned(after) and not types.unsigned(before) else ""
    if own in types.INTEGERS and not negative:
        low, high = _range(before)
        if max(-low, high) < 10 ** (precision - scale):
            return None
    if own == "decimal" and not negative:
        digits, places = types.arguments(before)
        if places <= scale and digits - places <= precision - scale:
            return None
    if own in types.NUMBERS:
        value = f"CAST({column} AS DECIMAL(65, 30))"
        return f"{negative}round({value}, {scale}) <> {value} OR abs(round({value}, {scale})) >= 1e{precision - scale}"
    if own in types.CHARACTERS:
        shape = f"^-?[0-9]{{1,{max(precision - scale, 1)}}}(\\\\.[0-9]{{0,{scale}}})?$"
        return f"NOT (CAST({column} AS CHAR) REGEXP '{shape}')"
    return f"{column} IS NOT NULL"


def _to_float(before: str, after: str, column: str) -> str | None:
    own = types.base(before)
    if own in ("tinyint", "smallint") or (own == "float" and types.base(after) == "double"):
        return None
    if own in types.NUMBERS:
        return f"CAST({column} AS {types.base(after).upper()}) <> {column}"
    if own in types.CHARACTERS:
        return f"NOT (CAST({column} AS CHAR) REGEXP '^-?[0-9]+(\\\\.[0-9]+)?$')"
    return f"{column} IS NOT NULL"


def _to_member(before: str, after: str, column: str) -> str | None:
    allowed = types.members(after)
    if types.base(after) == "set" or types.base(before) == "set":
        return None if set(types.members(before)) <= set(allowed) and types.members(before) else f"{column} IS NOT NULL"
    if types.base(before) == "enum" and set(types.members(before)) <= set(allowed):
        return None
    return f"CAST({column} AS CHAR) NOT IN ({', '.join(map(text_literal, allowed))})"


def _to_text_or_time(before: str, after: str, column: str) -> str | None:
    own, then = types.base(after), types.base(before)
    if own in _CLOCKS:
        return _to_clock(before, after, column)
    if own in types.TEXTS or own in types.BLOBS:
        room = {**types.TEXTS, **types.BLOBS}
        needed = room.get(then, 4 * (types.arguments(before) or (255,))[0])
        return None if needed <= room[own] else f"octet_length({column}) > {room[own]}"
    if own in ("varchar", "char"):
        longest = types.arguments(after)[0]
        now = types.arguments(before)
        if then in ("varchar", "char") and now and now[0] <= longest:
            return None
        return f"char_length(CAST({column} AS CHAR)) > {longest}"
    if own in ("varbinary", "binary"):
        return f"octet_length({column}) > {types.arguments(after)[0]}"
    if own == "json":
        return f"NOT json_valid({column})"
    return f"{column} IS NOT NULL"


def _to_clock(before: str, after: str, column: str) -> str | None:
    own, then = types.base(after), types.base(before)
    if {own, then} <= {"datetime", "timestamp"}:
        finer = types.precision(before) > types.precision(after)
        lost = [f"microsecond({column}) % {10 ** (6 - types.precision(after))} <> 0"] if finer else []
        if own == "timestamp" and then == "datetime":
            lost.append(f"{column} NOT BETWEEN '1970-01-02' AND '2038-01-18'")
        return " OR ".join(lost) or None
    if then == "date" and own == "datetime":
        return None
    if own == "date" and then in ("datetime", "timestamp"):
        return f"{column} <> CAST({column} AS DATE)"
    if own == then:
        return None if types.precision(before) <= types.precision(after) else f"microsecond({column}) <> 0"
    if then in types.CHARACTERS:
        return f"CAST({column} AS {own.upper()}) IS NULL"
    return f"{column} IS NOT NULL"
