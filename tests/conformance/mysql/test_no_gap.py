"""A trigger is replaced while somebody writes: no row passes it; killed in the middle, the next run restores it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reconciler import workflow
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.plan.policy import Allowance
from tests.conformance.driver import Project
from tests.target import Target, mysql_connection

TABLES = """table: t
columns: {id: {type: bigint, identity: true, primary_key: true}}
---
table: log
columns: {id: {type: bigint, identity: true, primary_key: true}, kind: {type: int}}
"""
TRIGGER = "trigger: x\ntable: t\ntiming: after\nevents: [insert]\nbody:\n- insert into log (kind) values (1)\n"


@contextmanager
def writing(my: Target) -> Iterator[None]:
    """Add rows one after the other as long as the context is open."""
    over = threading.Event()
    failures: list[Exception] = []

    def write() -> None:
        connection = mysql_connection(my.url)
        try:
            with connection.cursor() as cursor:
                while not over.is_set():
                    cursor.execute("insert into t () values ()")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not failures, failures


def counts(my: Target) -> tuple[int, int]:
    return my.query("select (select count(*) from t), (select count(*) from log)")[0]


def test_no_row_passes_a_trigger_that_is_replaced(project: Project, my: Target) -> None:
    project.apply(TABLES, TRIGGER)
    with writing(my):
        for kind in range(2, 8):
            project.apply(TABLES, TRIGGER.replace("(1)", f"({kind})"))
        project.apply(TABLES, TRIGGER.replace("(1)", "(7)").replace("trigger: x", "trigger: y\nrenamed_from: x"))
    rows, logged = counts(my)
    assert rows == logged > 0
    assert my.query("select max(kind) from log") == [(7,)]


def killed_before_the_second_create(project: Project) -> None:
    """Apply in a process of its own that ends, as by `kill -9`, when it has dropped the trigger."""
    child = os.fork()
    if child == 0:
        whole = MysqlSession.execute
        dropped: list[str] = []

        def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
            if dropped:
                os.kill(os.getpid(), signal.SIGKILL)
            done = whole(self, sql, parameters)
            dropped.extend([sql] if sql.startswith("DROP TRIGGER") else [])
            return done

        MysqlSession.execute = execute  # type: ignore[method-assign, assignment]
        try:
            workflow.apply(project.request, workflow.Terms(given=(Allowance("*"),)))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("more", ["", "---\ntable: another\ncolumns: {id: {type: int, primary_key: true}}\n"])
def test_killed_between_drop_and_create_it_is_restored_first(project: Project, my: Target, more: str) -> None:
    if my.dialect == "mariadb":
        pytest.skip("there a trigger is replaced by one statement")
    project.apply(TABLES, TRIGGER)
    my.execute("insert into t () values ()")
    (project.folder / "spec.yaml").write_text("---\n".join([TABLES, TRIGGER.replace("(1)", "(2)")]) + more)
    killed_before_the_second_create(project)
    assert my.query("show triggers") == []
    steps = workflow.plan(project.request).planned.plan.steps
    assert str(steps[0].subject) == "table.t.trigger.x"
    assert steps[0].action == "create"
    project.apply(TABLES, TRIGGER.replace("(1)", "(2)") + more)
    my.execute("insert into t () values ()")
    assert my.query("select kind from log order by id") == [(1,), (2,)]
    assert "__rc_" not in my.observe()
