"""What a project file allows in; what of it holds today, and a warning for each line that does not any more, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from reconciler.errors import Problem
from reconciler.plan.policy import Allowance, parse_allowance
from reconciler.spec.allowances import Allowed
from reconciler.workflow.declaring import source_line


def today() -> date:
    """Return the day that it is, in UTC: the same one on every machine."""
    return datetime.now(UTC).date()


def holding(allowed: Iterable[Allowed]) -> tuple[Allowance, ...]:
    """Return the allowances of an environment that have not expired. Raises UsageError for a code that is none."""
    day = today()
    return tuple(parse_allowance(str(one)) for one in allowed if one.holds(day))


def expired(allowed: Iterable[Allowed]) -> Iterator[Problem]:
    """Yield a warning for each allowance whose last day is over: it allows nothing any more."""
    day = today()
    for one in allowed:
        if not one.holds(day):
            yield suppression("SU102", one, f"the allowance of {one} ended on {one.until}",
                              "take it out, or give it another day and reason")  # fmt: skip


def suppression(code: str, one: Allowed, message: str, hint: str) -> Problem:
    """Return a warning about a line that allows something, at its place in the project file."""
    return Problem(
        code=code, message=message, hint=hint, severity="warning", position=one.position,
        source=source_line(one.position),
    )  # fmt: skip
