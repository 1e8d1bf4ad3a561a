"""A computed column that lets go of a dropped one, on a table that is altered too: no step waits for itself."""

from __future__ import annotations

from pathlib import Path

from reconciler import workflow
from reconciler.plan.policy import Allowance
from tests.target import Target

BEFORE = """
table: t
columns:
  id: {type: int, primary_key: true}
  a: {type: int}
  b: {type: int}
  c: {type: int, generated: {sql: a + 1}}
"""
AFTER = """
table: t
comment: has lost a column
columns:
  id: {type: int, primary_key: true}
  b: {type: int}
  c: {type: int, generated: {sql: b + 1}}
"""


def project(folder: Path, target: Target, specs: str) -> workflow.Request:
    folder.mkdir(exist_ok=True)
    (folder / "s.yaml").write_text(specs.lstrip())
    (folder / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: p\n"
        f"environments: {{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    return workflow.Request(directory=folder)


def test_a_column_goes_of_which_another_was_computed(target: Target, tmp_path: Path) -> None:
    workflow.apply(project(tmp_path / "p", target, BEFORE))
    target.execute("INSERT INTO t (id, a, b) VALUES (1, 10, 20)")
    request = project(tmp_path / "p", target, AFTER)
    workflow.apply(request, workflow.Terms(given=(Allowance("*"),)))
    assert workflow.plan(request).planned.plan.empty
    assert target.query("SELECT id, b, c FROM t") == [(1, 20, 21)]
