"""One change of everything at once, killed at every point: the next apply finishes it, nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.execute.failpoints import POINTS
from tests.crash.dying import BETWEEN, Death, Stage, died, played, staged, survived
from tests.crash.scenarios import Scenario
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
FILL = (
    "insert into parents (name, fax) values " + ", ".join(f"('parent {n}', '{n}')" for n in range(ROWS)),
    "insert into children (parent_id, amount) select id, id * 2 from parents order by id",
    "insert into children (parent_id, amount) select id, 1 from parents",
)
LOOK = """
select count(*), count(distinct name), min(state), max(state), (select count(*) from children),
       (select sum(amount) from children), (select count(*) from totals where pieces = 2){more} from parents"""
KEPT = [ROWS, ROWS, "late", "late", 2 * ROWS, ROWS * (ROWS + 1) + ROWS, ROWS]
# What only PostgreSQL has.
DRAWN = "select nextval('tickets') from generate_series(1, 41)"
ITS_OWN = ", (select last_value from tickets), (select count(*) from sums where most > 0)"


@pytest.fixture
def stage(target: Target, tmp_path: Path) -> Iterator[Stage]:
    """A database with the first schema and rows in it, and specs that ask for the second."""
    whole, kept = Scenario(before=BEFORE, after=AFTER, rows=FILL, look=LOOK.format(more="")), KEPT
    if target.dialect == "postgres":
        whole, kept = replace(whole, rows=(*FILL, DRAWN), look=LOOK.format(more=ITS_OWN)), [*KEPT, 41, ROWS]
    with staged(whole, target, tmp_path) as made:
        assert [list(row) for row in made.goal.rows] == [kept]
        yield made


def test_the_next_apply_finishes(stage: Stage) -> None:
    """How else it dies is in test_scenarios.py."""
    for point in (*POINTS, BETWEEN):
        # A point that no run passes would make its row of the matrix empty.
        assert stage.passes[point], point
        for hit in {1, min(3, stage.passes[point])}:
            death = Death(point, hit, "kill")
            with played(stage, f"death {death}") as project:
                died(project, death)
                survived(stage, project)
