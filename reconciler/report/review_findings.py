"""A review in, its hazards, differences and assertions as findings out: each with a code, a place and a severity."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.health import Status
from reconciler.dialects.upkeep import Fault
from reconciler.errors import Problem
from reconciler.plan.hazards import Effect, Hazard
from reconciler.plan.outcome import Asserted
from reconciler.report.drift import Drift, Finding
from reconciler.report.facts import Review
from reconciler.report.faults import fault_sentence, faults


def plan_problems(review: Review) -> tuple[Problem, ...]:
    """Return what a plan costs, and what the specs lose: refused is an error, allowed a warning, the rest is told."""
    refused = frozenset(review.planned.verdict.refused)
    return (*(_of_hazard(hazard, hazard in refused, review) for hazard in review.planned.hazards), *review.warnings)


def _of_hazard(hazard: Hazard, refused: bool, review: Review) -> Problem:
    severity = "error" if refused else "info" if hazard.effect is Effect.NOTICE else "warning"
    return Problem(
        code=hazard.code, message=f"{hazard.ref}: {hazard.message}", address=str(hazard.ref), severity=severity,
        position=review.desired.position(hazard.ref), hint=f"reconcile explain {hazard.code}",
    )  # fmt: skip


def check_problems(review: Review, found: tuple[Drift, ...]) -> tuple[Problem, ...]:
    """Return where a database differs from the specs, and which assertions do not hold."""
    drifted = (_of_drift(one, review) for one in found)
    return (*drifted, *map(_of_fault, faults(review)), *_of_assertions(review), *review.warnings)


def _of_drift(one: Drift, review: Review) -> Problem:
    tolerated = one.finding is Finding.UNDECLARED and review.undeclared != "error"
    code = "UD101" if one.finding is Finding.UNDECLARED else "UD102"
    return Problem(
        code=code, message=f"{one.address}: {one.message}", address=one.address, hint=one.suggestion,
        position=one.source, severity="info" if tolerated else "error",
    )  # fmt: skip


def _of_fault(fault: Fault) -> Problem:
    severity = "error" if fault.status is Status.PROBLEM else "warning"
    return Problem(
        code=fault.code, message=fault_sentence(fault), address=fault.address or "", hint=fault.suggestion,
        severity=severity,
    )  # fmt: skip


def _of_assertions(review: Review) -> Iterator[Problem]:
    for one in review.asserted:
        if one.status != "pass":
            yield Problem(
                code="RUN023", message=f"{one.ref}: {_said(one)}", address=str(one.ref),
                position=review.desired.position(one.ref), severity="error" if one.counts else "warning",
                hint="mend the rows or the query",
            )  # fmt: skip


def _said(one: Asserted) -> str:
    return one.message or f"rows that must not be there: {one.rows:,}"


def passed(review: Review) -> tuple[str, ...]:
    """Return the assertions that hold."""
    return tuple(str(one.ref) for one in review.asserted if one.status == "pass")
