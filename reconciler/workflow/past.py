"""What was done to a database before: a request in, runs from its ledger out; nothing is written."""

from __future__ import annotations

from reconciler.execute import history as ledger_history
from reconciler.plan.outcome import PastRun
from reconciler.report.facts import History
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.looking import session_on, told
from reconciler.workflow.opening import Request, open_request


def history(request: Request, limit: int) -> History:
    """Return the last runs on a database, newest first. Raises UsageError, SpecError, TargetError."""
    opened = open_request(request, access="read")
    with session_on(opened) as session, told(None):
        found = ledger_history.runs(session, ledger_of(opened), limit)
    return History(environment=opened.environment.name, label=opened.target.label, known=found is not None,
                   runs=found or ())  # fmt: skip


def past_run(request: Request, word: str) -> PastRun:
    """Return one run with its steps: by its id, the beginning of it, or `latest`.

    Raises UsageError (also when there is no such run), SpecError, TargetError.
    """
    opened = open_request(request, access="read")
    with session_on(opened) as session, told(None):
        return ledger_history.run(session, ledger_of(opened), word)
