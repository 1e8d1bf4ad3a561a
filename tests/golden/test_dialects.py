"""One project planned for every dialect, whole, for a reviewer's eye: what an empty database is made into."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from reconciler import workflow
from reconciler.dialects import NAMES
from reconciler.plan.step import Step
from reconciler.workflow.against import plan_against
from tests.process import ROOT


def test_quickstart_is_planned_for_every_dialect(tmp_path: Path, golden: Callable[[str, str], None]) -> None:
    for dialect in NAMES:
        folder = tmp_path / dialect
        shutil.copytree(ROOT / "specs" / "quickstart", folder, ignore=shutil.ignore_patterns("*.db*"))
        (folder / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: quickstart\nsql: sqlite\nenvironments: "
            f"{{here: {{url: {{env: NOWHERE}}, dialect: {dialect}, default: true}}}}\n"
        )
        plan = plan_against(workflow.Request(directory=folder), "empty", ()).planned.plan
        text = "".join(f"-- {step.action} {step.subject}\n{_sql(step)}\n\n" for step in plan.steps)
        golden(f"quickstart-{dialect}.sql", text)


def _sql(step: Step) -> str:
    return ";\n".join(statement.sql for statement in step.statements) + ";"
