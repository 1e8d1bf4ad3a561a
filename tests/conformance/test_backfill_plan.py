"""A backfill in a plan: before it, itself, and what waits for it, on every database, whatever goes wrong in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import PartlyApplied, PlanError, UsageError
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Stage
from reconciler.workflow import backfilling
from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import Target

BEFORE = """\
table: users
columns: {id: {type: bigint, not_null: true}, email: {type: text}, legacy: {type: int}}
primary_key: [id]
"""
AFTER = """\
table: users
columns:
  id: {type: bigint, not_null: true}
  email: {type: text}
  email_norm: {type: text, not_null: true, backfill: users_norm}
primary_key: [id]
removed: {column.legacy: {reason: nobody reads it}}
"""
FILL = """\
backfill: users_norm
blocks: [table.users.column.legacy.drop]
source: {table: users, key: [id], live_writes: append_only}
do: {update: {set: {email_norm: lower(email)}, where: legacy = 1}}
idempotency: {strategy: converge}
verify: [{name: none_left, zero_rows: select id from users where email_norm is null}]
"""


def columns(project: Project) -> dict[str, bool]:
    """Return which columns of the table are never null, as a look at the database finds it."""
    live = workflow.plan(project.request).planned.comparison.live
    return {ref.name: bool(getattr(obj, "not_null")) for ref, obj in live.items() if ref.kind == "column"}  # noqa: B009


def test_a_column_is_added_filled_and_tightened(target: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, target)
    project.apply(BEFORE)
    target.execute("INSERT INTO users (id, email, legacy) VALUES (1, 'A@x', 1), (2, 'B@x', 1), (3, 'C@x', 0)")
    review = project.plan(AFTER, FILL)
    stages = [(step.stage, str(step.subject)) for step in review.planned.plan.steps]
    assert stages[:2] == [
        (Stage.EXPAND, "table.users.column.email_norm"),
        (Stage.FILL, "backfill.users_norm"),
    ]
    assert {stage for stage, _ in stages[2:]} == {Stage.TIGHTEN}
    assert "DS103" in {hazard.code for hazard in review.planned.hazards}  # asked before anything runs
    (filling,) = review.planned.agenda.fillings
    assert (filling.why, filling.estimate is None or filling.estimate >= 0) == ("new", True)

    everything = workflow.Terms(given=(Allowance("*"),))
    with pytest.raises(PartlyApplied, match="verify_failed"):
        workflow.apply(project.request, everything)
    assert columns(project) == {"id": True, "email": False, "legacy": False, "email_norm": False}
    assert target.query("SELECT email_norm FROM users ORDER BY id") == [("a@x",), ("b@x",), (None,)]

    target.execute("UPDATE users SET legacy = 1")
    done = workflow.apply(project.request, everything)
    assert done.outcome is not None
    (worked,) = done.outcome.worked
    assert (worked.standing.state, [one.status for one in worked.verified]) == ("done", ["pass"])
    assert columns(project) == {"id": True, "email": False, "email_norm": True}
    assert target.query("SELECT email_norm FROM users ORDER BY id") == [("a@x",), ("b@x",), ("c@x",)]
    assert workflow.plan(project.request).planned.plan.empty
    assert workflow.apply(project.request).outcome is None

    # What was done and is defined otherwise now is said, and not done again.
    changed = project.plan(AFTER, FILL.replace("lower(email)", "upper(email)"))
    assert ({hazard.code for hazard in changed.planned.hazards}, changed.planned.plan.empty) == ({"BF109"}, True)
    again = project.plan(AFTER, "generation: 2\n" + FILL)
    assert [step.stage for step in again.planned.plan.steps] == [Stage.FILL]


def test_what_is_paused_waits_and_goes_on(target: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, target)
    project.apply(BEFORE)
    target.execute("INSERT INTO users (id, email, legacy) VALUES (1, 'A@x', 0), (2, 'B@x', 1)")
    project.plan(AFTER, FILL)
    everything = workflow.Terms(given=(Allowance("*"),))
    with pytest.raises(PartlyApplied):
        workflow.apply(project.request, everything)
    assert backfilling.want(project.request, "users_norm", "pause").lines[0].standing.wanted == "pause"
    target.execute("UPDATE users SET legacy = 1")
    with pytest.raises(PartlyApplied, match="paused"):
        workflow.apply(project.request, everything)
    assert columns(project)["email_norm"] is False
    backfilling.want(project.request, "users_norm", "run")
    run = backfilling.run(project.request, ["users_norm"])
    assert [one.standing.state for one in run.worked] == ["done"]
    assert columns(project) == {"id": True, "email": False, "legacy": False, "email_norm": False}
    plan = workflow.plan(project.request).planned.plan
    assert plan.steps
    assert {step.stage for step in plan.steps} == {Stage.EXPAND}
    workflow.apply(project.request, everything)
    assert columns(project) == {"id": True, "email": False, "email_norm": True}


def test_one_that_fails_holds_up_what_requires_it_and_nothing_else(
    sqlite: Target, tmp_path: Path, reconcile: Reconcile
) -> None:
    """Through the command line, whose progress must bear that a step in the middle was never begun."""
    project = Project(tmp_path, sqlite)
    project.apply(BEFORE)
    sqlite.execute("INSERT INTO users (id, email, legacy) VALUES (1, 'A@x', 0), (2, 'B@x', 1)")
    third = FILL.replace("users_norm", "users_seen").replace("email_norm", "seen").replace(" where: legacy = 1", "")
    third = third.replace("lower(email)", "legacy + 1").replace(",}", "}")
    second = FILL.replace("users_norm", "users_next").replace("blocks", "requires: [backfill.users_norm]\nblocks")
    seen = AFTER.replace("primary_key", "  seen: {type: int, not_null: true, backfill: users_seen}\nprimary_key")
    project.plan(seen, FILL, second, third)
    words = ("apply", "-C", str(project.folder), "--allow", "*")
    failed = reconcile(*words, "--json").ok(6)
    assert "users_norm is not done (verify_failed" in failed.out
    assert "users_next is not done (waits for another one)" in failed.out
    assert "users_seen" not in failed.out.partition("diagnostics")[2]
    with pytest.raises(UsageError, match=r"backfill\.users_next requires backfill\.users_norm, which is not done"):
        backfilling.run(project.request, ["users_next"])
    assert columns(project)["seen"] is True
    assert columns(project)["email_norm"] is False
    sqlite.execute("UPDATE users SET legacy = 1")
    reconcile(*words).ok()
    assert workflow.plan(project.request).planned.plan.empty


def test_a_throttle_that_the_database_has_not_is_refused(sqlite: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, sqlite)
    found = project.impossible(AFTER, FILL + "throttle: [{replica_lag: {max: 5s}}]\n")
    assert found == {"SPEC200": {"backfill.users_norm: sqlite has no replicas that could be behind"}}


def test_what_only_the_database_knows_to_be_wrong_is_refused_by_the_plan(target: Target, tmp_path: Path) -> None:
    """Of a source that no spec declares: its key, and the columns that are read."""
    project = Project(tmp_path, target)
    project.apply(BEFORE)
    target.execute(
        "CREATE TABLE old_users (id BIGINT NOT NULL, mail VARCHAR(20)); INSERT INTO old_users VALUES (1, 'x')"
    )
    fill = (
        "backfill: users_old\nsource: {table: old_users, key: [id], live_writes: frozen}\n"
        "do: {insert_select: {into: users, columns: {id: id, email: %s}}}\n"
        "idempotency: {strategy: target_key, key: [id]}\n"
        "verify: [{name: v, zero_rows: select 1 from users where id < 0}]\n"
    )
    with pytest.raises(PlanError) as refused:
        project.plan(BEFORE, fill % "male")
    found = [(one.code, one.position and (one.position.line, one.position.column)) for one in refused.value.problems()]
    assert found == [("SPEC031", (7, 60)), ("BF104", (6, 33)), ("BF104", (6, 33))]
    with pytest.raises(PlanError, match="male"):
        backfilling.run(project.request, ["users_old"])
    target.execute("CREATE UNIQUE INDEX old_users_id ON old_users (id)")
    project.apply(BEFORE, fill % "mail")
    assert target.query("SELECT email FROM users") == [("x",)]
