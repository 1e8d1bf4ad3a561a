"""Bodies between quotes that nothing ends, options in one spelling, addresses by the server's types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.postgres.align_programs import align_routines
from reconciler.dialects.postgres.lexer import Sort, tokens
from reconciler.dialects.postgres.normalize import normalize
from reconciler.dialects.postgres.quoting import dollar_quoted
from reconciler.dialects.postgres.routines_options import clauses, settled
from reconciler.dialects.postgres.trigger_texts import condition
from reconciler.errors import PlanError
from reconciler.model.model import Desired, Model
from reconciler.model.programs import Function
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument, Sql

PIECES = st.sampled_from(["$body", "$", "body", "$body$", "$body1$", "1", "'", " ", "x"])


@given(st.lists(PIECES).map("".join))
def test_nothing_ends_a_quoted_body(text: str) -> None:
    found = tokens(f"AS {dollar_quoted(text, 'body')}")
    assert [token.sort for token in found] == [Sort.WORD, Sort.STRING]
    assert found[1].value == text


@pytest.mark.parametrize(
    ("given_", "text"),
    [
        ([("cost", 100), ("rows", 1000), ("parallel", "unsafe"), ("leakproof", False)], ""),
        ([("cost", "7.50"), ("rows", "5")], "COST 7.5 ROWS 5"),
        ([("set.search_path", "")], "SET \"search_path\" TO ''"),
        ([("set.search_path", "a, \"B c\" ,'d'")], "SET \"search_path\" TO 'a', 'B c', 'd'"),
        ([("set.TimeZone", "it's, here")], "SET \"timezone\" TO 'it''s, here'"),
    ],
)
def test_options_have_one_spelling(given_: Any, text: str) -> None:
    found = settled(given_)
    assert " ".join(clauses(found)) == text
    assert settled(found) == found


def test_a_condition_is_read_whatever_names_are_like() -> None:
    text = (
        'CREATE TRIGGER "when (" BEFORE UPDATE OF "WHEN" ON public.t FOR EACH ROW '
        "WHEN (((new.a)::text <> ') EXECUTE '::text) AND (new.b > 1)) EXECUTE FUNCTION f('when (x)')"
    )
    assert condition(text) == "((new.a)::text <> ') EXECUTE '::text) AND (new.b > 1)"


def function(name: str, *types: str, body: str = "select 1") -> Function:
    arguments = tuple(Argument(f"a{at}", Type(word, native=True)) for at, word in enumerate(types))
    return Function(
        ref=Ref.root(Kind.FUNCTION, name), arguments=arguments, returns=Type("int"), body=Sql(body, "postgres")
    )


def test_an_address_goes_by_the_server_s_types() -> None:
    declared = normalize(Model([function("f(int4,varchar,jsonb[])", "int4", "varchar(9)", "jsonb[]")])).model
    desired = Desired(
        model=declared, renames={Ref.root(Kind.FUNCTION, "f(int4,varchar,jsonb[])"): Ref.root(Kind.FUNCTION, "g(int4)")}
    )
    aligned = align_routines(Model(), desired)
    assert [ref.name for ref in aligned.model] == ["f(int,varchar,jsonb[])"]
    assert {(new.name, old.name) for new, old in aligned.renames.items()} == {("f(int,varchar,jsonb[])", "g(int)")}


def test_a_removal_means_the_only_one_of_its_name() -> None:
    gone = Ref.root(Kind.FUNCTION, "f")
    one, other = function("f(int)", "int"), function("f(text)", "text")
    desired = Desired(model=Model(), removed={gone: "unused"})
    assert [ref.name for ref in align_routines(Model([one]), desired).removed] == ["f(int)"]
    assert [ref.name for ref in align_routines(Model([one, function("f")]), desired).removed] == ["f"]
    with pytest.raises(PlanError, match="there are several"):
        align_routines(Model([one, other]), desired)
    exact = Desired(model=Model(), removed={Ref.root(Kind.FUNCTION, "f(integer)"): "unused"})
    assert [ref.name for ref in align_routines(Model([one, other]), exact).removed] == ["f(int)"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 1", False),
        ("begin atomic select case when true then 1 end; end;", False),
        ("return 1; drop table t", True),
        ("begin atomic select 1; end; drop table t; select 1 end", True),
        ("return (1", True),
        ("select 'x", True),
    ],
)
def test_a_body_in_standard_sql_is_one_piece(body: str, told: bool) -> None:
    assert bool(normalize(Model([function("f", body=body)])).problems) == told
