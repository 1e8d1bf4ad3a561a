"""A plain condition reads as sqlglot would write it, and everything else is left to sqlglot."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from reconciler.dialects.plain import KNOWN, Plain, names_nothing, plain
from reconciler.dialects.transpile import NotPortable, text_for
from reconciler.model.values import Sql

FAMILIES = ("sqlite", "postgres", "mysql")
WORDS = sorted({word for family in FAMILIES for word in Dialect.get_or_raise(family).tokenizer_class.KEYWORDS})
NAMES = st.one_of(
    st.sampled_from(["status", "Total", "a1", "_x", "is_null", "inn", "order_id"]),
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(str.lower),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True),
)
CONSTANTS = st.sampled_from(
    ["0", "-1", "007", "1.50", "''", "'x'", "'and or ,('", "1e3", "1_000", "'it''s'", "5a", "1."]
)
BLANKS = st.sampled_from(["", " ", "  ", "\n", "\t"])
PIECES = st.one_of(
    NAMES, CONSTANTS, BLANKS, st.sampled_from(["=", "<>", "!=", ">=", "<", "(", ")", ",", " and ", " OR ", " in ", "."])
)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Draw what is nearly always a condition that `plain` knows."""

    def spaced(*parts: str) -> str:
        return "".join(part + draw(BLANKS) for part in parts)

    def term() -> str:
        name, constants = draw(NAMES), draw(st.lists(CONSTANTS, min_size=2, max_size=3))
        forms = [
            spaced(name, draw(st.sampled_from(["=", "<>", "!=", "<", ">="])), draw(st.one_of(NAMES, CONSTANTS))),
            f"{name} {draw(st.sampled_from(['in', 'IN']))}{spaced('(', ','.join(constants), ')')}",
            f"{name} between {constants[0]} and {constants[1]}",
            f"{name} is null",
        ]
        return draw(st.sampled_from(forms))

    terms = [term() for _ in range(draw(st.integers(1, 3)))]
    return draw(st.sampled_from([" and ", " or ", "\nAND "])).join(terms)


@given(st.one_of(conditions(), st.lists(PIECES, max_size=8).map("".join)), st.sampled_from(FAMILIES))
def test_what_is_known_is_what_sqlglot_says(text: str, source: str) -> None:
    found = plain(text)
    if found is None:
        return
    tree = sqlglot.parse_one(text, read=source)
    assert {node.name for node in tree.find_all(exp.Column)} == found.names
    assert all(not node.args.get("table") and not node.this.args.get("quoted") for node in tree.find_all(exp.Column))
    for target in FAMILIES:
        assert tree.sql(dialect=target) == found.text


@pytest.mark.parametrize(
    ("text", "spelled", "names"),
    [
        ("total > 0", "total > 0", {"total"}),
        ("a=b and c != 'x'", "a = b AND c <> 'x'", {"a", "b", "c"}),
        ("status in ('new','open') or done is null", "status IN ('new', 'open') OR done IS NULL", {"status", "done"}),
        ("at between -1 and 2.50", "at BETWEEN -1 AND 2.50", {"at"}),
    ],
)
def test_the_usual_ones_are_known(text: str, spelled: str, names: set[str]) -> None:
    assert plain(text) == Plain(spelled, frozenset(names))


@pytest.mark.parametrize(
    "text",
    [
        "total", "a = 1_000", "a = 1e3", "a = 'it''s'", "a = 'b\\c'", "a = current_timestamp", "a = true",
        "a = null", "a = b = c", "(a = 1)", "a = b.c", '"a" = 1', "a = 'é'", "not a = 1", "a = date '2020-01-01'",
        "a = 1 -- why", "a = 1 and", "and = 1", "a = $1", "a is nullx", "a in ()", "1 = 1", "a = e'x'",
    ],
)  # fmt: skip
def test_everything_else_is_left_to_the_parser(text: str) -> None:
    assert plain(text) is None


@pytest.mark.parametrize("source", FAMILIES)
@pytest.mark.parametrize("text", ["current_timestamp", "CURRENT_DATE", "null", "True", "0", "-1.5", "'open'"])
def test_what_names_nothing(text: str, source: str) -> None:
    assert names_nothing(text)
    assert not list(sqlglot.parse_one(text, read=source).find_all(exp.Column))


@pytest.mark.parametrize(
    "text", ["total", "current_user_id", "null or a", "1 + a", "'a' || b", "current_timestamp, a", ""]
)
def test_what_may_name_something(text: str) -> None:
    assert not names_nothing(text)


def test_every_word_of_the_parsers_is_known() -> None:
    found: set[str] = set()
    for family in FAMILIES:
        dialect = Dialect.get_or_raise(family)
        for words in (dialect.tokenizer_class.KEYWORDS, dialect.parser_class.NO_PAREN_FUNCTION_PARSERS):
            found |= {word for keyword in words for word in keyword.upper().split() if word.isidentifier()}
    assert found <= KNOWN


@pytest.mark.parametrize("source", ["sqlite", "postgres"])
def test_the_usual_default_is_what_sqlglot_says(source: str) -> None:
    for target in {"sqlite", "postgres"} - {source}:
        tree = sqlglot.parse_one("current_timestamp", read=source)
        assert text_for(Sql("current_timestamp", source), target) == tree.sql(dialect=target)


def test_a_parameter_is_carried_by_its_name() -> None:
    for source in FAMILIES:
        for target in FAMILIES:
            carried = text_for(Sql("select count(*) from t where a <= :hi and b <> ':x'", source), target)
            assert carried.lower() == "select count(*) from t where a <= :hi and b <> ':x'"
    with pytest.raises(NotPortable):
        text_for(Sql("select a from t where a = ?", "sqlite"), "postgres")
