"""A target and what is declared in, what the rows say to the assertions out; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.dialects.base import DatabaseError
from reconciler.errors import ReconcileError
from reconciler.model.assertions import Assertion
from reconciler.model.model import Model
from reconciler.plan.outcome import Asserted
from reconciler.workflow.looking import reading, session_on
from reconciler.workflow.opening import Opened


def audit(opened: Opened, assertions: Sequence[Assertion], model: Callable[[], Model]) -> tuple[Asserted, ...]:
    """Ask for the rows that offend against each assertion, on a session that cannot write.

    A database that cannot be asked at all is told for each of them: what was done before stays as it is. `model` gives
    all that is declared.
    """
    if not assertions:
        return ()
    from reconciler.execute.asking import ask_all, unasked

    try:
        with session_on(reading(opened)) as session:
            return ask_all(opened.dialect, session, assertions, model)
    except (DatabaseError, ReconcileError) as error:
        return unasked(assertions, error.message)
