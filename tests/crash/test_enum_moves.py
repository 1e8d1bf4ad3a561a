"""An enum made anew, with names and rows that move: killed at every point, the next apply finishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.execute.failpoints import POINTS
from tests.crash.test_matrix import Project
from tests.process import Reconcile
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


@pytest.fixture
def project(target: Target, reconcile: Reconcile, tmp_path: Path) -> Project:
    """A database with the first schema and rows in it, and specs that ask for the second."""
    made = Project(tmp_path, target, reconcile)
    made.declare(BEFORE)
    made.apply()
    rows = [f"('{state}')" for state in ("new", "old", "gone") for _ in range(EACH)]
    target.execute(f"insert into orders (state) values {', '.join(rows)}")
    made.declare(AFTER)
    return made


@pytest.mark.parametrize("point", POINTS)
def test_the_next_apply_finishes(project: Project, target: Target, point: str) -> None:
    for hit in (1, 4) if "statement" in point else (1,):
        stopped = project.stop_at(f"{point}:hit={hit}:kill")
        assert "Traceback" not in stopped.err
        states: dict[str, int] = dict(target.query("select state, count(*) from orders group by state"))
        # Either all rows have moved, or none has.
        assert states in ({"new": EACH, "old": EACH, "gone": EACH}, {"new": EACH, "ancient": EACH, "lost": EACH})
    project.apply()
    assert project.pending() == []
    assert "__rc_" not in target.observe()
    assert dict(target.query("select state, count(*) from orders group by state")) == {
        "new": EACH, "ancient": EACH, "lost": EACH,
    }  # fmt: skip
    assert not project.apply()
