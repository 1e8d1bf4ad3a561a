"""How a command ended in, one JSON document out: the same envelope on success, on failure and on wrong usage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from reconciler.errors import Problem
from reconciler.report.diagnostics import FORMAT_VERSION, diagnostics
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


# How many words of JSON make a piece: enough that writing it is worth while.
_PIECE = 10_000


def document(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield data as one JSON document that any terminal and any encoding can carry, in pieces.

    A part that is a function is called when its turn comes, and what it returned is let go once it is written: a large
    plan never stands in memory as a whole.
    """
    words = json.JSONEncoder(indent=2, default=called).iterencode(data)
    while piece := "".join(islice(words, _PIECE)):
        yield piece
    yield "\n"


def called(part: object) -> Any:
    """Return what a part of the data is once it is made; raises TypeError for what JSON cannot hold."""
    if not callable(part):
        raise TypeError(f"{type(part).__name__} is no JSON")
    return part()
