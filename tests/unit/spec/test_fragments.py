"""Each text of SQL in a spec is one piece: nothing in it closes, ends or swallows what is written around it."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import spec
from reconciler.dialects.postgres.lexer import tokens
from reconciler.errors import SpecError
from reconciler.model.objects import Check, View
from reconciler.model.ref import Ref
from reconciler.model.values import Sql
from reconciler.spec.forms import Form, misfit
from reconciler.spec.fragments import flaw, sealed, words
from tests.unit.spec.lowered import lower

GOOD = [
    ("postgres", "a <> '('"), ("postgres", 'a <> "("'), ("postgres", "a > 0 /* ( */"), ("postgres", "a <> $$($$"),
    ("postgres", "a <> $x$ $$ ; ) $x$"), ("postgres", r"a <> E'it\'s ('"), ("postgres", "a /* /* ; */ ' */ + 1"),
    ("postgres", "a -- (\n > 0"), ("postgres", "a[1] = b[i[2]]"), ("postgres", r"a ~ '\'"), ("postgres", "a$$ > 0"),
    ("sqlite", "[a(b;] > 0"), ("sqlite", "a -> '$.x(' ->> '$.y'"), ("sqlite", "x'00' || `a;`"), ("sqlite", "a - -1"),
    ("sqlite", "(" * 40 + "a" + ")" * 40), ("mysql", r"a <> 'it\'s ('"), ("mysql", "a--1"), ("mysql", "a # (\n + 1"),
]  # fmt: skip
BAD = [
    ("postgres", "int); commit; drop table x; --", "SPEC021", 3), ("postgres", "(a", "SPEC021", 0),
    ("postgres", "a[1)", "SPEC021", 3), ("postgres", "0; drop table x", "SPEC025", 1),
    ("postgres", "0, evil int", "SPEC025", 1), ("postgres", "a > 0 -- x", "SPEC026", 6),
    ("postgres", "'a", "SPEC024", 0),
    ("postgres", r"E'a\'", "SPEC024", 0), ("postgres", "a = $x$ b $$", "SPEC024", 4),
    ("postgres", "a /* /* */ + 1", "SPEC024", 2), ("postgres", "/*/*/*", "SPEC024", 0),
    ("postgres", "a -- \r)", "SPEC021", 6), ("postgres", "1$$ ' $$ ); drop table x; -- '", "SPEC021", 9),
    ("sqlite", "[a", "SPEC021", 0),
    ("sqlite", "$x(')", "SPEC025", 0), ("sqlite", "a /* b", "SPEC024", 2), ("sqlite", "a\0", "SPEC025", 1),
    ("mysql", "a --", "SPEC026", 2), ("mysql", "a # b", "SPEC026", 2), ("mysql", "/*!50000 ) */ 1", "SPEC025", 0),
    ("mysql", r"'a\'", "SPEC024", 0), ("sqlite", "(" * 41 + "a" + ")" * 41, "SPEC029", 40),
    ("postgres", "f(" * 500 + "a" + ")" * 500, "SPEC029", 81),
]  # fmt: skip


@pytest.mark.parametrize(("family", "text"), GOOD)
def test_one_piece(family: str, text: str) -> None:
    assert flaw(text, family) is None


@pytest.mark.parametrize(("family", "text", "code", "offset"), BAD)
def test_more_than_one_piece(family: str, text: str, code: str, offset: int) -> None:
    found = flaw(text, family)
    assert found is not None
    assert (found.code, found.offset) == (code, offset)


PIECES = [
    "a", "1", " ", "\n", "\r", "'", '"', "`", "[", "]", "(", ")", ";", ",", "--", "/*", "*/", "$", "$$", "$x$", "\\",
    "#", ":x", "@", "E'", "x'", "''", "/", "*", "-", "+", "drop table victim", "\u00a0", "é", "?", "$x(",
]  # fmt: skip
ANY = st.lists(st.sampled_from(PIECES), max_size=12).map("".join).map(str.strip)


@settings(max_examples=1000, deadline=None)
@given(ANY)
def test_sqlite_reads_no_second_statement_in_one_piece(text: str) -> None:
    if flaw(text, "sqlite") is not None:
        return
    with sqlite3.connect(":memory:") as database:
        database.execute("create table victim (a)")
        try:
            database.executescript(f"create table t (a, z, check ({text})); create table last (a);")
            assert [row[1] for row in database.execute("pragma table_info(t)")] == ["a", "z"]
        except sqlite3.Error:
            pass
        names = {name for (name,) in database.execute("select name from sqlite_schema")}
        assert names in ({"victim"}, {"victim", "t", "last"})
    database.close()


@settings(max_examples=1000, deadline=None)
@given(ANY)
def test_another_reader_of_postgres_agrees(text: str) -> None:
    # What that reader, which is fed by a server, need not know: other line ends and blanks, letters behind a number.
    if flaw(text, "postgres") is not None or re.search(r"[\r\u00a0]|1[^\W\d]", text):
        return
    depth, signs = 0, [token.text for token in tokens(f"({text}) ;") if token.says("(", ")", ";")]
    for number, sign in enumerate(signs):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        assert (depth == 0) == (number >= len(signs) - 2)
    assert signs.count(";") == 1


def test_parentheses_in_strings_do_not_count() -> None:
    for sql in ("a <> '('", 'a <> "("', "a > 0 /* ( */", "a <> $$($$"):
        desired = lower("table: t\ncolumns: {a: {type: int}}\nchecks:\n  c: |\n    " + sql + "\n")
        assert desired.model.get_as(Ref.parse("table.t.check.c"), Check).expression.text == sql


def test_the_semicolon_that_ends_a_query_goes() -> None:
    view = lower("view: v\nquery: |\n  select 1, ';';\n").model.get_as(Ref.root("view", "v"), View)
    assert view.query == Sql("select 1, ';'")


EVIL = "int); commit; drop table x; --"
PLACES = {
    "default": "columns: {a: {type: int, default: {sql: EVIL}}}",
    "default by dialect": "columns: {a: {type: int, default: {sql: {postgres: EVIL}}}}",
    "another dialect's": "columns: {a: {type: int, default: {sql: {postgres: '1', mysql: EVIL}}}}",
    "generated": "columns: {a: {type: int, generated: {sql: EVIL}}}",
    "native": "columns: {a: {native: EVIL}}",
    "native of a dialect": "columns: {a: {type: int, dialect: {postgres: {native: EVIL}}}}",
    "collation": "columns: {a: {type: text, collation: EVIL}}",
    "collation of a dialect": "columns: {a: {type: text, collation: {postgres: EVIL}}}",
    "check": "columns: {a: {type: int}}\nchecks: {c: EVIL}",
    "index expression": "columns: {a: {type: int}}\nindexes: {i: [{sql: EVIL}]}",
    "index condition": "columns: {a: {type: int}}\nindexes: {i: {columns: [a], where: EVIL}}",
    "method": "columns: {a: {type: int}}\nindexes: {i: {columns: [a], method: EVIL}}",
    "operator class": "columns: {a: {type: int}}\nindexes: {i: [{column: a, opclass: EVIL}]}",
    "index collation": "columns: {a: {type: int}}\nindexes: {i: [{column: a, collation: EVIL}]}",
}


@pytest.mark.parametrize("place", PLACES)
def test_no_place_takes_it(place: str) -> None:
    line = PLACES[place].replace("EVIL", f'"{EVIL}"')
    with pytest.raises(SpecError) as caught:
        lower(f"table: t\n{line}\n")
    (problem,) = caught.value.problems()
    assert problem.code in ("SPEC021", "SPEC027")
    assert problem.position is not None


def test_a_variable_brings_nothing_in() -> None:
    with pytest.raises(SpecError) as caught:
        lower('table: t\ncolumns: {a: {type: int, default: {sql: "${var.x}"}}}\n', variables={"x": "1); drop table y"})
    assert caught.value.code == "SPEC021"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.NATIVE, "int unsigned"), (Form.NATIVE, "numeric(10, -2)"), (Form.NATIVE, "enum('a;', 'it''s')"),
        (Form.NATIVE, '"My Type"[]'), (Form.NATIVE, "timestamp(6) with time zone"), (Form.NATIVE, ""),
        (Form.COLLATION, "und-x-icu"), (Form.COLLATION, "C.UTF-8"), (Form.COLLATION, "de_DE@euro"),
        (Form.OPCLASS, "gist_trgm_ops(siglen=32)"), (Form.OPCLASS, 'app."My Ops"'), (Form.METHOD, "gin"),
    ],
)  # fmt: skip
def test_own_words(form: Form, text: str) -> None:
    assert misfit(text, form, "postgres") is None


@pytest.mark.parametrize(
    ("form", "text", "offset"),
    [
        (Form.NATIVE, "int, evil int", 3), (Form.NATIVE, "int -- x", 4), (Form.NATIVE, "int default (1", 12),
        (Form.NATIVE, "'a", 0), (Form.NATIVE, "int; x", 3), (Form.COLLATION, 'C" x', 1), (Form.COLLATION, "", None),
        (Form.OPCLASS, "a b", 1), (Form.OPCLASS, "a(')", 2), (Form.METHOD, "a.b", 1),
    ],
)  # fmt: skip
def test_not_own_words(form: Form, text: str, offset: int | None) -> None:
    found = misfit(text, form, "postgres")
    assert (found.offset if found else None) == offset


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a -- b */ c", "a /* b * / c */"), ("a /* b", "a /* b */"), ("a -- b\n+ c", "a -- b\n+ c"), ("'a", "'a")],
)
def test_comments_at_the_end_are_given_one(text: str, expected: str) -> None:
    assert sealed(text, "sqlite") == expected


def test_a_live_view_that_ends_in_a_comment_can_be_imported(tmp_path: Path) -> None:
    view = lower("view: v\nquery: select 1\n").model.get_as(Ref.root("view", "v"), View)
    live = type(view)(ref=view.ref, query=Sql("select 1 -- one", "sqlite"))
    spec.write(type(lower("view: v\nquery: select 1\n").model)([live]), tmp_path, dialect="sqlite", project_name="x",
               url="sqlite:///x.db")  # fmt: skip
    project = spec.read_project(tmp_path)
    found = spec.lower(spec.load(project), dialect="sqlite", fallback=("sqlite",), sql="sqlite", variables={})
    assert found.model.get_as(view.ref, View).query.text == "select 1 /* one */"


def test_words() -> None:
    text = "a.b + \"c d\" || 'x y' -- z\n /* q */ * `e` - f1"
    assert words(text) == {"a", "b", "c d", "e", "f1"}


def test_a_long_text_takes_no_long_time() -> None:
    begun = time.process_time()
    for text in ("(" * 200_000, "'" * 200_001, "/*" * 100_000, "a -" * 100_000 + "1", "$a$" + "$b$" * 100_000):
        for family in ("sqlite", "postgres", "mysql"):
            flaw(text, family)
    assert time.process_time() - begun < 10
