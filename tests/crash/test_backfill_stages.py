"""An apply with a backfill dies before it, in it, behind it; the next one finishes, wherever that was."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from tests.conformance.driver import Project
from tests.target import Target

BEFORE = "table: {t}\ncolumns: {{id: {{type: bigint, not_null: true}}, a: {{type: int}}}}\nprimary_key: [id]\n"
AFTER = """\
table: {t}
columns:
  id: {{type: bigint, not_null: true}}
  a: {{type: int}}
  b: {{type: int, not_null: true, backfill: fill_{t}}}
primary_key: [id]
---
backfill: fill_{t}
source: {{table: {t}, key: [id], live_writes: {live_writes}}}
do: {{update: {{set: {{b: a * 2}}}}}}
idempotency: {{strategy: converge}}
chunk: {{size: 2, min: 2, max: 2}}
verify: [{{name: none_left, zero_rows: select id from {t} where b is null}}]
"""
# Where it dies, at which time of passing, and how.
DEATHS = (
    ("after_commit", 1, "raise"),
    ("batch_cursor", 2, "raise"),
    ("batch_committed", 2, "drop_conn"),
    ("before_backfill_verify", 1, "raise"),
    ("after_commit", 2, "raise"),
    ("before_release", 1, "raise"),
)


def test_every_death_is_survived(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path, target)
    settled: list[str] = []
    everything = workflow.Terms(given=(Allowance("*"),))
    for number, death in enumerate(DEATHS):
        table = f"t{number}"
        project.apply(*settled, BEFORE.format(t=table))
        rows = ", ".join(f"({key}, {key * 3})" for key in range(1, 8))
        target.execute(f"INSERT INTO {table} (id, a) VALUES {rows}")
        settled.append(AFTER.format(t=table, live_writes="trigger" if number % 2 else "append_only"))
        project.plan(*settled)
        monkeypatch.setattr(failpoints, "_POINT", failpoints._Armed(death[0], death[2], death[1]))
        with pytest.raises(Exception):  # noqa: B017, PT011  # what it dies of is not what matters
            workflow.apply(project.request, everything)
        monkeypatch.setattr(failpoints, "_POINT", None)
        workflow.apply(project.request, everything)
        assert workflow.plan(project.request).planned.plan.empty, death
        assert "_capture" not in target.observe(), death
        found = target.query(f"SELECT id, b FROM {table} ORDER BY id")
        assert found == [(key, key * 6) for key in range(1, 8)], death
    states: dict[str, int] = dict(target.query("SELECT state, count(*) FROM _reconcile_run GROUP BY state"))
    assert states.get("running", 0) == 0
