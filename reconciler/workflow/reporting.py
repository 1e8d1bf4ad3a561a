"""A request in; a past run, and how everything that is declared stands now, out; nothing is written."""

from __future__ import annotations

from reconciler.report.facts import RunReport
from reconciler.workflow.acting import check
from reconciler.workflow.opening import Request
from reconciler.workflow.past import past_run


def report(request: Request, word: str) -> RunReport:
    """Return a run of the ledger beside what a look at the database finds now.

    Args:
        request: which specs and which database.
        word: a run's id, the beginning of one, or `latest`.

    Raises:
        UsageError: also when there is no such run.
        SpecError, TargetError, PlanError: as `check` says.
    """
    return RunReport(run=past_run(request, word), review=check(request))
