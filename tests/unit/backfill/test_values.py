"""Values by themselves: what each sort of column takes, in which spelling, and what it refuses."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from reconciler.backfill.invalid import Invalid
from reconciler.backfill.spelling import spelled
from reconciler.backfill.transforms import TRANSFORMS
from reconciler.backfill.values import Shape, Value, canonical, fit
from reconciler.dialects import dialect
from tests.process import ROOT

POSTGRES = {"family": "postgres"}
FITS: list[tuple[Any, dict[str, Any], Any]] = [
    ("2024-01-01T23:30:00.120-01:30", {"sort": "timestamptz"}, "2024-01-02 01:00:00.12"),
    ("2024-01-01 10:00", {"sort": "timestamp"}, "2024-01-01 10:00:00"),
    ("0044-03-15 BC", {"sort": "date", **POSTGRES}, "0044-03-15 BC"),
    ("123456-02-29 00:00:00", {"sort": "timestamp", **POSTGRES}, "123456-02-29 00:00:00"),
    ("Infinity", {"sort": "timestamptz", **POSTGRES}, "infinity"),
    ("2024-01-01 00:00:00", {"sort": "date"}, "2024-01-01"),
    ("07:05", {"sort": "time"}, "07:05:00"),
    (0.1 + 0.2, {"sort": "decimal", "digits": 10, "places": 2}, Decimal("0.3")),
    ("1e3", {"sort": "integer"}, 1000),
    (123456.789, {"sort": "decimal", "digits": 65, "places": 30}, Decimal("123456.789")),
    (2e24 / 3, {"sort": "decimal", "digits": 65, "places": 30}, Decimal(repr(2e24 / 3))),
    (
        "123456789012345678901234567890.1234567890123456789012345678901", {"sort": "decimal", **POSTGRES},
        Decimal("123456789012345678901234567890.1234567890123456789012345678901"),
    ),
    ("24:00:00", {"sort": "time"}, "24:00:00"),
    ("-838:59:59.5", {"sort": "time", "family": "mysql"}, "-838:59:59.5"),
    (b"\x01", {"sort": "boolean"}, True),
    (Decimal("0.0"), {"sort": "boolean"}, False),
    (1.1, {"sort": "float"}, 1.100000023841858),
    (b"\0" * 16, {"sort": "uuid"}, "00000000-0000-0000-0000-000000000000"),
    ("{5F3A9C01-0000-4000-8000-000000000001}", {"sort": "uuid"}, "5f3a9c01-0000-4000-8000-000000000001"),
    ("é".encode(), {"sort": "text", "length": 1}, "é"),
    (12, {"sort": "text"}, "12"),
    ("a\0b", {"sort": "text", "family": "mysql"}, "a\0b"),
]  # fmt: skip
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ("2024-01-01 25:00:00", {"sort": "timestamp"}, "there is not"),
    ("2023-02-29", {"sort": "date"}, "there is not"),
    ("2024-01-01 10:00:00", {"sort": "date"}, "a time of a day"),
    ("2024-01-01 10:00:00.1234567", {"sort": "timestamp"}, "a microsecond"),
    ("2024-01-01 10:00:00.5", {"sort": "timestamp", "places": 0}, "digits of a second"),
    ("infinity", {"sort": "timestamp", "family": "mysql"}, "no finite time"),
    ("2040-01-01", {"sort": "timestamptz", "lowest": 1970, "highest": 2038}, "out of the range"),
    ("838:59:59", {"sort": "time"}, "no time of the day"),
    (Decimal("NaN"), {"sort": "decimal", "digits": 5}, "no finite number"),
    ("1234567890.123456789", {"sort": "decimal", "family": "sqlite"}, "more digits than SQLite keeps"),
    (float("nan"), {"sort": "double", "family": "mysql"}, "no finite number"),
    (1e39, {"sort": "float"}, "out of range"),
    (b"\xff", {"sort": "text"}, "no valid UTF-8"),
    ("text", {"sort": "bytes"}, "no binary value"),
    ('{"a": ["\\u0000"]}', {"sort": "json", "name": "jsonb", **POSTGRES}, "NUL"),
]  # fmt: skip


def test_what_fits_has_one_spelling() -> None:
    for value, shape, meant in FITS:
        found = fit(value, Shape(**shape))
        assert (found, type(found)) == (meant, type(meant)), value


def test_what_does_not_fit_says_why() -> None:
    for value, shape, reason in REFUSED:
        with pytest.raises(Invalid, match=reason):
            fit(value, Shape(**shape))


def test_equal_values_of_other_databases_have_one_text() -> None:
    alike: list[tuple[str, list[Value]]] = [
        ("json", ['{"b": 1.0, "a": [1e2]}', '{"a":[100],"b":1}']),
        ("decimal", [Decimal("1.50"), Decimal("1.5")]),
        ("decimal", [Decimal("-0.0"), Decimal("0E+5")]),
        ("double", [-0.0, 0.0]),
        ("decimal", [Decimal("1" * 40 + ".10"), Decimal("1" * 40 + ".1")]),
        ("double", [1e15, 1000000000000000.0]),
        ("padded", ["a  ", "a"]),
        ("boolean", [True, 1]),
    ]
    for sort, values in alike:
        texts = {canonical(value, Shape(sort=sort)) for value in values}
        assert len(texts) == 1, texts
    assert canonical(Decimal("1" * 40), Shape(sort="decimal")) == "1" * 40
    assert canonical(None, Shape(sort="text")) != canonical("", Shape(sort="text"))


TRANSFORMED: list[tuple[str, Any, Any]] = [
    ("trim", " a\n", "a"), ("lower", "É", "é"), ("upper", "é", "É"), ("empty_to_null", "", None),
    ("empty_to_null", " ", " "), ("strip_nul", "a\0b\0", "ab"),
    ("unix_seconds_to_timestamptz", 0, "1970-01-01 00:00:00"),
    ("unix_seconds_to_timestamptz", "-1.5", "1969-12-31 23:59:58.5"),
    ("unix_millis_to_timestamptz", 1700000000123, "2023-11-14 22:13:20.123"),
    ("truncate_to_seconds", "2024-01-01T00:00:00.999Z", "2024-01-01 00:00:00"), ("text_to_bool", " Yes", True),
    ("text_to_bool", "off", False), ("text_to_json", "[1]", "[1]"), ("text_to_json_string", 'say "x"', '"say \\"x\\""'),
    ("text_to_bytes", "é", b"\xc3\xa9"), ("hex_to_bytes", "\\xC0FE", b"\xc0\xfe"),
    ("base64_to_bytes", "wP4=\n", b"\xc0\xfe"),
    ("bytes_to_hex", b"\xc0\xfe", "c0fe"),
]  # fmt: skip
UNTRANSFORMED = [
    ("trim", b"x"), ("unix_seconds_to_timestamptz", "soon"), ("unix_seconds_to_timestamptz", "inf"),
    ("unix_seconds_to_timestamptz", "0.0000001"), ("unix_millis_to_timestamptz", 1e20), ("truncate_to_seconds", 12),
    ("text_to_bool", "maybe"), ("text_to_json", "{"), ("hex_to_bytes", "abc"), ("base64_to_bytes", "?"),
]  # fmt: skip


def test_each_transform() -> None:
    for name, value, meant in TRANSFORMED:
        assert TRANSFORMS[name].make(value) == meant, name
    for name, value in UNTRANSFORMED:
        with pytest.raises(Invalid):
            TRANSFORMS[name].make(value)
    assert {name for name, *_ in TRANSFORMED} == set(TRANSFORMS)


def test_the_schema_and_the_documentation_name_the_transforms() -> None:
    schema = (ROOT / "schemas" / "backfill.json").read_text()
    copy = json.loads(schema)["properties"]["do"]["properties"]["copy"]["properties"]["map"]["additionalProperties"]
    assert copy["anyOf"][1]["properties"]["transform"]["enum"] == list(TRANSFORMS)
    documented = (ROOT / "docs" / "backfills.md").read_text()
    for name, transform in TRANSFORMS.items():
        assert f"| `{name}` | {transform.line} |" in documented


def test_a_float_is_spelled_without_rounding() -> None:
    """The digits of a float may be read a little beside what they say; whole numbers and powers of two may not."""
    for value in (0.1, -1e300, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 123456.789, 2.0**70):
        text = spelled(dialect("sqlite"), value, Shape(sort="double"))
        assert eval(text) == value
    assert spelled(dialect("postgres"), 0.1, Shape(sort="double")) == "'0.1'"
