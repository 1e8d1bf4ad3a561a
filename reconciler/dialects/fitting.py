"""A constant and the sort of type that it is a default for in, why the type cannot hold it out; "" when it can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches

from reconciler.dialects.sql import as_number, number_text
from reconciler.model.values import Default, Literal

Value = str | bool | int | Decimal

_BYTES: Mapping[str, int] = {"smallint": 2, "integer": 4, "bigint": 8}
_TRUTHS = frozenset({"true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0"})
_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")


def misfit(value: Value, sort: str, arguments: Sequence[int]) -> str:
    """Return what is wrong with a constant.

    Args:
        value: the constant as it was written.
        sort: `smallint`, `integer`, `bigint`, `numeric`, `number`, `boolean`, `text`, `uuid` or `json`; any other type
            is left to its database.
        arguments: the numbers in the type's parentheses.
    """
    test = _TESTS.get(sort)
    return test(value, sort, arguments) if test else ""


def wrong_default(
    default: Default | None, values: Sequence[str], sort: str, arguments: Sequence[int]
) -> tuple[str, str] | None:
    """Return what is wrong with a default and what to do; None for a good one, and for an expression.

    Args:
        default: as it was written.
        values: those of the enum that the type is, none when it is none.
        sort, arguments: as for `misfit`.
    """
    if not isinstance(default, Literal):
        return None
    if values:
        if default.value in values:
            return None
        close = get_close_matches(str(default.value), values, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"one of {', '.join(values)}"
        return f"the default {_shown(default.value)} is not one of the enum's values", hint
    wrong = misfit(default.value, sort, arguments)
    if sort == "boolean" and isinstance(default.value, str):  # SQLite would keep it as the text that it is
        wrong = wrong or f"{_shown(default.value)} is a text, neither true nor false"
        return f"the default does not fit the type: {wrong}", "write true or false, without quotes"
    return (f"the default does not fit the type: {wrong}", "mend the default or the type") if wrong else None


def _number(value: Value, sort: str, arguments: Sequence[int]) -> str:
    number = as_number(value)
    if number is None:
        return f"{_shown(value)} is no number"
    if sort in _BYTES:
        return _whole(number, sort)
    if sort == "numeric" and len(arguments) == 2:
        most = Decimal(10) ** (arguments[0] - arguments[1])
        if abs(round(number, arguments[1])) >= most:
            return f"{number_text(number)} has more digits than numeric({arguments[0]},{arguments[1]}) holds"
    return ""


def _whole(number: Decimal, sort: str) -> str:
    if number != number.to_integral_value():
        return f"{number_text(number)} is no whole number"
    most = 2 ** (_BYTES[sort] * 8 - 1)
    return "" if -most <= number < most else f"{number_text(number)} is not between {-most} and {most - 1}"


def _boolean(value: Value, sort: str, arguments: Sequence[int]) -> str:
    known = isinstance(value, bool) or str(value).strip().lower() in _TRUTHS
    return "" if known else f"{_shown(value)} is neither true nor false"


def _text(value: Value, sort: str, arguments: Sequence[int]) -> str:
    too_long = arguments and isinstance(value, str) and len(value.rstrip(" ")) > arguments[0]
    return f"{_shown(value)} is longer than {arguments[0]} characters" if too_long else ""


def _uuid(value: Value, sort: str, arguments: Sequence[int]) -> str:
    return "" if isinstance(value, str) and _UUID.fullmatch(value.strip()) else f"{_shown(value)} is no UUID"


def _json(value: Value, sort: str, arguments: Sequence[int]) -> str:
    if not isinstance(value, str):
        return ""
    try:
        json.loads(value)
    except ValueError:
        return f"{_shown(value)} is no JSON: a text in it has double quotes of its own"
    return ""


def _shown(value: Value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")


_TESTS: Mapping[str, Callable[[Value, str, Sequence[int]], str]] = {
    **dict.fromkeys((*_BYTES, "numeric", "number"), _number),
    "boolean": _boolean,
    "text": _text,
    "uuid": _uuid,
    "json": _json,
}
