"""What `drift accept` or `drift ignore` did in, the patch of the files and what it means out; nothing is written."""

from __future__ import annotations

import difflib
from typing import Any

from reconciler.report.facts import Resolved, Settled
from reconciler.report.layout import Look, Style, counted, wrapped
from reconciler.report.offline import patch
from reconciler.report.offline_facts import FormattedFile
from reconciler.report.plan_json import source_data
from reconciler.report.problems import safe

_DONE = {"accept": "accepted", "ignore": "ignored"}


def resolved_text(done: Resolved, look: Look) -> str:
    """Return what was settled, the files' patch, and what to do next."""
    if not done.settled:
        return f" {safe(done.environment)}  nothing differs there: no file was edited\n"
    lines = [line for one in done.settled for line in _settled(one, done.action, look)]
    lines += ["", *(line for file in done.files for line in patch(file, look)), ""]
    words = counted(len(done.files), "file")
    state = f"{words} edited" if done.saved else f"{words} would be edited; nothing was written"
    return "".join(f"{line}\n" for line in (*lines, f" {state}.  Next:  {look.apply}"))


def _settled(one: Settled, action: str, look: Look) -> list[str]:
    place = f"   {safe(one.source.file)}:{one.source.line}" if one.source else ""
    sign = look.paint(Style.GOOD, "✔")
    head = f" {sign} {_DONE[action]}  {safe(one.address)}{place}"
    return [head, *(f"     {line}" for line in wrapped(safe(one.message), look, 5, 5))]


def resolved_data(done: Resolved) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "action": done.action,
        "environment": done.environment,
        "saved": done.saved,
        "settled": [
            {"address": one.address, "finding": one.finding, "message": one.message, "source": source_data(one.source)}
            for one in done.settled
        ],
        "files": [{"path": file.name, "diff": _diff(file)} for file in done.files],
    }


def _diff(file: FormattedFile) -> str:
    lines = difflib.unified_diff(
        file.before.splitlines(keepends=True), file.after.splitlines(keepends=True), file.name, file.name
    )
    return "".join(lines)
