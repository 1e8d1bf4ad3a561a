"""Triggers on D1: every change is one batch, a table that is rebuilt gets them back, and they do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import SpecError, workflow
from reconciler.report.sql import plan_sql
from tests.conformance.d1.test_closure import EVERYTHING, request_for
from tests.conformance.sqlite.test_triggers import ADDED, LOG, ODD, USAGE, USED, logged, stored, table, totals
from tests.scripting import run_script
from tests.target import Target

pytestmark = pytest.mark.live("d1")


def apply(folder: Path, target: Target, *documents: str) -> None:
    """Apply these documents, and hold that nothing is left to plan."""
    request = request_for(folder, target.url, "---\n".join(documents))
    workflow.apply(request, EVERYTHING)
    left = workflow.plan(request).planned.plan
    assert left.empty, [str(step.subject) for step in left.steps]


def test_one_portable_trigger_keeps_two_totals(d1: Target, tmp_path: Path) -> None:
    apply(tmp_path, d1, USAGE)
    d1.execute(USED)
    kept = [[(1, 15), (2, 0)], [(1, 5), (2, 10)]]
    assert totals(d1) == kept
    apply(tmp_path, d1, USAGE.replace("total_tokens: {type: int", "total_tokens: {type: bigint"))
    apply(tmp_path, d1, USAGE.replace("used: {type: bigint", "used: {type: int"))
    assert totals(d1) == kept
    d1.execute("insert into client_usage_logs (user_id, api_key_id, total_tokens) values (2, 1, 7)")
    assert totals(d1) == [[(1, 15), (2, 7)], [(1, 12), (2, 10)]]


def test_it_is_made_changed_renamed_and_removed(d1: Target, tmp_path: Path) -> None:
    apply(tmp_path, d1, LOG, table(ADDED))
    d1.execute("insert into t (a) values (1)")
    apply(tmp_path, d1, LOG, table(ADDED.replace("added", "new")))
    d1.execute("insert into t (a) values (2)")
    apply(tmp_path, d1, LOG, table(ADDED, a="text").replace("  audit:\n", "  other:\n    renamed_from: audit\n"))
    d1.execute("insert into t (a) values (3)")
    assert logged(d1) == ["added 1", "new 2", "added 3"]
    assert list(stored(d1)) == ["other"]
    apply(tmp_path, d1, LOG, table(a="text", more="removed: {trigger.other: {reason: nobody reads it}}\n"))
    assert stored(d1) == {}


def test_a_rebuild_puts_undeclared_ones_back_to_the_letter(d1: Target, tmp_path: Path) -> None:
    d1.execute(ODD)
    before = stored(d1)
    folder = tmp_path / "imported"
    request = request_for(tmp_path, d1.url, "")
    workflow.import_(request, folder)
    assert workflow.plan(workflow.Request(directory=folder)).planned.plan.empty
    for path in folder.rglob("*.yaml"):
        text = path.read_text()
        head, _, triggers = text.partition("triggers:")
        assert triggers or "table: log" in text or path.name == "reconcile.yaml"
        path.write_text(head.replace("old col: {type: text}", "old col: {type: varchar(7)}"))
    workflow.apply(workflow.Request(directory=folder), EVERYTHING)
    assert "VARCHAR(7)" in d1.observe()
    assert stored(d1) == before
    assert [name for name in stored(d1) if name != "put"] == ["plain", "odd; name", "no timing"]


@pytest.mark.parametrize(
    "body", ["delete from t; END; drop table log; select 1", "delete from t; drop table log", "delete from t; select '"]
)
def test_a_body_cannot_break_out(d1: Target, tmp_path: Path, body: str) -> None:
    """D1 runs every statement of a text that it is sent."""
    d1.execute("create table log (what text)")
    with pytest.raises(SpecError, match="the body cannot be read"):
        workflow.plan(request_for(tmp_path, d1.url, f"{LOG}---\n{table(body)}"))


def test_a_script_is_right_twice(d1: Target, tmp_path: Path) -> None:
    apply(tmp_path, d1, LOG, table(ADDED), "view: v\nquery: select a from t\n")
    put = "{timing: instead_of, events: [insert], body: [insert into t (a) values (new.a)]}"
    view = f"view: v\nquery: select a + 1 as a from t\ntriggers: {{put: {put}}}\n"
    request = request_for(tmp_path, d1.url, "---\n".join((LOG, table(ADDED.replace("added", "new"), a="text"), view)))
    text = plan_sql(workflow.plan(request, given=EVERYTHING.given))
    for _ in range(2):
        done = run_script(d1, text)
        assert done.code == 0, done.err
    assert workflow.plan(request).planned.plan.empty
    d1.execute("insert into v (a) values ('x')")
    assert logged(d1) == ["new x"]
