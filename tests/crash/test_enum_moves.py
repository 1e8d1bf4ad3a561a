"""An enum made anew, with names and rows that move: killed at every point, the next apply finishes it."""

from __future__ import annotations

from pathlib import Path

from reconciler.execute.failpoints import POINTS
from tests.crash.dying import Death, died, played, staged, survived
from tests.crash.scenarios import Scenario
from tests.target import Target

TABLE = """
---
table: orders
columns:
  id: {type: bigint, identity: true}
  state: {type: enum(state), not_null: true, default: new}
  other: {type: int}
primary_key: [id]
indexes: {orders_state_idx: {columns: [state]}}
"""
BEFORE = "enum: state\nvalues: [new, old, gone]" + TABLE
AFTER = (
    "enum: state\nvalues: [lost, new, ancient]\nrenamed_values: {old: ancient}\nremoved_values: {gone: lost}"
    + TABLE
    + "checks: {orders_state_check: state <> 'ancient' or other is null}\n"
)
EACH = 40
ROWS = ", ".join(f"('{state}')" for state in ("new", "old", "gone") for _ in range(EACH))
MOVE = Scenario(
    before=BEFORE, after=AFTER, rows=(f"insert into orders (state) values {ROWS}",),
    look="select state, count(*) from orders group by state order by state",
)  # fmt: skip
OLD = {"new": EACH, "old": EACH, "gone": EACH}
NEW = {"new": EACH, "ancient": EACH, "lost": EACH}


def test_the_next_apply_finishes(target: Target, tmp_path: Path) -> None:
    with staged(MOVE, target, tmp_path) as stage:
        assert dict(stage.goal.rows) == NEW
        for point in POINTS:
            for hit in {1, min(4, stage.passes[point])}:
                with played(stage, f"{point} {hit}") as project:
                    died(project, Death(point, hit, "kill"))
                    states: dict[str, int] = dict(project.target.query(MOVE.look))
                    # Either all rows have moved, or none has.
                    assert states in (OLD, NEW)
                    survived(stage, project)
