"""A foreign key that nobody declared keeps the key that it points to, or the plan is refused, on every dialect."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import PlanError
from reconciler.plan.policy import Allowance
from tests.target import Target

COLUMNS = "table: p\ncolumns: {a: {type: int, not_null: true}, b: {type: int, not_null: true}}\n"


def project(folder: Path, target: Target, keys: str) -> workflow.Request:
    """Declare the table that is pointed to."""
    folder.mkdir(exist_ok=True)
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: keys\nsql: postgres\n"
        f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (folder / "schema.yaml").write_text(COLUMNS + keys)
    return workflow.Request(directory=folder, environment="here")


@pytest.mark.parametrize("keys", ["primary_key: [b]\n", "primary_key: [a, b]\n", "unique: {u: [b]}\n"])
def test_a_key_that_others_point_to_does_not_go(target: Target, tmp_path: Path, keys: str) -> None:
    folder = tmp_path / "project"
    workflow.apply(project(folder, target, "primary_key: [a]\n"))
    target.execute("create table c (x int, constraint c_fk foreign key (x) references p (a))")
    with pytest.raises(PlanError) as error:
        workflow.plan(project(folder, target, keys))
    (problem,) = error.value.problems()
    assert (problem.code, problem.address) == ("RUN033", "table.c.foreign_key.c_fk")


def test_a_key_may_change_while_another_one_stands_under(target: Target, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    workflow.apply(project(folder, target, "primary_key: [a]\n"))
    target.execute("create table c (x int, constraint c_fk foreign key (x) references p (a))")
    target.execute("insert into p values (1, 2)")
    target.execute("insert into c values (1)")
    request = project(folder, target, "primary_key: [b]\nunique: {p_a_key: [a]}\n")
    workflow.apply(request, workflow.Terms(given=(Allowance("*"),)))
    assert workflow.plan(request).planned.plan.empty
    assert target.query("select x from c") == [(1,)]
