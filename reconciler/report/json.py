"""How a command ended in, one JSON document out: the same envelope on success, on failure and on wrong usage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.errors import Problem
from reconciler.report.plan_json import FORMAT_VERSION, diagnostics
from reconciler.report.scrub import scrubbed

# Exits with which a command has done what it was asked: 2 says that there is something to do.
_DONE = (0, 2)


def envelope(
    command: str, exit_code: int, result: Mapping[str, Any] | None, problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return the envelope of a command; `problems` are errors when it failed, warnings otherwise."""
    return {
        "format_version": FORMAT_VERSION,
        "command": command,
        "ok": exit_code in _DONE,
        "exit_code": exit_code,
        "result": result,
        "diagnostics": [
            {**one, "summary": scrubbed(one["summary"]), "hint": scrubbed(one["hint"]) if one["hint"] else None}
            for one in diagnostics(problems)
        ],
    }


def document(data: Mapping[str, Any]) -> str:
    """Return data as one JSON document that any terminal and any encoding can carry."""
    return json.dumps(data, indent=2) + "\n"
