"""Types: every spelling ends in the words of format_type, and portable ones come back."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres import types
from reconciler.model.types import PORTABLE, Type, parse_type


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("INT", "integer"),
        ("int8", "bigint"),
        ("varchar (20)", "character varying(20)"),
        ("VARCHAR", "character varying"),
        ("char", "character(1)"),
        ('"char"', '"char"'),
        ("decimal( 10 , 2 )", "numeric(10,2)"),
        ("numeric(10)", "numeric(10,0)"),
        ("dec", "numeric"),
        ("float", "double precision"),
        ("float(24)", "real"),
        ("float(25)", "double precision"),
        ("timestamptz(3)", "timestamp(3) with time zone"),
        ("timestamp(3)", "timestamp(3) without time zone"),
        ("timestamp (3) with time zone", "timestamp(3) with time zone"),
        ("timetz", "time with time zone"),
        ("int[]", "integer[]"),
        ("int[3][4]", "integer[]"),
        ("text array", "text[]"),
        ("varchar(3) ARRAY[4]", "character varying(3)[]"),
        ("bit", "bit(1)"),
        ("bit varying(8)", "bit varying(8)"),
        ("interval day to second(3)", "interval day to second(3)"),
        ("JSONB", "jsonb"),
        ("serial8", "bigserial"),
        ('"Mood"', '"Mood"'),
        ('app."Mood"[]', 'app."Mood"[]'),
        ('"plain"', "plain"),
        ("geometry(Point, 4326)", "geometry(Point,4326)"),
    ],
)
def test_spellings(written: str, spelled: str) -> None:
    assert types.canonical_type(written) == spelled
    assert types.canonical_type(spelled) == spelled


PORTABLE_TYPES = [
    *(name for name, (least, _) in PORTABLE.items() if least == 0),
    "decimal(12,2)", "decimal(5)", "varchar(20)", "char(3)", "array(text)", "array(decimal(4,1))",
]  # fmt: skip


@pytest.mark.parametrize("text", PORTABLE_TYPES)
def test_portable_types_come_back(text: str) -> None:
    there = types.native(parse_type(text))
    assert there.native
    back = types.portable(there)
    assert not back.native
    assert types.native(back) == there


@pytest.mark.parametrize("words", ["jsonb", "interval", "timestamp(3) with time zone", "bigserial", "oid", "citext"])
def test_what_has_no_portable_name_stays(words: str) -> None:
    there = types.native(Type(words, native=True))
    assert types.portable(there) == there


def test_enums_come_back_by_name() -> None:
    there = types.native(Type("array", ("enum(Mood)",)), lambda name: f'"{name}"')
    assert there.name == '"Mood"[]'
    assert types.portable(there, "Mood") == Type("array", ("enum(Mood)",))
