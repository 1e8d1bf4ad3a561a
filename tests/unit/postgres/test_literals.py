"""Defaults: the author's and the server's constants become one value; anything else stays SQL."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.dialects.postgres.literals import read, settled, written
from reconciler.model.values import Literal, Sql


def sql(text: str) -> Sql:
    return Sql(text, "postgres")


@pytest.mark.parametrize(
    ("ours", "theirs", "type_"),
    [
        (Literal("new"), "'new'::character varying", "character varying(20)"),
        (Literal("new"), "'new'::text", "text"),
        (Literal("EUR"), "'EUR'::bpchar", "character(3)"),
        (Literal("it's"), "'it''s'::text", "text"),
        (Literal(5), "'5'::text", "text"),
        (Literal(True), "'true'::text", "text"),
        (Literal(5000000000), "'5000000000'::bigint", "bigint"),
        (Literal(-1), "'-1'::integer", "integer"),
        (Literal(-1), "(-1)", "smallint"),
        (Literal("1.50"), "1.5", "numeric(12,2)"),
        (Literal(Decimal("0.0")), "'0'::numeric", "numeric"),
        (Literal("1e3"), "1000", "numeric"),
        (Literal("-2.5"), "'-2.5'::numeric", "real"),
        (Literal(True), "true", "boolean"),
        (Literal(0), "false", "boolean"),
        (Literal("t"), "TRUE", "boolean"),
    ],
)
def test_constants_are_one(ours: Literal, theirs: str, type_: str) -> None:
    first, second = settled(ours, type_, False), settled(sql(theirs), type_, False)
    assert isinstance(first, Literal)
    assert first == second
    assert settled(first, type_, False) == first


def test_an_enum_s_value_is_a_constant() -> None:
    assert settled(sql("'new'::order_status"), "order_status", True) == Literal("new")
    assert isinstance(settled(sql("'new'::other"), "order_status", True), Sql)


@pytest.mark.parametrize("text", ["NULL", "NULL::character varying", "(NULL)::text"])
def test_null_is_no_default(text: str) -> None:
    assert settled(sql(text), "text", False) is None


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("now()", "timestamp with time zone"),
        ("'a'::text || 'b'::text", "text"),
        ("('a'::text)::character varying(1)", "text"),
        ("1.5", "integer"),
        ("'2020-01-01'::date", "text"),
        ("nextval('s'::regclass)", "bigint"),
        ("- a", "integer"),
        ("E'a\\n'", "text"),
        ("'NaN'::numeric", "numeric"),
        ("current_user", "text"),
    ],
)
def test_what_is_no_constant_stays(text: str, type_: str) -> None:
    found = settled(sql(text), type_, False)
    assert isinstance(found, Sql)
    assert found.text == text
    assert settled(found, type_, False) == found


@pytest.mark.parametrize(
    ("value", "type_"), [("{}", "jsonb"), ("2020-1-1", "date"), ("{1}", "integer[]"), ("NaN", "real")]
)
def test_the_server_is_asked_for_types_with_spellings_of_their_own(value: str, type_: str) -> None:
    found = settled(Literal(value), type_, False)
    assert isinstance(found, Sql)
    assert written(found) == f"'{value}'"
    assert found == settled(sql(f"'{value}'::{type_}"), type_, False)


def test_reading_casts() -> None:
    assert read("('x'::varchar)::text") == (Literal("x"), ("character varying", "text"))
    assert read("a::text") is None
    assert read("'open") is None
