"""An error in, what a person is told about it out: every problem, what differs still; no passwords."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import Problem, ReconcileError
from reconciler.report.layout import source_text
from reconciler.report.problems import render_one
from reconciler.report.scrub import scrubbed

_MOST = 20


def failure_text(error: ReconcileError) -> str:
    """Return an error as text, every line ended."""
    parts = [_problem(problem) for problem in error.problems()]
    differences: tuple[str, ...] = getattr(error, "differences", ())
    lines = [f"  differs: {line}" for text in differences[:_MOST] for line in source_text(text)]
    more = len(differences) - _MOST
    if more > 0:
        lines.append(f"  and {more} more")
    return scrubbed("\n".join(parts) + "".join(f"{line}\n" for line in lines))


def _problem(problem: Problem) -> str:
    """Return one problem; further lines of its message (a statement, a server's detail) stay lines."""
    first, _, rest = problem.message.partition("\n")
    head, _, tail = render_one(replace(problem, message=first)).partition("\n")
    details = [f"    {line.strip()}" for line in source_text(rest) if line.strip()]
    return "\n".join([head, *details, tail])
