"""An error in, what a person is told about it out: every problem; no passwords."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import Problem, ReconcileError
from reconciler.report.layout import source_text
from reconciler.report.markdown import fenced, marker
from reconciler.report.problems import render_one
from reconciler.report.scrub import scrubbed


def failure_text(error: ReconcileError) -> str:
    """Return an error as text, every line ended."""
    return scrubbed("\n".join(_problem(problem) for problem in error.problems()))


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
