"""A large table is changed while everybody goes on: nobody waits for its rows, and what dies half-way is finished."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from reconciler import ReconcileError, Refused, workflow
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Transaction
from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.scripting import psql, run_script
from tests.target import Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
ROWS = 3000
PARENT = "table: p\ncolumns: {id: {type: bigint, not_null: true}}\nprimary_key: [id]\n"
COLUMNS = (
    "table: t\ncolumns: {id: {type: bigint, not_null: true}, a: {type: int}, b: {type: text}, p: {type: bigint}}\n"
)
BEFORE = COLUMNS + "indexes: {again: {columns: [b]}, gone: {columns: [a, b]}}\n"
AFTER = (
    COLUMNS.replace("a: {type: int}", "a: {type: int, not_null: true}")
    + """\
primary_key: [id]
indexes: {fresh: {columns: [a]}, again: {columns: [b, a]}}
unique: {t_a_id_key: [a, id]}
checks: {positive: a >= 0}
foreign_keys: {t_p_fkey: {columns: [p], references: p.id}}
"""
)
# What is written as it is done outside of any transaction.
ALONE = {
    'CREATE INDEX CONCURRENTLY "fresh"',
    'CREATE INDEX CONCURRENTLY "again"',
    "DROP INDEX CONCURRENTLY IF EXISTS",
    'CREATE UNIQUE INDEX CONCURRENTLY "__rc_',
    'ALTER TABLE "t" VALIDATE CONSTRAINT',
}


@pytest.fixture
def project(postgres: Target, tmp_path: pytest.TempPathFactory) -> Project:
    """Every table is large here."""
    made = Project(tmp_path, postgres)  # type: ignore[arg-type]
    file = made.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("approve: never", f"approve: never, small_table_rows: {ROWS}"))
    return made


def filled(project: Project, target: Target) -> None:
    project.apply(PARENT, BEFORE)
    target.execute(
        f"INSERT INTO p SELECT n FROM generate_series(1, 9) n;"
        f"INSERT INTO t SELECT n, n % 100, 'x', n % 9 + 1 FROM generate_series(1, {ROWS}) n; ANALYZE t"
    )


def invalid(target: Target) -> list[tuple[object, ...]]:
    """Return what is half made: indexes that are not valid, constraints that are not, helpers of ours."""
    return target.query(
        "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE NOT indisvalid OR relname LIKE '\\_\\_rc%'"
        " UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated OR conname LIKE '\\_\\_rc%'"
    )


def test_no_rows_are_read_in_a_transaction(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    planned = project.plan(PARENT, AFTER).planned
    assert "LK102" not in {hazard.code for hazard in planned.hazards}
    statements = [one for step in planned.plan.steps for one in step.statements]
    alone = [one.sql for one in statements if one.transaction is Transaction.ALONE]
    assert all(any(sql.startswith(words) for sql in alone) for words in ALONE), alone
    inside = [one.sql for one in statements if one.transaction is not Transaction.ALONE]
    assert not [sql for sql in inside if sql.startswith("CREATE") or "ADD" in sql.split("NOT VALID")[0] not in sql]
    project.apply(PARENT, AFTER)
    assert invalid(postgres) == []


def test_a_small_one_is_changed_at_once(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    file = project.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace(f"rows: {ROWS}", "rows: 1000000"))
    steps = project.plan(PARENT, AFTER).planned.plan.steps
    assert not any(step.alone for step in steps)


def test_what_keeps_everybody_waiting_wants_consent(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    wider = BEFORE.replace("p: {type: bigint}", "p: {type: int}")
    stamped = BEFORE.replace("b: {type: text}", "b: {type: text}, u: {type: uuid, default: {sql: gen_random_uuid()}}")
    dated = BEFORE.replace("b: {type: text}", "b: {type: text}, u: {type: timestamptz, default: {sql: now()}}")
    found = [project.hazards(PARENT, spec) for spec in (wider, stamped, dated)]
    assert ["LK102" in codes for codes in found] == [True, True, False]
    project.plan(PARENT, stamped)
    with pytest.raises(Refused, match=r"LK102 at table\.t\.column\.u"):
        workflow.apply(project.request)


DEATHS = [
    *((("before_alone", "after_alone")[hit % 2], hit) for hit in range(1, 10)),
    ("before_undo", 1), ("after_begin", 2), ("before_commit", 3), ("after_commit", 2), ("before_verify", 1),
]  # fmt: skip


@pytest.mark.parametrize("part", [0, 1])
def test_killed_anywhere_the_next_apply_finishes(project: Project, postgres: Target, part: int) -> None:
    for point, hit in DEATHS[part::2]:
        postgres.execute("DROP TABLE IF EXISTS t, p")
        filled(project, postgres)
        project.plan(PARENT, AFTER)
        killed(project, point, hit)
        project.apply(PARENT, AFTER)
        assert invalid(postgres) == [], (point, hit)
        assert postgres.query("SELECT count(*), sum(a) FROM t") == [(ROWS, ROWS // 100 * 4950)]


def killed(project: Project, point: str, hit: int) -> None:
    """Apply in a process of its own that dies at a point, or comes to its end where it does not pass it so often."""
    child = os.fork()
    if child == 0:
        failpoints._POINT = failpoints._Armed(point, "kill", hit)
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)


def test_killed_and_then_wanted_otherwise(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    for hit in (2, 4, 6):
        project.plan(PARENT, AFTER)
        killed(project, "after_alone", hit)
        project.apply(PARENT, BEFORE)
        assert invalid(postgres) == []


def test_what_the_rows_refuse_leaves_nothing_half_made(
    project: Project, postgres: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody adds a row between the plan's look and the index."""
    filled(project, postgres)
    unique = BEFORE + "unique: {t_id_key: [id]}\n"
    project.plan(PARENT, unique)

    def twice(name: str, session: object = None) -> None:
        if name == "before_alone":
            postgres.execute("INSERT INTO t SELECT 1, 1, 'x', 1 WHERE (SELECT count(*) FROM t WHERE id = 1) < 2")

    monkeypatch.setattr("reconciler.execute.alone.reach", twice)
    with pytest.raises(ReconcileError, match="could not create unique index"):
        workflow.apply(project.request, EVERYTHING)
    assert invalid(postgres) == []
    assert "MF101" in project.hazards(PARENT, unique)


