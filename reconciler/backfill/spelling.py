"""A value and the column that it is for in, the constant that the column's database reads as exactly that out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

from reconciler.backfill.values import Shape, Value
from reconciler.dialects.base import Dialect

# 2 to this power is the greatest that SQLite reads as a whole number.
_POWER = 62


def spelled(dialect: Dialect, value: Value, shape: Shape) -> str:
    """Write a value as a constant, whose digits no reader rounds."""
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return _FLOATS[dialect.family](value)
    if isinstance(value, Decimal) and not value.is_finite():
        return f"'{value}'"
    if isinstance(value, str):
        special = _TEXTS.get((dialect.family, shape.sort)) or _TEXTS.get((dialect.family, ""))
        if special is not None and (found := special(value)) is not None:
            return found
    return dialect.bulk().literal(value)


def _sqlite_float(value: float) -> str:
    """Write a float as a whole number over a power of two: digits behind a point may be read a little beside what they
    say (sqlite.org/floatingpoint.html).
    """
    if math.isinf(value):
        return "9e999" if value > 0 else "-9e999"
    number, divisor = value.as_integer_ratio()
    power = 0
    while number and abs(number) >= 2**53 and number % 2 == 0:
        number, power = number // 2, power + 1
    scale = power - (divisor.bit_length() - 1)
    steps = [_POWER] * (abs(scale) // _POWER) + [abs(scale) % _POWER]
    sign = "*" if scale > 0 else "/"
    return f"({number}.0{''.join(f'{sign}{2**step}.0' for step in steps if step)})"


def _sqlite_text(value: str) -> str | None:
    """A statement ends at a NUL character (sqlite.org/nulinstr.html)."""
    return f"CAST(X'{value.encode().hex()}' AS TEXT)" if "\0" in value else None


def _postgres_moment(value: str) -> str:
    """The zone stands before the era (manual, "Date/Time Input")."""
    moment, era, _ = value.partition(" BC")
    return f"'{value}'" if "infinity" in value else f"'{moment}+00{era}'"


def _mysql_moment(value: str) -> str:
    """A literal would be taken for one in the session's zone (dev.mysql.com/doc/refman/9.7/en/datetime.html)."""
    from datetime import UTC, datetime

    whole, _, fraction = value.partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return f"FROM_UNIXTIME({seconds}{'.' if fraction else ''}{fraction})"


_FLOATS: Mapping[str, Callable[[float], str]] = {
    "postgres": lambda value: f"'{value!r}'", "mysql": repr, "sqlite": _sqlite_float,
}  # fmt: skip
_TEXTS: Mapping[tuple[str, str], Callable[[str], str | None]] = {
    ("sqlite", ""): _sqlite_text,
    ("postgres", "timestamptz"): _postgres_moment,
    ("mysql", "timestamptz"): _mysql_moment,
}
