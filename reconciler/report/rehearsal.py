"""How a plan went on a copy in, a line or plain data about it out."""

from __future__ import annotations

from typing import Any

from reconciler.report.facts import Rehearsal
from reconciler.report.layout import Look, Style, counted, duration, wrapped
from reconciler.report.problems import safe


def rehearsal_lines(found: Rehearsal | None, look: Look) -> list[str]:
    """Return how the rehearsal went; what went wrong is told by the error."""
    if found is None:
        return []
    if found.status == "skipped":
        return [f" {line}" for line in wrapped(f"Not rehearsed: {safe(found.message)}", look, 1, 3)]
    if found.status == "failed":
        return [f" {look.paint(Style.DANGER, 'Rehearsed, and it went wrong')}: see the error"]
    ran = f"{counted(found.statements, 'statement')} on a copy without rows, {duration(found.seconds)}"
    lines = [f" {line}" for line in wrapped(f"Rehearsed: {ran}; nothing was left to do", look, 1, 1)]
    return [lines[0].replace("Rehearsed", look.paint(Style.GOOD, "Rehearsed"), 1), *lines[1:]]


def rehearsal_data(found: Rehearsal | None) -> dict[str, Any] | None:
    """Return the same as plain data, None where nothing was tried."""
    if found is None:
        return None
    return {
        "status": found.status, "statements": found.statements, "seconds": round(found.seconds, 3),
        "differences": list(found.differences), "message": found.message,
    }  # fmt: skip
