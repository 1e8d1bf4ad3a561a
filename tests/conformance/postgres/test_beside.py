"""A column of a large table is filled beside the place that it takes, while all go on; what dies is finished."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Stage
from tests.conformance.driver import Project
from tests.target import Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
NOTHING = workflow.Terms()
ROWS = 4000
BEFORE = """\
table: t
columns: {id: {type: bigint, not_null: true}, a: {type: int}, b: {type: text}}
primary_key: [id]
"""
WITH_UUID = BEFORE.replace("b: {", "u: {type: uuid, not_null: true, default: {sql: gen_random_uuid()}}, b: {")


@pytest.fixture
def project(postgres: Target, tmp_path: Path) -> Project:
    """Every table is large here."""
    made = Project(tmp_path, postgres)
    file = made.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("approve: never", "approve: never, small_table_rows: 0"))
    return made


def filled(project: Project, target: Target, before: str = BEFORE) -> None:
    target.execute("DROP TABLE IF EXISTS t CASCADE")
    project.apply(before)
    target.execute(f"INSERT INTO t (id, a, b) SELECT n, n % 100, 'x' FROM generate_series(1, {ROWS}) n")


def helpers(target: Target) -> list[tuple[object, ...]]:
    """Return everything that is ours or half made."""
    return target.query(
        "SELECT attname::text FROM pg_attribute WHERE attname LIKE '\\_\\_rc%' AND NOT attisdropped"
        " UNION ALL SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE NOT indisvalid OR relname LIKE '\\_\\_rc\\_________\\_%'"
        " UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated OR conname LIKE '%\\_\\_rc\\_________\\_%'"
        " UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE '\\_\\_rc%'"
        " UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '\\_\\_rc%'"
    )


def apply_strictly(project: Project, *documents: str) -> None:
    """Apply with no consent to anything, and hold that nothing is left."""
    project.plan(*documents)
    workflow.apply(project.request, NOTHING)
    assert workflow.plan(project.request).planned.plan.empty


def killed(project: Project, point: str, hit: int) -> bool:
    """Apply in a process of its own that dies at a point; say whether it did."""
    child = os.fork()
    if child == 0:
        failpoints._POINT = failpoints._Armed(point, "kill", hit)
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == signal.SIGKILL


@contextmanager
def writing(target: Target, write: Callable[[int], str]) -> Iterator[list[int]]:
    """Write all the while; what a write fails with comes up at the end."""
    stopped, written, failed = threading.Event(), list[int](), list[BaseException]()

    def run() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            try:
                target.execute(write(number))
            except Exception as error:
                failed.append(error)
                return
            written.append(number)

    writer = threading.Thread(target=run)
    writer.start()
    try:
        yield written
    finally:
        stopped.set()
        writer.join()
    assert not failed, failed


def test_a_value_for_each_row_is_filled_in(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    planned = project.plan(WITH_UUID).planned
    assert "LK102" not in {hazard.code for hazard in planned.hazards}
    assert [step.stage for step in planned.plan.steps] == [Stage.EXPAND, Stage.FILL, Stage.TIGHTEN]
    apply_strictly(project, WITH_UUID)
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)]
    assert helpers(postgres) == []
    assert postgres.query("SELECT attnotnull FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'u'") == [
        (True,)
    ]


def test_writers_go_on_while_it_is_filled(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    with writing(postgres, lambda n: f"INSERT INTO t (id, a) VALUES ({ROWS + n}, {n})") as written:
        apply_strictly(project, WITH_UUID)
    rows = ROWS + len(written)
    assert len(written) > 5
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(rows, rows)]


DEATHS = (
    ("before_commit", 1), ("after_commit", 1), ("batch_committed", 2), ("between_passes", 1), ("backfill_done", 1),
    ("after_alone", 1), ("before_verify", 2), ("after_commit", 2),
)  # fmt: skip


@pytest.mark.parametrize("part", range(2))
def test_killed_anywhere_the_next_apply_fills_it(project: Project, postgres: Target, part: int) -> None:
    for point, hit in DEATHS[part::2]:
        filled(project, postgres)
        project.plan(WITH_UUID)
        assert killed(project, point, hit), (point, hit)
        apply_strictly(project, WITH_UUID)
        assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)], (point, hit)
        assert helpers(postgres) == [], (point, hit)


@pytest.mark.parametrize(
    "after", [BEFORE, WITH_UUID.replace("gen_random_uuid()", "uuid_in(md5(random()::text)::cstring)")]
)
def test_killed_and_then_wanted_otherwise(project: Project, postgres: Target, after: str) -> None:
    for point, hit in (("after_commit", 1), ("batch_committed", 2), ("after_alone", 1)):
        filled(project, postgres)
        project.plan(WITH_UUID)
        assert killed(project, point, hit), (point, hit)
        apply_strictly(project, after)
        assert helpers(postgres) == [], (point, hit)


def test_a_ledger_that_is_lost_is_no_loss(project: Project, postgres: Target) -> None:
    filled(project, postgres)
    project.plan(WITH_UUID)
    assert killed(project, "batch_committed", 2)
    for (name,) in postgres.query("SELECT relname FROM pg_class WHERE relname LIKE '\\_reconcile%' AND relkind = 'r'"):
        postgres.execute(f"DROP TABLE {name}")
    apply_strictly(project, WITH_UUID)
    assert postgres.query("SELECT count(*), count(DISTINCT u) FROM t") == [(ROWS, ROWS)]
