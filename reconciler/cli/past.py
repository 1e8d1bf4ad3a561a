"""What the commands that look back, or keep what is there, were asked in, a report out."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands import Order, plan_report, request
from reconciler.cli.options import Format, Where
from reconciler.cli.report import Rendering, Report

if TYPE_CHECKING:
    pass


def history(where: Where, limit: int) -> Report:
    """List past runs."""
    from reconciler.report.history import history_data, history_text
    from reconciler.workflow.past import history as past_runs

    found = past_runs(request(where), limit)
    return Report(text=lambda look: history_text(found, look), data=lambda: history_data(found))


def show(where: Where, what: str) -> Report:
    """Show a saved plan, or one past run."""
    if Path(what).is_file() or _names_a_file(what):
        return _saved_plan(where, Path(what))
    from reconciler.report.history import run_in_full, run_text
    from reconciler.report.run_forms import run_html, run_markdown, run_sql
    from reconciler.workflow.past import past_run

    found = past_run(request(where), what)
    forms: Mapping[Format, Rendering] = {
        Format.MARKDOWN: lambda look: run_markdown(found), Format.HTML: lambda look: run_html(found),
        Format.SQL: lambda look: run_sql(found),
    }  # fmt: skip
    return Report(text=lambda look: run_text(found, look), data=lambda: run_in_full(found), forms=forms)


def _names_a_file(what: str) -> bool:
    return os.sep in what or what.endswith(".json")


def _saved_plan(where: Where, path: Path) -> Report:
    from reconciler.report.plan_file import read_review

    review = read_review(path)
    given = (f"{one.code}:{one.address}" for one in review.planned.verdict.consents if one.by == "--allow")
    return plan_report(review, Order(where=where, saved=path, allow=tuple(given)))


def report(where: Where, word: str) -> Report:
    """Tell what a run did, and how everything that is declared stands now."""
    from reconciler.report.run_report import report_data, report_html, report_markdown, report_text
    from reconciler.workflow.reporting import report as reported

    found = reported(request(where), word)
    return Report(
        text=lambda look: report_text(found, look),
        data=lambda: report_data(found),
        forms={
            Format.MARKDOWN: lambda look: report_markdown(found, look),
            Format.HTML: lambda look: report_html(found),
        },
        problems=found.review.warnings,
    )


def snapshot(where: Where, out: Path | None) -> Report:
    """Keep what a database holds in a file."""
    from reconciler.report.snapshot_file import snapshot_text, write_snapshot
    from reconciler.workflow.against import snapshot as taken

    found = taken(request(where))
    path = out or where.directory / ".reconcile" / "snapshots" / f"{found.environment}.json"
    write_snapshot(path, found)
    command = shlex.join(["reconcile", "plan", "--against", f"snapshot:{path}"])
    return Report(
        text=lambda look: snapshot_text(found, path, command),
        data=lambda: {
            "file": str(path), "environment": found.environment, "dialect": found.dialect,
            "objects": len(found.inspection.model), "created_at": found.created_at,
        },
    )  # fmt: skip
