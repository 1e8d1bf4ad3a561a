"""A trigger and procedures written once: the totals of usage are kept on every dialect, the rest where it can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import SpecError, workflow
from reconciler.workflow.calling import call
from tests.target import Target

TABLES = """
table: client_users
columns: {id: {type: bigint, primary_key: true}, used: {type: bigint, not_null: true, default: 0}}
---
table: client_api_keys
columns: {id: {type: bigint, primary_key: true}, used: {type: bigint, not_null: true, default: 0}}
---
table: client_usage_logs
columns:
  id: {type: bigint, primary_key: true}
  user_id: {type: bigint, not_null: true}
  api_key_id: {type: bigint}
  total_tokens: {type: bigint, not_null: true}
---
table: client_sessions
columns: {id: {type: bigint, primary_key: true}, expires_at: {type: bigint}}
"""
TRIGGER = """
---
trigger: update_user_usage_after_log_insert
table: client_usage_logs
timing: after
events: [insert]
body:
  - update client_users set used = used + new.total_tokens where id = new.user_id
  - update client_api_keys set used = used + new.total_tokens where id = new.api_key_id
"""
PROCEDURES = """
---
procedure: cleanup_expired_sessions
arguments: {p_before: bigint}
{only}body: [delete from client_sessions where expires_at < p_before]
---
procedure: reset_monthly_usage
{only}body:
  - update client_users set used = 0
  - update client_api_keys set used = 0
