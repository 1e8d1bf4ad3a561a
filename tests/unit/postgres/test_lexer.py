"""Tokens and the one spelling of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.postgres.lexer import Unreadable, canonical, is_one_piece, is_plain, quoted_if_needed, tokens


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a+b", "( a  +\n b )"),
        ("NOW()", "now ( )"),
        ("((a > 0))", "a > 0"),
        ('"a" = 1', "A = 1"),
        ("a /* why */ = 1 -- because\n", "a = 1"),
        ("a /* one /* two */ */ + 1", "a + 1"),
        ("x::text", "x :: TEXT"),
    ],
)
def test_spellings_of_one_text(left: str, right: str) -> None:
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("(a) or (b)", "a or b"),
        ("'A'", "'a'"),
        ('"A"', "a"),
        ('"user"', "user"),
        ("'a  b'", "'a b'"),
        ("E'\\n'", "'\\n'"),
        ("a - -1", "a --1"),
        ("1.50", "1.5"),
        ("$$(x)$$", "$$x$$"),
    ],
)
def test_texts_that_differ(left: str, right: str) -> None:
    assert canonical(left) != canonical(right)


def test_values_of_quoted_things() -> None:
    text = "'it''s' " + '"a ""b""" ' + "$x$it's$x$ 1e-3 .5"
    assert [token.value for token in tokens(text)] == ["it's", 'a "b"', "it's", "1e-3", ".5"]


@pytest.mark.parametrize("text", ["'", '"a', "/* a", "$$a", "e'a\\'"])
def test_what_has_no_end_is_left_as_it_is(text: str) -> None:
    with pytest.raises(Unreadable):
        tokens(text)
    assert canonical(text) == text


@given(st.text(alphabet="ab'\"$ ()-/*:;<>=1.e_\n", max_size=30))
def test_canonical_is_idempotent(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(("name", "plain"), [("a", True), ("a_1", True), ("A", False), ("user", False), ("é", False)])
def test_names_that_need_no_quotes(name: str, plain: bool) -> None:
    assert is_plain(name) is plain
    assert (quoted_if_needed(name) == name) is plain


@pytest.mark.parametrize(
    "text",
    ["a > 1", "f(a, (b))", "a <> ';'", '"a;)" > 1', "a -- ;)\n > 1", "/* ;( */ a", "$$;)$$ <> a", "e'\\';)' <> a", ""],
)
def test_texts_that_stay_in_their_place(text: str) -> None:
    assert is_one_piece(text)


@pytest.mark.parametrize(
    "text", ["a; b", "a > 1;", "a) as select (b", "(a", "a)", "a <> ''; b", "'a", "/* a", "e'\\\\'; b", "a -- \n; b"]
)
def test_texts_that_do_not(text: str) -> None:
    assert not is_one_piece(text)
