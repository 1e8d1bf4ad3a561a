"""Statements as D1 takes them: values by position, numbers as words, many rows in one value."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from reconciler.dialects.base import DatabaseError
from reconciler.dialects.sqlite.d1 import limits, spelling
from reconciler.dialects.sqlite.d1.spelling import inserts, positional
from reconciler.dialects.sqlite.d1.wire import Statement, place_of
from reconciler.errors import TargetError


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("SELECT 1 WHERE 'a:b' = \":x\"", None, Statement("SELECT 1 WHERE 'a:b' = \":x\"")),
        ("SELECT :a, ':a', :b, :a", {"a": "x", "b": "y"}, Statement("SELECT ?1, ':a', ?2, ?1", ("x", "y"))),
        ("LIMIT :most", {"most": 5}, Statement("LIMIT 5")),
        ("VALUES (:a, :b, :c, :d)", {"a": None, "b": True, "c": -1.5, "d": ""},
         Statement("VALUES (NULL, 1, -1.5, ?1)", ("",))),
        ("SELECT /* :a */ :a -- :a", {"a": "é"}, Statement("SELECT /* :a */ ?1 -- :a", ("é",))),
        ("SELECT :other, :a", {"a": "x"}, Statement("SELECT :other, ?1", ("x",))),
        ("SELECT : a", {"a": "x"}, Statement("SELECT : a")),
    ],
)  # fmt: skip
def test_names_become_places(sql: str, parameters: dict[str, object] | None, expected: Statement) -> None:
    assert positional(sql, parameters) == expected


def test_rows_arrive_as_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is there once, whatever chunk it went in, and a number is a number."""
    monkeypatch.setattr(spelling, "_CHUNK", 60)
    rows = [(n, f'it\'s "{n}" é', None, n * 2**50) for n in range(20)]
    statements = list(inserts('"t"', ("a", "b", "c", "d"), iter(rows)))
    assert len(statements) > 3
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a, b, c, d)")
        for statement in statements:
            connection.execute(statement.sql, statement.values)
        assert connection.execute("select * from t order by a").fetchall() == rows


def test_no_rows_are_no_statement() -> None:
    assert list(inserts("t", ("a",), [])) == []


def test_a_chunk_is_a_value_that_d1_takes() -> None:
    statements = list(inserts("t", ("a",), [("x" * 300_000,)] * 9))
    assert [len(json.loads(one.values[0])) for one in statements] == [3, 3, 3]
    assert all(len(one.values[0].encode()) < limits.VALUE for one in statements)


def test_a_statement_that_is_too_long_is_not_sent() -> None:
    limits.checked("x" * limits.STATEMENT)
    with pytest.raises(DatabaseError, match="100,001 bytes"):
        limits.checked("x" * (limits.STATEMENT + 1))
    with pytest.raises(DatabaseError, match="200,000 bytes"):
        limits.checked("é" * limits.STATEMENT)


def test_a_place_shows_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "secret")
    monkeypatch.delenv("CLOUDFLARE_API_BASE_URL", raising=False)
    place = place_of("d1://a/b")
    assert place.url == "https://api.cloudflare.com/client/v4/accounts/a/d1/database/b"
    assert "secret" not in repr(place)
    monkeypatch.setenv("CLOUDFLARE_API_BASE_URL", "http://127.0.0.1:1/")
    assert place_of("d1://a/b").url == "http://127.0.0.1:1/accounts/a/d1/database/b"
    with pytest.raises(TargetError, match="no URL of a D1 database"):
        place_of("sqlite:///a.db")
