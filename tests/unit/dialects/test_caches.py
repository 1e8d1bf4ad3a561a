"""What is kept for later is found by everything that matters to it, and by nothing that is merely equal."""

from __future__ import annotations

from decimal import Decimal

from reconciler.dialects.postgres.literals import settled as postgres_settled
from reconciler.dialects.sqlite.literals import settled as sqlite_settled
from reconciler.dialects.sqlite.types import native
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Literal, Sql


def test_types_that_are_equal_keep_their_spelling() -> None:
    one, other = Type("INT", native=True, spelling="int"), Type("INT", native=True, spelling="Int")
    assert one == other
    assert (str(native(one)), str(native(other))) == ("int", "Int")


def test_texts_that_are_equal_keep_their_letters() -> None:
    one, other = Sql("now()", "postgres", "now ( )"), Sql("NOW( )", "postgres", "now ( )")
    assert one == other
    found = [postgres_settled(sql, "timestamp with time zone", is_enum=False) for sql in (one, other)]
    assert [sql.text for sql in found if isinstance(sql, Sql)] == ["now()", "NOW( )"]
    found = [sqlite_settled(sql, "TEXT") for sql in (one, other)]
    assert [sql.text for sql in found if isinstance(sql, Sql)] == ["now()", "NOW( )"]


def test_a_text_is_read_anew_for_another_type() -> None:
    text = Sql("'1'", "postgres")
    assert postgres_settled(text, "integer", is_enum=False) == Literal(Decimal(1))
    assert postgres_settled(text, "text", is_enum=False) == Literal("1")
    assert postgres_settled(text, "boolean", is_enum=False) == Literal(True)


def test_one_is_not_true() -> None:
    assert Literal(1) == Literal(True)
    found = postgres_settled(Literal(1), "boolean", is_enum=False)
    assert isinstance(found, Literal)
    assert found.value is True
    ref = Ref.root(Kind.TABLE, "t").child(Kind.COLUMN, "c")
    models = [Model([Column(ref=ref, type=Type("bool"), default=Literal(value))]) for value in (1, True, Decimal(1))]
    assert len({model.fingerprint() for model in models}) == 3
