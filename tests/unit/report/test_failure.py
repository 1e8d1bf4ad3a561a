"""Errors as text: every problem, every line, no password."""

from __future__ import annotations

import pytest

from reconciler.errors import ApplyFailed, NotConverged, Position, Problem, SpecError, TargetError
from reconciler.report.failure import failure_text
from reconciler.report.scrub import scrubbed


@pytest.mark.parametrize("text", [
    "postgresql://me:secret@db/shop",
    "postgresql+psycopg://me:secret@db:5432/shop?sslmode=require",
    "mysql://:secret@host",
    "postgres://me:p@secret@host/db",
    'connection to "host=db user=me password=secret dbname=x" failed',
    "PASSWORD = 'my secret'",
    "?user=me&password=secret&x=1",
])  # fmt: skip
def test_a_password_is_not_shown(text: str) -> None:
    assert "secret" not in scrubbed(text)


@pytest.mark.parametrize("text", [
    "sqlite:///shop.db", "postgresql://me@db:5432/shop", "https://example.org:8080/a", "no URL here", "a@b.example",
    "see https://example.org: mail me@example.org",
])  # fmt: skip
def test_what_is_no_password_stays(text: str) -> None:
    assert scrubbed(text) == text


def test_every_problem_is_told() -> None:
    error = SpecError([Problem(code="SPEC006", message="one"), Problem(code="SPEC007", message="two", hint="do it")])
    assert failure_text(error) == "error[SPEC006]: one\n\nerror[SPEC007]: two\n = help: do it\n"


def test_a_failed_statement_keeps_its_lines() -> None:
    message = "step 2 (create table.a): no such column\n    CREATE TABLE a (\n      b int\n    ); nothing was changed"
    lines = failure_text(ApplyFailed(message)).splitlines()
    assert lines[0] == "error[RUN020]: step 2 (create table.a): no such column"
    assert [line.strip() for line in lines[1:4]] == ["CREATE TABLE a (", "b int", "); nothing was changed"]


def test_what_still_differs_is_listed() -> None:
    text = failure_text(NotConverged("not converged", differences=[f"table.t{n} is missing" for n in range(25)]))
    assert text.count("differs: ") == 20
    assert "and 5 more" in text


def test_nothing_from_a_server_moves_the_cursor() -> None:
    text = failure_text(TargetError("the database says: \x1b[2J\nDETAIL: \x07", hint="\x9b"))
    assert not {"\x1b", "\x07", "\x9b"} & set(text)


def test_a_hundred_problems_are_counted_and_twenty_told() -> None:
    places = [Position(f"t{number % 12}.yaml", number + 1, 1) for number in range(100)]
    error = SpecError([Problem(code="SPEC011", message=f"no. {n}", position=place) for n, place in enumerate(places)])
    text = failure_text(error)
    assert text.count("error[SPEC011]") == 20
    assert text.endswith("\n100 problems in 12 files; 80 of them not shown, -v shows all\n")
    everything = failure_text(error, 1)
    assert everything.count("error[SPEC011]") == 100
    assert everything.endswith("\n100 problems in 12 files\n")
