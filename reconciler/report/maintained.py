"""What was done to keep a database in shape in; lines for a person or plain data for a machine out."""

from __future__ import annotations

from typing import Any

from reconciler.report.facts import Chored, Maintained
from reconciler.report.layout import Look, Style, counted, duration, joined, wrapped
from reconciler.report.problems import safe


def maintained_text(found: Maintained, look: Look) -> str:
    """Return a line for each chore, and below one that failed why."""
    lines = joined([safe(found.environment), safe(found.label)], look)
    for one in found.chores:
        lines += _lines(one, look)
    failed = sum(bool(one.failure) for one in found.chores)
    end = f"{counted(failed, 'chore')} failed" if failed else counted(len(found.chores), "chore") + " done"
    return "".join(f"{line}\n" for line in (*lines, f" {look.paint(Style.DANGER if failed else Style.GOOD, end)}"))


def _lines(one: Chored, look: Look) -> list[str]:
    sign, style = ("✖", Style.DANGER) if one.failure else ("✔", Style.GOOD)
    text = f"{safe(one.chore.sql)}  {safe(one.chore.why)}  {duration(one.seconds)}"
    first, *rest = wrapped(text, look, 3, 5)
    lines = [f" {look.paint(style, sign)} {first}", *(f"     {line}" for line in rest)]
    return lines + [f"     {line}" for line in (wrapped(safe(one.failure), look, 5, 5) if one.failure else ())]


def maintained_data(found: Maintained) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "environment": found.environment,
        "target": found.label,
        "chores": [
            {
                "address": str(one.chore.ref) if one.chore.ref else None, "sql": one.chore.sql, "why": one.chore.why,
                "seconds": round(one.seconds, 4), "failure": one.failure,
            }
            for one in found.chores
        ],
    }  # fmt: skip
