"""What a check found in, one word for it out: its issues and suggestions as sentences, its tables with their rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reconciler.dialects.upkeep import TableState
from reconciler.errors import ReconcileError
from reconciler.model.ref import Ref
from reconciler.report.assertions import failure
from reconciler.report.drift import Drift, Finding, drift
from reconciler.report.facts import Review
from reconciler.report.faults import fault_sentence, faults, typed, unsound
from reconciler.report.problems import safe

HEALTHY, WARNING, UNHEALTHY, ERROR = "healthy", "warning", "unhealthy", "error"
# What an application may stumble over; what is there beyond the specs hinders nobody.
_HURTS = {Finding.MISSING, Finding.CHANGED}


def wellness(review: Review, apply: str = "reconcile apply") -> dict[str, Any]:
    """Return how a database is, with what to type about it; `apply` is the command that applies the specs."""
    found = drift(review, apply)
    suggestions = (typed(fault.suggestion, apply) for fault in faults(review))
    commands = (one.command for one in found)
    others = (tool.command for tool in review.foreign_tools if tool.state != "clean")
    asked = [typed("reconcile check -v", apply)] * any(one.status != "pass" for one in review.asserted)
    issues = list(_issues(review, found))
    return {
        "status": _status(review, found, issues),
        "timestamp": review.created_at,
        "issues": issues,
        "suggestions": [one for one in dict.fromkeys((*suggestions, *commands, *asked, *others)) if one],
        "tables": tables(review),
    }


def _issues(review: Review, found: tuple[Drift, ...]) -> Iterator[str]:
    """Yield what is not as it should be, a sentence each."""
    yield from (fault_sentence(fault) for fault in faults(review))
    yield from (_difference(one) for one in found)
    for one in review.asserted:
        if one.status != "pass":
            rows = f" ({one.rows:,} rows)" if one.rows else ""
            yield f"{one.ref} {'fails' if one.status == 'fail' else 'could not be asked'}{rows}"
    yield from (f"{one.tool}, {one.table}: {one.message}" for one in review.foreign_tools if one.state != "clean")


def _difference(one: Drift) -> str:
    goes_on = one.message.startswith(("is ", "was "))
    return f"{one.address} {one.message}" if goes_on else f"{one.address}: {one.message}"


def _status(review: Review, found: tuple[Drift, ...], issues: list[str]) -> str:
    forbidden = bool(found) and review.undeclared == "error"
    hurts = any(one.finding in _HURTS for one in found)
    if hurts or forbidden or unsound(review) or failure(review.asserted):
        return UNHEALTHY
    return WARNING if issues else HEALTHY


def tables(review: Review) -> dict[str, dict[str, Any]]:
    """Return each declared table: whether it is there, how many rows it has, and whether that is an estimate."""
    found = review.condition.tables if review.condition else {}
    return {_name(ref): _table(state) for ref, state in found.items()}


def _name(ref: Ref) -> str:
    return f"{ref.schema}.{ref.name}" if ref.schema else ref.name


def _table(state: TableState) -> dict[str, Any]:
    said: dict[str, Any] = {"row_count": state.rows, "exists": state.exists}
    return said | {"estimated": True} if state.estimated else said


def unreachable(error: ReconcileError) -> dict[str, Any]:
    """Return the same for a database that could not be looked at."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {
        "status": ERROR, "timestamp": now, "issues": [safe(error.message)],
        "suggestions": [error.hint] if error.hint else [], "tables": {},
    }  # fmt: skip
