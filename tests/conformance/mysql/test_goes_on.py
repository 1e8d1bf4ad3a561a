"""A statement goes on in the server when its client is dead: the next run waits for it, and does what is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import workflow
from tests import warm
from tests.conformance.driver import Project
from tests.process import Reconcile, surroundings
from tests.target import Target, mysql_connection

BEFORE = "table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: int}}\n"
AFTER = BEFORE.replace("a: {type: int}", "a: {type: int}, b: {type: int}, c: {type: varchar(9)}")
_AT_WORK = "select info from information_schema.processlist where info like 'alter table%' and db = database()"


def awaited(happened: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is true; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_next_run_waits_and_finishes(project: Project, my: Target, reconcile: Reconcile, tmp_path: Path) -> None:
    project.apply(BEFORE)
    my.execute("insert into t values (1, 1)")
    (project.folder / "spec.yaml").write_text(AFTER)
    reader = mysql_connection(my.url)
    try:
        with reader.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select * from t")  # an ALTER waits until this transaction ends
        first = warm.start(["apply", "-C", str(project.folder)], cwd=tmp_path, environ=surroundings({}))
        awaited(lambda: my.query(_AT_WORK))
        first.kill()
        assert first.result().code == -9
        assert my.query(_AT_WORK), "the server goes on without its client"
        second = warm.start(["apply", "-C", str(project.folder)], cwd=tmp_path, environ=surroundings({}))
        with pytest.raises(TimeoutError):
            second.result(timeout=1)
    finally:
        reader.close()
    done = second.result()
    assert done.code == 0, done
    assert workflow.plan(project.request).planned.plan.empty
    assert my.query("select * from t") == [(1, 1, None, None)]