"""
ONLY = "only: [postgres, mysql, mariadb]\n"
HAVE_PROCEDURES = frozenset({"postgres", "mysql", "mariadb"})


def project(folder: Path, target: Target, *documents: str) -> workflow.Request:
    """Declare these documents, with their SQL in words that no family has for itself."""
    folder.mkdir(exist_ok=True)
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: usage\nsql: postgres\n"
        f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (folder / "schema.yaml").write_text("".join(documents).lstrip())
    return workflow.Request(directory=folder, environment="here")


def totals(target: Target) -> list[tuple[int, ...]]:
    return [
        tuple(int(row[0]) for row in target.query(f"SELECT used FROM {table} ORDER BY id"))
        for table in ("client_users", "client_api_keys")
    ]


def filled(target: Target) -> None:
    target.execute("INSERT INTO client_users (id) VALUES (1), (2)")
    target.execute("INSERT INTO client_api_keys (id) VALUES (7), (8)")


def log(target: Target, number: int, user: int, key: str, tokens: int) -> None:
    target.execute(f"INSERT INTO client_usage_logs VALUES ({number}, {user}, {key}, {tokens})")


def test_inserting_a_log_row_changes_both_totals(target: Target, tmp_path: Path) -> None:
    request = project(tmp_path / "p", target, TABLES, TRIGGER)
    workflow.apply(request)
    assert workflow.plan(request).planned.plan.empty
    filled(target)
    log(target, 1, 1, "7", 100)
    log(target, 2, 1, "8", 20)
    log(target, 3, 2, "NULL", 3)
    assert totals(target) == [(120, 3), (100, 20)]


def test_a_changed_body_is_changed_in_the_database_and_white_space_is_no_change(target: Target, tmp_path: Path) -> None:
    workflow.apply(project(tmp_path / "p", target, TABLES, TRIGGER))
    spaced = TRIGGER.replace("set used = used", "\n      set used   =\n      used")
    assert workflow.plan(project(tmp_path / "p", target, TABLES, spaced)).planned.plan.empty
    doubled = TRIGGER.replace(
        "used + new.total_tokens where id = new.user_id", "used + 2 * new.total_tokens where id = new.user_id"
    )
    request = project(tmp_path / "p", target, TABLES, doubled)
    assert {str(step.subject) for step in workflow.plan(request).planned.plan.steps} == {
        "table.client_usage_logs.trigger.update_user_usage_after_log_insert"
    }
    workflow.apply(request)
    assert workflow.plan(request).planned.plan.empty
    filled(target)
    log(target, 1, 1, "7", 100)
    assert totals(target) == [(200, 0), (100, 0)]


def test_a_trigger_that_the_specs_drop_is_dropped(target: Target, tmp_path: Path) -> None:
    workflow.apply(project(tmp_path / "p", target, TABLES, TRIGGER))
    done = workflow.apply(project(tmp_path / "p", target, TABLES))
    assert "CD104" in {hazard.code for hazard in done.review.planned.hazards}
    filled(target)
    log(target, 1, 1, "7", 100)
    assert totals(target) == [(0, 0), (0, 0)]


def test_a_trigger_that_somebody_dropped_comes_back(target: Target, tmp_path: Path) -> None:
    request = project(tmp_path / "p", target, TABLES, TRIGGER)
    workflow.apply(request)
    on = " ON client_usage_logs" if target.dialect == "postgres" else ""
    target.execute(f"DROP TRIGGER update_user_usage_after_log_insert{on}")
    assert not workflow.plan(request).planned.plan.empty
    workflow.apply(request)
    filled(target)
    log(target, 1, 1, "7", 5)
    assert totals(target) == [(5, 0), (5, 0)]


def test_an_imported_trigger_is_declared_where_it_came_from(target: Target, tmp_path: Path) -> None:
    request = project(tmp_path / "p", target, TABLES, TRIGGER)
    workflow.apply(request)
    before = target.observe()
    workflow.import_(request, tmp_path / "imported")
    taken = workflow.Request(directory=tmp_path / "imported", url=target.url)
    review = workflow.plan(taken)
    assert review.planned.plan.empty
    assert not review.planned.comparison.scope.undeclared
    assert target.observe() == before
    files = (tmp_path / "imported").rglob("client_usage_logs.yaml")
    assert "update_user_usage_after_log_insert" in next(files).read_text()


@pytest.mark.parametrize("wrong", ["new.totl_tokens", "old.total_tokens"])
def test_a_row_or_column_that_is_not_there_is_found_before_anything(target: Target, tmp_path: Path, wrong: str) -> None:
    text = TRIGGER.replace("used + new.total_tokens where id = new.user_id", f"used + {wrong} where id = new.user_id")
    with pytest.raises(SpecError) as caught:
        workflow.plan(project(tmp_path / "p", target, TABLES, text))
    (problem,) = caught.value.problems()
    assert wrong.partition(".")[2] in problem.message or "OLD" in problem.message
    assert problem.position is not None


def test_procedures_run_where_there_are_any(target: Target, tmp_path: Path) -> None:
    request = project(tmp_path / "p", target, TABLES, TRIGGER, PROCEDURES.replace("{only}", ONLY))
    workflow.apply(request)
    assert workflow.plan(request).planned.plan.empty
    if target.dialect not in HAVE_PROCEDURES:
        return
    filled(target)
    log(target, 1, 1, "7", 100)
    target.execute("INSERT INTO client_sessions VALUES (1, 10), (2, 20), (3, NULL)")
    call(request, "cleanup_expired_sessions", ["15"])
    assert [row[0] for row in target.query("SELECT id FROM client_sessions ORDER BY id")] == [2, 3]
    call(request, "reset_monthly_usage", [])
    assert totals(target) == [(0, 0), (0, 0)]


def test_procedures_are_refused_with_the_way_out_where_there_are_none(target: Target, tmp_path: Path) -> None:
    request = project(tmp_path / "p", target, TABLES, PROCEDURES.replace("{only}", ""))
    if target.dialect in HAVE_PROCEDURES:
        workflow.apply(request)
        return
    with pytest.raises(SpecError) as caught:
        workflow.plan(request)
    assert {problem.address for problem in caught.value.problems()} == {
        "procedure.cleanup_expired_sessions",
        "procedure.reset_monthly_usage",
    }
    assert all("no procedures" in problem.message and "only:" in problem.hint for problem in caught.value.problems())