def test_nobody_waits_meanwhile(project: Project, postgres: Target) -> None:
    """Somebody's old transaction keeps an index from coming to its end; whoever reads and writes goes on."""
    filled(project, postgres)
    project.plan(PARENT, BEFORE + "primary_key: [id]\n")
    held = threading.Event()
    slow = threading.Thread(target=lambda: postgres.query("SELECT pg_sleep(1.5), count(*) FROM t"))
    slow.start()

    def applied() -> None:
        workflow.apply(project.request, EVERYTHING)
        held.set()

    done = threading.Thread(target=applied)
    time.sleep(0.2)
    done.start()
    written = 0
    while not held.is_set() and done.is_alive():
        postgres.execute(f"INSERT INTO t VALUES ({ROWS + written + 1}, 1, 'y', 1)")
        postgres.query("SELECT count(*) FROM t WHERE a = 1")
        written += 1
    done.join()
    slow.join()
    assert held.is_set()
    assert written > 10
    assert postgres.query("SELECT count(*) FROM t") == [(ROWS + written,)]


def test_a_script_does_the_same_and_twice_nothing(project: Project, postgres: Target, reconcile: Reconcile) -> None:
    filled(project, postgres)
    project.plan(PARENT, AFTER)
    text = reconcile("plan", "-o", "sql", cwd=project.folder).out
    assert text.count(" \\gexec") == 11
    for said in ("", "done already"):
        done = run_script(postgres, text)
        assert done.code == 0, done.err
        assert "the database matches plan" in done.out
        assert said in done.err
        assert invalid(postgres) == []
        assert workflow.plan(project.request).planned.plan.empty


def test_a_script_goes_no_further_than_what_the_rows_refuse(
    project: Project, postgres: Target, reconcile: Reconcile
) -> None:
    """psql by itself goes on after an error."""
    filled(project, postgres)
    project.plan(PARENT, BEFORE + "unique: {t_id_key: [id]}\n")
    text = reconcile("plan", "-o", "sql", cwd=project.folder).out
    postgres.execute("INSERT INTO t VALUES (1, 1, 'x', 1)")
    done = psql(postgres, text)
    assert "the database does not match plan" in done.out
    assert "MF101 at table.t.unique.t_id_key" in done.err
    assert invalid(postgres) == []


def test_an_index_that_goes_by_itself_keeps_nobody_waiting(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    planned = project.plan(PARENT, BEFORE.replace(", gone: {columns: [a, b]}", "")).planned
    assert [one.sql for one in planned.plan.statements] == ['DROP INDEX CONCURRENTLY IF EXISTS "gone"']
    workflow.apply(project.request, EVERYTHING)
    assert workflow.plan(project.request).planned.plan.empty
