"""Addresses, types, names, models and their plain data: what goes in comes out again."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.codec import decode_desired, decode_model, encode_desired, encode_model
from reconciler.model.fields import changed, references, roots_named
from reconciler.model.model import Desired, Model, renamed
from reconciler.model.names import LONGEST, implicit_name
from reconciler.model.objects import Check, Column, Enum, ForeignKey, Index, PrimaryKey, Table
from reconciler.model.ref import KIND_WORDS, Kind, Ref
from reconciler.model.texts import spelled, texts
from reconciler.model.types import Type, parse_type
from reconciler.model.values import Action, Deferrable, Generated, Identity, IndexPart, Literal, Sql
from tests.strategies import models, wide_models

NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(sorted(KIND_WORDS))


@given(schema=st.just("") | NAMES, root=NAMES, child=NAMES, kind=st.sampled_from(["column", "index", "check"]))
def test_an_address_is_read_back_whatever_the_names_are(schema: str, root: str, child: str, kind: str) -> None:
    ref = Ref.root(Kind.TABLE, root, schema).child(kind, child)
    assert Ref.parse(str(ref)) == ref
    assert Ref.parse(str(ref.top.child(Kind.PRIMARY_KEY))) == ref.top.child(Kind.PRIMARY_KEY)


@pytest.mark.parametrize(
    "text", ["", "orders", "table", "table.", "table.a.b.c.d", "table.orders.column.a b", "x.y", 'table."a']
)
def test_what_is_no_address_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|names a kind|expected a kind"):
        Ref.parse(text)


def test_a_type_is_read_with_its_arguments() -> None:
    assert parse_type(" Decimal ( 12 , 2 ) ") == Type("decimal", ("12", "2"))
    assert parse_type("array(varchar(20))").element == Type("varchar", ("20",))
    assert str(parse_type("enum(app.mood)")) == "enum(app.mood)"


@pytest.mark.parametrize(
    "text", ["money", "varchar(a)", "decimal(1,2,3)", "enum", "int(4)", "array(money)", "varchar(-1)", ""]
)
def test_what_is_no_type_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="type"):
        parse_type(text)


@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=4))
def test_an_implicit_name_fits_and_tells_columns_apart(table: str, columns: list[str]) -> None:
    name = implicit_name(table, columns, "idx")
    assert len(name.encode()) <= LONGEST
    assert name != implicit_name(table, [*columns, "another"], "idx")


@given(models())
def test_a_model_survives_being_plain_data(model: Model) -> None:
    data = json.loads(json.dumps(encode_model(model)))
    again = decode_model(data)
    assert dict(again) == dict(model)
    assert again.fingerprint() == model.fingerprint()
    assert [obj for obj in again.values() if isinstance(obj, Column)] == sorted(
        (obj for obj in model.values() if isinstance(obj, Column)), key=lambda obj: obj.ref
    )


def test_what_is_declared_survives_being_plain_data() -> None:
    table = Ref.root(Kind.TABLE, "t")
    old, new = table.child(Kind.COLUMN, "old"), table.child(Kind.COLUMN, "new")
    desired = Desired(
        model=Model([Table(ref=table), Column(ref=new, type=Type("int"))]),
        renames={new: old}, removed={table.child(Kind.COLUMN, "gone"): "why"}, unnamed=frozenset({new}),
    )  # fmt: skip
    again = decode_desired(json.loads(json.dumps(encode_desired(desired))))
    assert (again.renames, again.removed, again.unnamed) == (desired.renames, desired.removed, desired.unnamed)
    assert dict(again.model) == dict(desired.model)


@given(models(), st.randoms())
def test_a_fingerprint_is_of_what_is_compared_and_of_nothing_else(model: Model, chance: object) -> None:
    objects = list(model.values())
    chance.shuffle(objects)  # type: ignore[attr-defined]
    moved = [replace(obj, position=obj.position + 7) if isinstance(obj, Column) else obj for obj in objects]
    assert Model(moved).fingerprint() == model.fingerprint()
    column = next(obj for obj in objects if isinstance(obj, Column))
    other = model.updated([replace(column, not_null=not column.not_null)])
    assert other.fingerprint() != model.fingerprint()


def test_a_renaming_reaches_every_reference() -> None:
    a, b = Ref.root(Kind.TABLE, "a"), Ref.root(Kind.TABLE, "b")
    model = Model(
        [
            Table(ref=a),
            Column(ref=a.child(Kind.COLUMN, "id"), type=Type("int")),
            Index(ref=a.child(Kind.INDEX, "i"), parts=(IndexPart(column="id"),)),
            Check(ref=b.child(Kind.CHECK, "c"), expression=Sql("x"), uses=frozenset({a.child(Kind.COLUMN, "id")})),
            ForeignKey(ref=b.child(Kind.FOREIGN_KEY, "f"), columns=("a_id",), target=a, target_columns=("id",)),
        ]
    )
    z = Ref.root(Kind.TABLE, "z")
    after = renamed(model, {a: z}, lambda obj, _: obj)
    after = renamed(after, {z.child(Kind.COLUMN, "id"): z.child(Kind.COLUMN, "key")}, lambda obj, _: obj)
    key = after.get_as(b.child(Kind.FOREIGN_KEY, "f"), ForeignKey)
    assert (key.target, key.target_columns) == (z, ("key",))
    assert after.get_as(z.child(Kind.INDEX, "i"), Index).parts == (IndexPart(column="key"),)
    assert z.child(Kind.COLUMN, "key") in references(after[b.child(Kind.CHECK, "c")])


def test_a_canonical_spelling_decides_equality_and_the_text_stays() -> None:
    ref = Ref.root(Kind.TABLE, "t").child(Kind.CHECK, "c")
    check = Check(ref=ref, expression=Sql("a>0"))
    server = spelled(check, {"expression": "(a > 0)"})
    assert server == Check(ref=ref, expression=Sql("whatever", canonical="(a > 0)"))
    assert server != check
    assert texts(server)["expression"].text == "a>0"


@given(models(), models())
def test_a_model_that_is_updated_is_as_if_it_were_made_so(model: Model, other: Model) -> None:
    tables = [ref for ref in {**model, **other} if ref.kind == Kind.TABLE]
    before = [model.children(table, Column) for table in tables]  # what is inside of what is known from here on
    found, made = model.updated(other.values()), Model(({**model, **other}).values())
    assert list(found.items()) == list(made.items())
    for table in tables:
        assert found.children(table, Column) == made.children(table, Column)
        assert found.subtree(table) == made.subtree(table)
    assert [model.children(table, Column) for table in tables] == before
    marks = model.marks()
    same = {ref: mark for ref, mark in marks.items() if found.subtree(ref) == model.subtree(ref)}
    assert found.marks(same) == made.marks()


def test_a_fingerprint_is_the_one_that_saved_plans_hold() -> None:
    """Another one for the same model makes every plan stale that was saved before: `plan_file` has to know of it."""
    table = Ref.root(Kind.TABLE, "Line Item", "app")
    twice, lower = Sql("price  * 2", "postgres", "price * 2"), Sql("lower(a)")
    parts = (IndexPart(column="price", descending=True), IndexPart(expression=lower))
    price = Column(
        ref=table.child(Kind.COLUMN, "price"), type=Type("decimal", ("12", "2")), default=Literal(Decimal("1.5"))
    )
    key = ForeignKey(
        ref=table.child(Kind.FOREIGN_KEY, "fk"), columns=("id",), target=Ref.root(Kind.TABLE, "u"),
        on_delete=Action.SET_NULL, deferrable=Deferrable.DEFERRED,
    )  # fmt: skip
    identity = Column(
        ref=table.child(Kind.COLUMN, "id"), type=Type("bigint"), not_null=True, identity=Identity(start=5)
    )
    model = Model([
        Enum(ref=Ref.root(Kind.ENUM, "mood"), values=("calm", "it's"), comment="é"),
        Table(ref=table, options=(("strict", True), ("fillfactor", 90), ("engine", "x"))),
        identity, price, key,
        Column(ref=table.child(Kind.COLUMN, "sum"), type=Type("int"), generated=Generated(twice)),
        PrimaryKey(ref=table.child(Kind.PRIMARY_KEY), columns=("id",)),
        Index(ref=table.child(Kind.INDEX, "ix"), parts=parts),
    ])  # fmt: skip
    assert model.fingerprint() == "aec9ef43b1ef16279e4a17f5273429538cc8e7b9f0032bd1b9e8ebb341c82baf"


def test_what_has_its_values_already_is_given_back_itself() -> None:
    table = Table(ref=Ref.root(Kind.TABLE, "a"), comment="x")
    assert changed(table, comment="x", options=()) is table
    assert changed(table, comment=None) == Table(ref=table.ref)


@given(wide_models())
def test_the_roots_that_an_object_names_are_those_of_all_that_it_names(model: Model) -> None:
    for obj in model.values():
        own = {obj.ref.top}
        assert roots_named(obj) | own == {ref.top for ref in references(obj)} | own
