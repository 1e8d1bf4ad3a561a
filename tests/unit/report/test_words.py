"""Objects in words: what is at its default is silent, and two different values never read the same."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from reconciler.model.kinds import KINDS
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Generated, Identity, IndexPart, Literal, Sql
from reconciler.report.words import both, data, describe, plain, shown

TABLE = Ref.root("table", "orders")
CASES: list[tuple[Object, str]] = [
    (Column(ref=TABLE.child("column", "a"), type=Type("text")), "text"),
    (
        Column(
            ref=TABLE.child("column", "a"), type=Type("decimal", ("12", "2")), not_null=True,
            default=Literal(Decimal("1.5")),
        ),
        "decimal(12,2) not null default 1.5",
    ),
    (Column(ref=TABLE.child("column", "a"), type=Type("text"), default=Literal("it's")), "text default 'it''s'"),
    (
        Column(ref=TABLE.child("column", "a"), type=Type("int"), generated=Generated(Sql("b + 1"), stored=False)),
        "int generated as (b + 1) virtual",
    ),
    (
        Column(ref=TABLE.child("column", "a"), type=Type("bigint"), identity=Identity(always=True, start=100)),
        "bigint identity always start 100",
    ),
    (PrimaryKey(ref=TABLE.child("primary_key"), columns=("a", "b")), "(a, b)"),
    (Check(ref=TABLE.child("check", "c"), expression=Sql("a > 0")), "a > 0"),
    (
        ForeignKey(
            ref=TABLE.child("foreign_key", "f"), columns=("a",), target=Ref.root("table", "users", "app"),
            target_columns=("id",), on_delete=Action.CASCADE,
        ),
        "(a) references app.users (id) on delete cascade",
    ),
    (
        Index(
            ref=TABLE.child("index", "i"), unique=True, where=Sql("a > 1"),
            parts=(IndexPart(column="a", descending=True, nulls_first=False), IndexPart(expression=Sql("lower(b)"))),
        ),
        "(a desc nulls last, (lower(b))) unique where a > 1",
    ),
    (View(ref=Ref.root("view", "v"), query=Sql("select 1")), ""),
]  # fmt: skip


@pytest.mark.parametrize(("obj", "words"), CASES)
def test_an_object_in_one_line(obj: Object, words: str) -> None:
    assert describe(obj) == words


@pytest.mark.parametrize(("old", "new"), [
    (Literal("1"), Literal(1)),
    (Sql("a", canonical="a"), Sql("a", canonical='"a"')),
    (None, Literal("none")),
    (Type("text"), Type("text", native=True)),
    ((), None),
])  # fmt: skip
def test_two_sides_of_a_change_never_read_the_same(old: object, new: object) -> None:
    before, after = both(old, new)
    assert before != after


def test_a_boolean_is_said() -> None:
    assert (shown(True), shown(False), shown(None)) == ("yes", "no", "none")


@pytest.mark.parametrize(("obj", "words"), CASES)
def test_an_object_as_data_is_json(obj: Object, words: str) -> None:
    assert json.loads(json.dumps(data(obj))) == data(obj)
    assert set(data(obj)) >= {"name"}


def test_a_key_without_a_name_has_none() -> None:
    assert data(PrimaryKey(ref=TABLE.child("primary_key"), columns=("a",)))["name"] is None


@pytest.mark.parametrize(("value", "expected"), [
    (Literal(Decimal("2")), 2),
    (Literal(Decimal("2.50")), "2.50"),
    (Sql("now()"), {"sql": "now()"}),
    ((("strict", True), ("engine", "x")), {"strict": True, "engine": "x"}),
    (("a", "b"), ["a", "b"]),
    (Action.CASCADE, "cascade"),
])  # fmt: skip
def test_values_are_plain(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_every_kind_can_be_described() -> None:
    assert {type(obj) for obj, _ in CASES} <= set(KINDS.values())


def test_nothing_is_told_in_words() -> None:
    assert [shown(value) for value in (None, (), Type(""))] == ["none", "none", "no type"]
