"""The signs of a database, or the holders of its lock, in; lines for a person or plain data for a machine out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.dialects.health import Holder, Sign, Status
from reconciler.report.facts import Health, Locks
from reconciler.report.foreign import foreign_data
from reconciler.report.layout import Look, Style, counted, joined, wrapped
from reconciler.report.problems import safe

_STYLES: Mapping[Status, Style] = {Status.OK: Style.GOOD, Status.WARN: Style.CARE, Status.PROBLEM: Style.DANGER}
_NAME = max(len(word) for word in ("connection", "privileges", "elaboration", "foreign tools"))
_INDENT = 3 + len(Status.PROBLEM) + 2 + _NAME + 2


def health_text(found: Health, look: Look) -> str:
    """Return a line for each sign, and below one that is not in order what mends it."""
    lines = joined([safe(found.environment), found.dialect, safe(found.label)], look)
    for sign in found.signs:
        lines += _lines(sign, look)
    return "".join(f"{line}\n" for line in (*lines, f" {_end(found, look)}"))


def _lines(sign: Sign, look: Look) -> list[str]:
    status = look.paint(_STYLES[sign.status], sign.status.value) + " " * (len(Status.PROBLEM) - len(sign.status))
    first, *rest = wrapped(safe(sign.message), look, _INDENT, _INDENT)
    remedy = wrapped(f"→ {safe(sign.remedy)}", look, 7, 9) if sign.remedy else []
    told = [f"   {status}  {sign.name:<{_NAME}}  {first}", *(f"{' ' * _INDENT}{line}" for line in rest)]
    return [*told, *(f"{' ' * (9 if number else 7)}{line}" for number, line in enumerate(remedy))]


def _end(found: Health, look: Look) -> str:
    counts = Counter(sign.status for sign in found.signs)
    problems, warnings = counts[Status.PROBLEM], counts[Status.WARN]
    words = [counted(problems, "problem")] * bool(problems) + [counted(warnings, "warning")] * bool(warnings)
    style = Style.DANGER if problems else Style.CARE if warnings else Style.GOOD
    return look.paint(style, ", ".join(words) or "in order")


def health_data(found: Health) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "project": found.project,
        "environment": found.environment,
        "dialect": found.dialect,
        "target": found.label,
        "checks": [asdict(sign) for sign in found.signs],
        "foreign_tools": foreign_data(found.foreign_tools),
    }


def locks_text(found: Locks, look: Look) -> str:
    """Return who holds the lock, and how it is let go."""
    head = joined([safe(found.environment), safe(found.label)], look)
    lines = [line for one in found.holders for line in _holder(one, look)]
    return "".join(f"{line}\n" for line in (*head, *(lines or [" No run holds the lock."])))


def _holder(one: Holder, look: Look) -> list[str]:
    word = "left behind by" if one.dead else "held by"
    since = f", since {one.since}" if one.since else ""
    first, *rest = wrapped(safe(f"{word} {one.who}{since}"), look, 3, 5)
    lines = [f"   {first}", *(f"     {line}" for line in rest)]
    if one.command:
        return [*lines, "     → it goes with its session; to end that:  " + safe(one.command)]
    return [*lines, "     → reconcile lock release"] if one.release else lines


def released_text(found: Locks, look: Look) -> str:
    """Return whose lock was let go."""
    head = joined([safe(found.environment), safe(found.label)], look)
    lines = [f"   let go, held by {safe(one.who)}" for one in found.holders]
    return "".join(f"{line}\n" for line in (*head, *(lines or [" No run holds the lock."])))


def locks_data(found: Locks) -> dict[str, Any]:
    """Return the holders as plain data."""
    holders = [
        {
            "holder": one.who, "since": one.since or None, "state": "left behind" if one.dead else "held",
            "releasable": one.release is not None, "command": one.command or None,
        }
        for one in found.holders
    ]  # fmt: skip
    return {"environment": found.environment, "target": found.label, "locks": holders}
