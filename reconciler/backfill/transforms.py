"""What a value is made into before it is written, by name: one table, from which the documentation is made."""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from reconciler.backfill.clocks import moment, since_1970
from reconciler.backfill.exact import EXACT
from reconciler.backfill.invalid import Invalid
from reconciler.backfill.values import TRUTHS, Value
from reconciler.frozen import frozen_in_order

_TRUE, _FALSE = frozenset({"yes", "y", "on"}), frozenset({"no", "n", "off"})


def _text(value: object) -> str:
    if isinstance(value, bytes):
        raise Invalid("is binary, and the transform is for texts")
    return str(value)


def _number(value: object) -> Decimal:
    try:
        found = Decimal(_text(value).strip())
    except InvalidOperation:
        raise Invalid("is no number") from None
    if not found.is_finite():
        raise Invalid("is no finite number")
    return found


def _from_hex(value: object) -> bytes:
    try:
        return bytes.fromhex(_text(value).strip().removeprefix("\\x").removeprefix("0x"))
    except ValueError:
        raise Invalid("is no hexadecimal") from None


def _from_base64(value: object) -> bytes:
    try:
        return b64decode("".join(_text(value).split()), validate=True)
    except (NotBase64, ValueError):
        raise Invalid("is no base64") from None


def _to_json(value: object) -> str:
    text = _text(value)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("is no JSON") from None
    return text


def _to_bool(value: object) -> bool:
    word = _text(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if word not in TRUTHS:
        raise Invalid("is no word for yes or no")
    return TRUTHS[word]


def _whole_seconds(value: object) -> str:
    return moment(_text(value)).partition(".")[0]


@frozen_in_order
class Transform:
    """What is made of a value that is not null, or Invalid raised; `line` is its line in the documentation."""

    make: Callable[[object], Value]
    line: str


def _trimmed(value: object) -> Value:
    return _text(value).strip()


def _unless_empty(value: object) -> Value:
    return _text(value) or None


def _to_hex(value: object) -> Value:
    return value.hex() if isinstance(value, bytes) else _text(value)


TRANSFORMS: Mapping[str, Transform] = {
    "trim": Transform(_trimmed, "the text without white space at both ends"),
    "lower": Transform(lambda value: _text(value).lower(), "the text in lower case"),
    "upper": Transform(lambda value: _text(value).upper(), "the text in upper case"),
    "empty_to_null": Transform(_unless_empty, "null where the text is empty"),
    "strip_nul": Transform(lambda value: _text(value).replace("\0", ""), "the text without its NUL characters"),
    "unix_seconds_to_timestamptz": Transform(
        lambda value: since_1970(_number(value)), "the moment so many seconds after the beginning of 1970"
    ),
    "unix_millis_to_timestamptz": Transform(
        lambda value: since_1970(_number(value).scaleb(-3, EXACT)),
        "the moment so many milliseconds after the beginning of 1970",
    ),
    "truncate_to_seconds": Transform(_whole_seconds, "the moment without its fraction of a second"),
    "text_to_bool": Transform(_to_bool, "yes, y, on, true, t, 1 are true; no, n, off, false, f, 0 are false"),
    "text_to_json": Transform(_to_json, "the text, which has to be JSON"),
    "text_to_json_string": Transform(lambda value: json.dumps(_text(value)), "the text as one JSON string"),
    "text_to_bytes": Transform(lambda value: _text(value).encode(), "the bytes of the text in UTF-8"),
    "hex_to_bytes": Transform(
        _from_hex, "the bytes that the text writes in hexadecimal, `\\x` or `0x` before it or not"
    ),
    "base64_to_bytes": Transform(_from_base64, "the bytes that the text writes in base64"),
    "bytes_to_hex": Transform(_to_hex, "the bytes, written in hexadecimal"),
}
