"""Problems in, plain data for a machine out, each with its place in a file; and the version of all that is JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.errors import Position, Problem

FORMAT_VERSION = "1.0"


def diagnostics(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems as plain data."""
    return [
        {
            "severity": problem.severity, "code": problem.code, "summary": problem.message,
            "address": problem.address or None, "range": _range(problem.position), "hint": problem.hint or None,
        }
        for problem in problems
    ]  # fmt: skip


def _range(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    end = max(position.end_column, position.column)
    return {
        "file": position.file,
        "start": {"line": position.line, "column": position.column},
        "end": {"line": position.line, "column": end},
    }
