"""The rule table is whole, and small decisions in it are the manual's."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.dialects.postgres.rules.columns import converted
from reconciler.dialects.postgres.rules.enums import only_grows
from reconciler.dialects.postgres.rules.statements import parenthesized
from reconciler.dialects.postgres.rules.views import column_in, extends
from reconciler.model.fields import compared
from reconciler.model.kinds import KINDS
from reconciler.model.model import Model
from reconciler.model.objects import Enum
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql
from reconciler.plan.rules import States


def test_every_field_of_every_kind_has_a_rule() -> None:
    assert set(DIALECT.rules()) == set(KINDS)
    for kind, cls in KINDS.items():
        assert set(DIALECT.rules()[kind].alter) == set(compared(cls)), kind


BASE = "SELECT o.id, o.total AS t FROM orders o WHERE (o.total > 1)"


@pytest.mark.parametrize(
    ("new", "in_place"),
    [
        ("SELECT o.id, o.total AS t FROM orders o WHERE (o.total > 2)", True),
        ("SELECT o.id, o.total AS t, o.name FROM orders o", True),
        ("SELECT o.id, o.total AS t FROM orders o JOIN customers c ON ((c.id = o.customer_id))", True),
        ("SELECT o.id, o.name FROM orders o", False),
        ("SELECT o.total AS t, o.id FROM orders o", False),
        ("SELECT o.id FROM orders o", False),
        ("SELECT o.id, o.total AS t FROM invoices o", False),
        ("SELECT o.id, o.total AS t FROM (SELECT * FROM orders) o", False),
        ("SELECT * FROM orders o", False),
        ("SELECT o.id, o.total AS t FROM orders o UNION SELECT 1, 2", False),
        ("this is no query", False),
    ],
)
def test_when_a_view_is_replaced_in_place(new: str, in_place: bool) -> None:
    assert extends(BASE, new) is in_place


def enum(*values: str) -> Enum:
    return Enum(ref=Ref.root(Kind.ENUM, "e"), values=values)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (("a", "b", "c"), ["'c'"]),
        (("z", "a", "b"), ["'z' BEFORE 'a'"]),
        (("a", "m", "n", "b", "c", "d"), ["'m' AFTER 'a'", "'n' AFTER 'm'", "'c'", "'d'"]),
    ],
)
def test_values_are_added_beside_neighbours(new: tuple[str, ...], words: list[str]) -> None:
    turn = DIALECT.rules()[Kind.ENUM].alter["values"]
    assert callable(turn)
    outcome = turn(enum("a", "b"), enum(*new), States(old=Model(), new=Model()))
    assert not hasattr(outcome, "value")
    assert [s.sql.removeprefix('ALTER TYPE "e" ADD VALUE ') for s in outcome] == words


def test_what_makes_an_enum_anew() -> None:
    assert only_grows(enum("a", "b"), enum("x", "a", "y", "b"))
    assert not only_grows(enum("a", "b"), enum("b", "a"))
    assert not only_grows(enum("a", "b"), enum("a"))


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ('COMMENT ON COLUMN "v"."a b" IS \'"x"\'', "a b"),
        ('GRANT SELECT ("a") ON "v" TO PUBLIC', "a"),
        ('GRANT SELECT ON "v" TO "column"', None),
        ('ALTER VIEW "v" ALTER COLUMN "a" SET DEFAULT 1', "a"),
        ('ALTER VIEW "v" OWNER TO "me"', None),
    ],
)
def test_what_a_carried_statement_is_about(statement: str, column: str | None) -> None:
    assert column_in(statement) == column


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("now()", "now()"),
        ("1", "1"),
        ("a and b", "(a and b)"),
        ("f(1) + g(2)", "(f(1) + g(2))"),
        ("f(g(1), 2)", "f(g(1), 2)"),
    ],
)
def test_expressions_where_the_grammar_wants_a_simple_one(text: str, shown: str) -> None:
    assert parenthesized(Sql(text, "postgres")) == shown


def test_conversions() -> None:
    assert converted("integer", "bigint", "c") is None
    assert converted("integer", "character varying(2)", "c") is None  # a cast would cut off what assignment refuses
    assert converted("boolean", "bigint", "c") == "c::integer::bigint"
    assert converted("text", "uuid", "c") == "c::text::uuid"
    assert converted("timestamp without time zone", "date", "c") == "c::date"
