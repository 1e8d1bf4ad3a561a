"""`call` runs what the specs declare, with bound values, where there are procedures, and says no elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import ReconcileError, TargetError, UsageError
from reconciler.workflow.calling import call
from tests.target import Target

SPECS = """
table: sessions
columns: {id: {type: int, primary_key: true}, who: {type: varchar(40)}}
---
procedure: forget
only: [postgres, mysql, mariadb]
arguments: {p_who: varchar(40)}
body: [delete from sessions where who = p_who]
---
procedure: count_them
only: [postgres, mysql, mariadb]
language: plpgsql
arguments: {p_least: int, total: {type: int, mode: inout}}
body:
  mysql: BEGIN SELECT total + count(*) INTO total FROM sessions WHERE id >= p_least; END
  postgres: BEGIN total := total + (SELECT count(*) FROM sessions WHERE id >= p_least); END
dialect: {mysql: {language: sql}}
"""
HOSTILE = "a'; drop table sessions; -- %s :a0"

with_procedures = pytest.mark.skipif("target.dialect in ('sqlite', 'd1')")


@pytest.fixture
def request_(target: Target, tmp_path: Path) -> workflow.Request:
    """A project that is applied, with three rows."""
    (tmp_path / "s.yaml").write_text(SPECS.lstrip(), encoding="utf-8")
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: p\nsql: postgres\n"
        f"environments: {{here: {{url: '{target.url}', policy: {{approve: never}}}}}}\n",
        encoding="utf-8",
    )
    request = workflow.Request(directory=tmp_path, environment="here")
    workflow.apply(request)
    rows = ((1, "a"), (2, "b"), (3, HOSTILE.replace("'", "''")))
    for number, who in rows:
        target.execute(f"INSERT INTO sessions (id, who) VALUES ({number}, '{who}')")
    return request


def has_procedures(target: Target) -> bool:
    return target.dialect not in ("sqlite", "d1")


def refused(error: type[ReconcileError], words: str, run: Callable[[], object]) -> ReconcileError:
    with pytest.raises(error) as caught:
        run()
    assert words in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def test_values_are_bound(target: Target, request_: workflow.Request) -> None:
    if not has_procedures(target):
        refused(UsageError, f"{target.dialect} has no procedures", lambda: call(request_, "forget", ["a"]))
        return
    assert call(request_, "forget", [HOSTILE]).results == ()
    assert target.query("SELECT who FROM sessions ORDER BY id") == [("a",), ("b",)]
    call(request_, "forget", [None])
    assert len(target.query("SELECT who FROM sessions")) == 2


def test_what_an_argument_gives_back_is_told(target: Target, request_: workflow.Request) -> None:
    if not has_procedures(target):
        return
    (found,) = call(request_, "count_them", ["2", "10"]).results
    assert found.columns == ("total",)
    assert found.rows == ((12,),)


def test_what_makes_no_sense_is_usage(target: Target, request_: workflow.Request) -> None:
    if not has_procedures(target):
        return
    refused(UsageError, "no procedure 'forgot' is declared", lambda: call(request_, "forgot", []))
    refused(UsageError, "0 given", lambda: call(request_, "forget", []))
    refused(UsageError, "2 given", lambda: call(request_, "forget", ["a", "b"]))


def test_a_procedure_that_is_another_one_is_not_run(target: Target, request_: workflow.Request) -> None:
    if not has_procedures(target):
        return
    path = request_.directory / "s.yaml"
    path.write_text(path.read_text().replace("where who = p_who", "where who = p_who and id > 1"), encoding="utf-8")
    refused(ReconcileError, "is not in the database as the specs declare it", lambda: call(request_, "forget", ["a"]))
    assert len(target.query("SELECT who FROM sessions")) == 3


def test_what_fails_is_told_in_the_databases_words(target: Target, request_: workflow.Request) -> None:
    if not has_procedures(target):
        return
    refused(TargetError, "the database says", lambda: call(request_, "count_them", ["nonsense", "1"]))
