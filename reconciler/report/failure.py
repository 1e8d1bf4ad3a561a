"""An error in, what a person is told about it out: every problem; no passwords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.errors import Problem, ReconcileError
from reconciler.report.layout import counted, source_text
from reconciler.report.markdown import fenced, marker
from reconciler.report.problems import render_one
from reconciler.report.scrub import scrubbed

# So many problems are told in full unless somebody wants all of them.
_MOST = 20


def failure_text(error: ReconcileError, detail: int = 0) -> str:
    """Return an error as text, every line ended; of many problems the first, unless somebody wants more detail."""
    problems = error.problems()
    shown = problems if detail > 0 else problems[:_MOST]
    parts = [_problem(problem) for problem in shown]
    return scrubbed("\n".join([*parts, *_total(problems, len(problems) - len(shown))]))


def _total(problems: Sequence[Problem], more: int) -> list[str]:
    """Return how many problems there are, in how many files, where that is more than a screen shows."""
    if len(problems) <= _MOST:
        return []
    places = {problem.position.file for problem in problems if problem.position is not None}
    where = f" in {counted(len(places), 'file')}" if places else ""
    rest = f"; {more:,} of them not shown, -v shows all" if more else ""
    return [f"{len(problems):,} problems{where}{rest}\n"]


def failure_markdown(command: str, error: ReconcileError) -> str:
    """Return an error as a comment for a change request."""
    lines = failure_text(error).split("\n")
    most = 300
    more = [f"… and {len(lines) - most:,} more lines"] if len(lines) > most else []
    text = "\n".join([*(line[:200] for line in lines[:most]), *more])
    return f"{marker(command, 'failed')}### 🔴 `reconcile {command}` failed\n\n{fenced(text)}"


def _problem(problem: Problem) -> str:
    """Return one problem; further lines of its message (a statement, a server's detail) stay lines."""
    first, _, rest = problem.message.partition("\n")
    head, _, tail = render_one(replace(problem, message=first)).partition("\n")
    details = [f"    {line.strip()}" for line in source_text(rest) if line.strip()]
    return "\n".join([head, *details, tail])
