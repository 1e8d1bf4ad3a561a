"""When work is done again: by `apply`, by `backfill run --due`, or by neither; time passes in the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.plan.policy import Allowance
from reconciler.workflow import backfilling
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.opening import open_request
from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import fresh

CADENCES = {
    "once": "once", "changed": "on_change", "always": "always", "hourly": "{every: 1h}",
    "nightly": '{cron: "0 3 * * *"}',
}  # fmt: skip
TABLE = """\
table: {}
columns: {{id: {{type: bigint, not_null: true}}, body: {{type: text}}}}
primary_key: [id]
"""
WORK = """\
backfill: fill_{name}
cadence: {cadence}
source: {{table: events, key: [id], live_writes: append_only}}
do: {{insert_select: {{into: {name}, columns: {{id: id, body: {body}}}}}}}
idempotency: {{strategy: target_key, key: [id], on_conflict: update}}
verify: [{{name: none_below_zero, zero_rows: select id from {name} where id < 0}}]
"""
EVERYTHING = workflow.Terms(given=(Allowance("*"),))


def _documents(**bodies: str) -> list[str]:
    tables = [TABLE.format(name) for name in ("events", *CADENCES)]
    return tables + [
        WORK.format(name=name, cadence=cadence, body=bodies.get(name, "body")) for name, cadence in CADENCES.items()
    ]


class Clock:
    """What was copied by which work, since each event is copied by those that run after it; and time that passes."""

    def __init__(self, project: Project) -> None:
        self.project, self.target, self.events = project, project.target, 0

    def happens(self) -> None:
        """Let one event happen, which whoever runs from now on copies."""
        self.events += 1
        self.target.execute(f"INSERT INTO events VALUES ({self.events}, 'Body')")

    def ran(self) -> set[str]:
        """Return the work that has copied the last event."""
        return {name for name in CADENCES if self.target.query(f"SELECT 1 FROM {name} WHERE id = {self.events}")}

    def due(self) -> dict[str, str]:
        """Return what a plan and a list say is due, and why; they say the same."""
        fillings = workflow.plan(self.project.request).planned.agenda.fillings
        planned = {one.backfill.ref.name.removeprefix("fill_"): one.why for one in fillings}
        lines = backfilling.backfills(self.project.request).lines
        listed = {one.standing.name.removeprefix("fill_"): one.due for one in lines if one.due in _REASONS}
        assert planned == listed
        return planned

    def ended(self, name: str, ago: timedelta) -> None:
        """Let work have ended so long ago."""
        at = (datetime.now(UTC) - ago).isoformat(timespec="milliseconds")
        prefix = ledger_of(open_request(self.project.request, access="read")).prefix
        self.target.execute(f"UPDATE {prefix}_reconcile_backfill SET finished_at = '{at}' WHERE name = 'fill_{name}'")


_REASONS = ("new", "unfinished", "changed", "overdue", "always")


@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_each_is_done_when_it_is_due_and_not_before(server: str, tmp_path: Path, reconcile: Reconcile) -> None:
    with fresh(server, tmp_path) as target:
        project = Project(tmp_path, target)
        clock = Clock(project)
        _by_apply(project, clock)
        _by_due(project, clock, reconcile)


def _by_apply(project: Project, clock: Clock) -> None:
    project.plan(*_documents())
    assert set(clock.due().values()) == {"new"}
    workflow.apply(project.request, EVERYTHING)
    clock.happens()
    assert (clock.due(), clock.ran()) == ({"always": "always"}, set())
    # What is done with every apply is no reason for one, and is told when it was done.
    assert workflow.plan(project.request).planned.plan.empty
    told = workflow.apply(project.request, EVERYTHING).outcome
    assert told is not None
    assert [one.standing.name for one in told.worked] == ["fill_always"]
    assert clock.ran() == {"always"}
    clock.ended("hourly", timedelta(minutes=59))
    clock.ended("nightly", timedelta(0))
    assert clock.due() == {"always": "always"}
    # Two nights and many hours were missed: each is done once for all of them.
    clock.ended("hourly", timedelta(hours=49))
    clock.ended("nightly", timedelta(hours=49))
    assert clock.due() == {"always": "always", "hourly": "overdue", "nightly": "overdue"}
    done = workflow.apply(project.request, EVERYTHING)
    assert done.outcome is not None
    assert {one.standing.name: one.standing.state for one in done.outcome.worked} == {
        "fill_always": "done", "fill_hourly": "done", "fill_nightly": "done"
    }  # fmt: skip
    assert (clock.due(), clock.ran()) == ({"always": "always"}, {"always", "hourly", "nightly"})
    # Both are defined otherwise now: one is done again from the beginning, of the other it is said (BF109).
    changed = project.plan(*_documents(changed="upper(body)", once="upper(body)"))
    assert {hazard.code for hazard in changed.planned.hazards} == {"BF109"}
    assert clock.due() == {"always": "always", "changed": "changed"}
    workflow.apply(project.request, EVERYTHING)
    assert clock.due() == {"always": "always"}
    assert project.target.query("SELECT count(*), max(body), min(body) FROM changed") == [(1, "BODY", "BODY")]
    assert project.target.query("SELECT count(*) FROM once") == [(0,)]


def _by_due(project: Project, clock: Clock, reconcile: Reconcile) -> None:
    """The same without the schema: from a timer, through the command line."""

    def run(*words: str) -> list[str]:
        done = reconcile("backfill", "run", *words, "-C", str(project.folder), "-e", "here", "--json").ok()
        return [one["name"].removeprefix("fill_") for one in json.loads(done.out)["result"]["backfills"]]

    project.plan(*_documents(changed="lower(body)", once="upper(body)"))
    clock.happens()
    clock.ended("hourly", timedelta(hours=1))
    assert sorted(run("--due")) == ["always", "changed", "hourly"]
    assert clock.ran() == {"always", "changed", "hourly"}
    assert project.target.query("SELECT count(*), max(body), min(body) FROM changed") == [(2, "body", "body")]
    clock.happens()
    clock.ended("nightly", timedelta(hours=25))
    assert sorted(run("--due")) == ["always", "nightly"]
    assert clock.ran() == {"always", "nightly"}
    # Somebody who names it need not wait for its hour; what is done once and for all stays refused.
    assert run("fill_hourly") == ["hourly"]
    assert clock.ran() == {"always", "nightly", "hourly"}
    refused = reconcile("backfill", "run", "fill_once", "-C", str(project.folder), "-e", "here").ok(64)
    assert "generation: 2" in refused.err
    listed = {one.standing.name: one.next_at for one in backfilling.backfills(project.request).lines}
    assert {name for name, at in listed.items() if at} == {"fill_hourly", "fill_nightly"}
    now = datetime.now(UTC)
    assert now < datetime.fromisoformat(listed["fill_hourly"]) <= now + timedelta(hours=1)
    assert now < datetime.fromisoformat(listed["fill_nightly"]) <= now + timedelta(hours=25)
