"""Two types of a column in, the expression that makes the one of the other, whoever asks and with whatever settings."""

from __future__ import annotations

from reconciler.dialects.postgres import types

_NUMBERS = types.NUMBERS
_WHOLE = frozenset(types.INTEGERS) | {"numeric"}
_TEXTS = frozenset({"text", "character varying"})
# What a text is read as, and what is written as one, in the same way for everybody (no date, no float).
_READ = _WHOLE | {"uuid", "jsonb", "boolean"}
_WRITTEN = _WHOLE | {"uuid", "boolean", "character"}
# What may have another precision.
_PRECISE = types.CLOCKS


def value_in(before: str, after: str, column: str) -> str | None:
    """Return the expression; None where there is none that is the same for everybody, or that is not compared well.

    Args:
        before, after: canonical types.
        column: the column's name, quoted.
    """
    first, second = types.base(before), types.base(after)
    if second in _TEXTS:
        # To assign it cuts nothing off, unlike a cast.
        return column if first in _TEXTS else f"{column}::text" if first in _WRITTEN else None
    if first in _TEXTS:
        return f"{column}::text::{after}" if second in _READ else None
    plain = (first in _NUMBERS and second in _NUMBERS) or (first == second and first in _PRECISE)
    if plain or (first, second) in (("json", "jsonb"), ("date", "timestamp without time zone")):
        return f"{column}::{after}"
    return None
