"""What the commands that look back were asked in, a report out."""

from __future__ import annotations

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report


def history(where: Where, limit: int) -> Report:
    """List past runs."""
    from reconciler.report.history import history_data, history_text
    from reconciler.workflow.past import history as past_runs

    found = past_runs(request(where), limit)
    return Report(text=lambda look: history_text(found, look), data=lambda: history_data(found))


def show(where: Where, what: str) -> Report:
    """Show one past run."""
    from reconciler.report.history import run_in_full, run_text
    from reconciler.workflow.past import past_run

    found = past_run(request(where), what)
    return Report(text=lambda look: run_text(found, look), data=lambda: run_in_full(found))
