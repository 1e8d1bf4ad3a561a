"""Killed, failed or cut off at any point, an apply is finished by the next one: nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.execute.failpoints import POINTS
from reconciler.plan.policy import Allowance
from tests.process import Reconcile, Result
from tests.target import Target

BEFORE = """
table: parents
columns:
  id: {type: bigint, identity: true}
  name: {type: varchar(40), not_null: true}
  fax: {type: text}
primary_key: [id]
---
table: children
columns:
  id: {type: bigint, identity: true}
  parent_id: {type: bigint, not_null: true, references: parents.id, on_delete: cascade}
  amount: {type: int, not_null: true, default: 0}
primary_key: [id]
indexes: {children_parent_idx: [parent_id]}
---
enum: state
values: [new, done]
---
view: totals
query: select parent_id, sum(amount) as total from children group by parent_id
---
sequence: tickets
only: [postgres]
---
view: sums
materialized: true
query: select parent_id, sum(amount) as total from children group by parent_id
indexes: {sums_parent_idx: {columns: [parent_id], unique: true}}
only: [postgres]
"""

AFTER = """
table: parents
columns:
  id: {type: bigint, identity: true}
  name: {type: varchar(80), not_null: true}
  state: {type: enum(state), not_null: true, default: late}
primary_key: [id]
unique: {parents_name_key: [name]}
removed: {column.fax: {reason: nobody sends any}}
---
table: children
columns:
  id: {type: bigint, identity: true}
  parent_id: {type: bigint, not_null: true, references: parents.id, on_delete: cascade}
  amount: {type: bigint, not_null: true, default: 0}
primary_key: [id]
indexes: {children_parent_idx: [parent_id, amount desc]}
checks: {children_amount_positive: amount >= 0}
---
table: notes
columns: {id: {type: bigint, identity: true}, child_id: {type: bigint, references: children.id}}
primary_key: [id]
---
enum: state
values: [new, done, late]
---
view: totals
query: select parent_id, sum(amount) as total, count(*) as pieces from children group by parent_id
---
sequence: tickets
increment: 5
comment: drawn at the counter
only: [postgres]
---
view: sums
materialized: true
query: select parent_id, sum(amount) as total, max(amount) as most from children group by parent_id
indexes: {sums_parent_idx: {columns: [parent_id desc], unique: true}, sums_total_idx: [total]}
only: [postgres]
"""

ROWS = 200


class Project:
    """One project whose specs change between two runs."""

    def __init__(self, folder: Path, target: Target, reconcile: Reconcile) -> None:
        self._folder, self._target, self._reconcile = folder / "project", target, reconcile
        self._folder.mkdir()
        (self._folder / "reconcile.yaml").write_text(
            "reconcile: 1\nproject: crash\nsql: postgres\n"
            f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
        )

    def declare(self, text: str) -> None:
        (self._folder / "schema.yaml").write_text(text)

    def stop_at(self, failpoint: str) -> Result:
        """Apply in a process of its own, which ends at the failpoint."""
        return self._reconcile(
            "apply", "--auto-approve", "--allow", "*", "-C", self._folder, "-e", "here",
            env={"RECONCILE_FAILPOINT": failpoint},
        )  # fmt: skip

    def apply(self) -> bool:
        """Apply undisturbed; say whether there was anything to do."""
        request = workflow.Request(directory=self._folder, environment="here")
        return workflow.apply(request, workflow.Terms(given=(Allowance("*"),))).outcome is not None

    def pending(self) -> list[str]:
        """Return what is left to plan."""
        review = workflow.plan(workflow.Request(directory=self._folder, environment="here"))
        return [str(step.subject) for step in review.planned.plan.steps]


@pytest.fixture
def project(target: Target, reconcile: Reconcile, tmp_path: Path) -> Project:
    """A database with the first schema and rows in it, and specs that ask for the second."""
    made = Project(tmp_path, target, reconcile)
    made.declare(BEFORE)
    made.apply()
    target.execute(
        "insert into parents (name, fax) values "
        + ", ".join(f"('parent {n}', '{n}')" for n in range(ROWS))
        + "; insert into children (parent_id, amount) select id, id * 2 from parents;"
        " insert into children (parent_id, amount) select id, 1 from parents;"
    )
    if target.dialect == "postgres":
        target.execute("select nextval('tickets') from generate_series(1, 41)")
    made.declare(AFTER)
    return made


def assert_finished(project: Project, target: Target) -> None:
    """Hold everything that is true after an apply that nothing disturbed."""
    project.apply()
    assert project.pending() == []
    assert "__rc_" not in target.observe()
    assert target.query("select count(*), count(distinct name), min(state), max(state) from parents") == [
        (ROWS, ROWS, "late", "late")
    ]
    expected = sum(n * 2 for (n,) in target.query("select id from parents")) + ROWS
    assert target.query("select count(*), sum(amount) from children") == [(2 * ROWS, expected)]
    assert target.query("select count(*) from totals where pieces = 2") == [(ROWS,)]
    if target.dialect == "postgres":
        assert target.query("select count(*) from sums where most > 0") == [(ROWS,)]
        assert target.query("select last_value from tickets") == [(41,)]
    assert not project.apply()


@pytest.mark.parametrize("point", POINTS)
def test_the_next_apply_finishes(project: Project, target: Target, point: str) -> None:
    """Kill a run at every point, the third time of passing too, where there is one; how else it ends is in
    test_scenarios.py.
    """
    hits = (1, 3) if "statement" in point or point == "after_step" else (1,)
    for hit in hits:
        stopped = project.stop_at(f"{point}:hit={hit}:kill")
        assert stopped.code != 0, stopped.out
        assert "Traceback" not in stopped.err
    assert_finished(project, target)


def test_an_undisturbed_apply_meets_the_same_expectations(project: Project, target: Target) -> None:
    """The expectations themselves hold without a crash, so that the matrix tests what it says."""
    assert_finished(project, target)


def test_every_point_is_reached(project: Project, target: Target) -> None:
    """A point that no run passes would make its row of the matrix empty."""
    for point in POINTS:
        stopped = project.stop_at(f"{point}:raise")
        assert f"failpoint {point}" in stopped.err, point
        project.declare(AFTER + f"---\ntable: after_{point}\ncolumns: {{id: {{type: int}}}}\n")
