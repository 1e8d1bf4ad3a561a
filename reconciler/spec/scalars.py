"""Plain YAML scalars to values by the 1.2 core schema: `no` stays text, 1.50 stays 1.50; it knows no document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

Scalar = str | bool | int | Decimal | None

# https://yaml.org/spec/1.2.2/#103-core-schema
WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
STARTS = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
# No database holds more digits than PostgreSQL's numeric: 131072 before and 16383 after the point. Far below that a
# number is a mistake, and Python itself refuses whole numbers of more than 4300 digits.
_MOST_DIGITS = 1000


def scalar(text: str) -> Scalar:
    """Return the value of a plain scalar.

    Raises ValueError, in one sentence, for a number that would not be kept as it is written.
    """
    if not text or text[0] not in STARTS:
        return WORDS.get(text, text)
    if _DECIMAL.fullmatch(text):
        return _whole(text)
    if _FRACTION.fullmatch(text):
        return _fraction(text)
    if _BASED.fullmatch(text):
        return _based(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that databases share; quote it if it is text")
    return text


def _whole(text: str) -> int:
    digits = text.lstrip("+-")
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits; quote it if it is text")
    if len(digits) > 1 and digits[0] == "0":
        raise ValueError(f"{text} would lose its leading zeros; quote it if it is text, or write {int(text)}")
    return int(text)


def _based(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(text) - 2} digits; quote it if it is text")
    return int(text, 0)


def _fraction(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > _MOST_DIGITS or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError("a number that is too large or too long; quote it if it is text")
    return number
