"""Answers that do not arrive, and locks that go to somebody else: nothing is done twice, and nothing by two at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler import ApplyFailed, LockTaken, PartlyApplied, workflow
from reconciler.dialects.sqlite.d1 import wire
from tests.conformance.d1.proxy import Fault, between
from tests.conformance.d1.test_closure import EVERYTHING, request_for
from tests.target import Target

pytestmark = pytest.mark.live("d1")

BEFORE = "table: t\ncolumns: {id: {type: bigint, identity: true}, n: {type: int}}\nprimary_key: [id]\n"
AFTER = (
    BEFORE.replace("n: {type: int}", "n: {type: int, not_null: true}, m: {type: text}") + "indexes: {t_n_idx: [n]}\n"
)


class Line:
    """A way to the server on which each request of one sort meets the next of these faults."""

    def __init__(self, mark: bytes, *faults: Fault) -> None:
        self.mark, self.faults, self.met = mark, list(faults), 0

    def __call__(self, body: bytes) -> Fault | None:
        if self.mark not in body or not self.faults:
            return None
        self.met += 1
        return self.faults.pop(0)


@pytest.fixture
def project(d1: Target, tmp_path: Path) -> workflow.Request:
    """A project that was applied once, with rows, and wants a rebuild."""
    request = request_for(tmp_path, d1.url, BEFORE)
    workflow.apply(request, EVERYTHING)
    d1.execute("insert into t (n) values (1), (2), (3)")
    (tmp_path / "spec.yaml").write_text(AFTER)
    return request


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between two sends."""
    monkeypatch.setattr(wire, "_PAUSE", 0.01)


def over(line: Line, request: workflow.Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply over an unreliable line."""
    with between(os.environ["CLOUDFLARE_API_BASE_URL"], line) as base, monkeypatch.context() as patch:
        patch.setenv("CLOUDFLARE_API_BASE_URL", base)
        workflow.apply(request, EVERYTHING)


def assert_done_once(d1: Target, request: workflow.Request) -> None:
    assert d1.query("select id, n, m from t order by id") == [(1, 1, None), (2, 2, None), (3, 3, None)]
    assert d1.query("select state, count(*) from _reconcile_run group by state") == [("done", 2)]
    assert d1.query("select count(*), count(distinct run_id) from _reconcile_step") == [(2, 2)]
    assert d1.query("select count(*) from _reconcile_lock") == [(0,)]
    assert workflow.plan(request).planned.plan.empty


# What a request is told by: the batch of the plan itself; the run's first line, a query, the lock's own statements.
PLAN = b"RENAME TO"
OTHERS = (b"INSERT INTO _reconcile_run", b"UPDATE _reconcile_run", b"pragma_table_xinfo", b"ON CONFLICT (name)")
CASES = [
    (PLAN, [Fault.LOST]), (PLAN, [Fault.LATE, Fault.LOST]), (PLAN, [Fault.BUSY]),
    (PLAN, [Fault.DOWN, Fault.LOST, Fault.BUSY]), *((mark, [Fault.LATE, Fault.BUSY, Fault.LOST]) for mark in OTHERS),
]  # fmt: skip


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("mark", "faults"), CASES)
def test_a_lost_answer_changes_nothing_twice(
    d1: Target, project: workflow.Request, mark: bytes, faults: list[Fault], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept and is sent again is refused by the database, and known to be kept."""
    line = Line(mark, *faults)
    over(line, project, monkeypatch)
    assert line.met == len(faults)
    assert_done_once(d1, project)


@pytest.mark.usefixtures("quick")
def test_without_the_fence_a_resent_batch_would_count_twice(d1: Target, project: workflow.Request) -> None:
    """The line itself loses answers of what was done: one who sends again without a fence does it twice."""
    with between(os.environ["CLOUDFLARE_API_BASE_URL"], Line(b"values (4)", Fault.LOST)) as base:
        naked = wire.Wire(wire.Place("tests", d1.url.rpartition("/")[2], base, "x"))
        naked.batch([wire.Statement("insert into t (n) values (4)")])
        naked.close()
    assert d1.query("select count(*) from t where n = 4") == [(2,)]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE, Fault.DOWN])
def test_a_line_that_stays_dead_leaves_it_open_what_was_kept(
    d1: Target, project: workflow.Request, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6, in words that are true; the next apply finds out and finishes."""
    with pytest.raises(PartlyApplied, match="not known") as info:
        over(Line(b"RENAME TO", *[fault] * 50), project, monkeypatch)
    assert info.value.exit_code == 6
    kept = d1.query("select 1 from pragma_table_info('t') where name = 'm'") != []
    assert kept == (fault is not Fault.DOWN)
    states = d1.query("select state from _reconcile_run order by started_at")
    assert states == [("done",), ("done",) if kept else ("running",)]
    workflow.apply(project, EVERYTHING)
    assert d1.query("select id, n, m from t order by id") == [(1, 1, None), (2, 2, None), (3, 3, None)]
    assert workflow.plan(project).planned.plan.empty
    assert d1.query("select count(*) from _reconcile_run where state = 'running'") == [(0,)]


def test_who_lost_the_lock_writes_nothing_more(d1: Target, project: workflow.Request) -> None:
    """A run that slept so long that another one took over wakes up, and the database refuses what it sends."""
    before = d1.observe()

    def stolen(_position: int, _step: object) -> None:
        d1.execute("update _reconcile_lock set owner = 'somebody else', turn = 7")

    with pytest.raises(ApplyFailed, match="another run has taken the lock over"):
        workflow.apply(project, EVERYTHING, progress=workflow.Progress(started=stolen))
    assert d1.observe() == before
    assert d1.query("select owner from _reconcile_lock") == [("somebody else",)]


def test_a_lock_whose_holder_died_elsewhere_ends_by_the_clock_of_the_database(
    d1: Target, project: workflow.Request
) -> None:
    """It is waited for, and the message says who it is and how long; once its time has run out it is nobody's."""
    d1.execute(
        "insert into _reconcile_lock values ('apply', 'x', 'process 1 on elsewhere', 'm', 1, unixepoch() + 9000, 0)"
    )
    with pytest.raises(LockTaken, match="process 1 on elsewhere holds the lock") as info:
        workflow.apply(workflow.Request(directory=project.directory, environment="here", lock_timeout=0.2), EVERYTHING)
    assert "seconds" in info.value.hint
    assert d1.query("select n from t where n is null") == []
    d1.execute("update _reconcile_lock set until = unixepoch() - 1")
    workflow.apply(project, EVERYTHING)
    assert_done_once(d1, project)


def test_a_change_of_the_schema_in_between_is_seen_by_the_batch_itself(d1: Target, project: workflow.Request) -> None:
    """Somebody adds a column after we looked for the last time: the copy of the rows would lose it."""

    def meddle(_position: int, _step: object) -> None:
        if not d1.query("select 1 from pragma_table_info('t') where name = 'by_hand'"):
            d1.execute("alter table t add column by_hand text default 'kept'")

    with pytest.raises(Exception, match="schema was changed"):
        workflow.apply(project, EVERYTHING, progress=workflow.Progress(started=meddle))
    assert d1.query("select by_hand from t") == [("kept",)] * 3
    workflow.apply(project, EVERYTHING)
    assert d1.query("select by_hand from t") == [("kept",)] * 3
