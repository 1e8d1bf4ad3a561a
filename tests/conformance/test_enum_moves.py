"""Values of an enum renamed, and removed with another in their place, on every dialect: the rows follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import Refused
from reconciler.plan.hazards import Effect
from tests.target import Target

TABLE = """
table: orders
columns:
  id: {{type: int, not_null: true}}
  state: {{type: enum(state), not_null: true, default: {default}}}
  other: {{type: int}}
primary_key: [id]
indexes: {{orders_state_idx: [state]}}
"""


def project(folder: Path, target: Target, values: str, default: str = "new") -> workflow.Request:
    """Declare an enum and a table of it."""
    folder.mkdir(exist_ok=True)
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: moves\nsql: postgres\n"
        f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (folder / "schema.yaml").write_text(f"enum: state\n{values}\n---\n{TABLE.format(default=default)}")
    return workflow.Request(directory=folder, environment="here")


def filled(folder: Path, target: Target) -> None:
    """Make the first form, with a row of each value."""
    workflow.apply(project(folder, target, "values: [new, old, gone]"))
    target.execute("insert into orders (id, state) values (1, 'new'), (2, 'old'), (3, 'gone')")


def test_rows_follow_names_and_get_what_takes_the_place(target: Target, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    filled(folder, target)
    values = "values: [new, ancient, lost]\nrenamed_values: {old: ancient}\nremoved_values: {gone: lost}"
    request = project(folder, target, values, "ancient")
    done = workflow.apply(request)
    assert "DS110" in {hazard.code for hazard in done.review.planned.hazards}
    assert target.query("select id, state from orders order by id") == [(1, "new"), (2, "ancient"), (3, "lost")]
    assert workflow.plan(request).planned.plan.empty
    target.execute("insert into orders (id) values (4)")
    assert target.query("select state from orders where id = 4") == [("ancient",)]
    # What is done is done: the lines may stay, and may go.
    assert workflow.plan(project(folder, target, "values: [new, ancient, lost]", "ancient")).planned.plan.empty


def test_a_value_that_rows_hold_does_not_go_by_itself(target: Target, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    filled(folder, target)
    with pytest.raises(Refused) as refusal:
        workflow.apply(project(folder, target, "values: [new, old]"))
    review = refusal.value.review  # type: ignore[attr-defined]
    assert [(h.count, h.sample) for h in review.planned.hazards if h.effect is Effect.BLOCK] == [(1, ("3",))]
    assert target.query("select count(*) from orders where state = 'gone'") == [(1,)]
