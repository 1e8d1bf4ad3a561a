"""A procedure that was run in; its results as tables for a person, or as plain data for a machine, out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from reconciler.plan.outcome import Rows
from reconciler.report.facts import Called
from reconciler.report.layout import Cell, Look, Style, counted, cut, duration, grid
from reconciler.report.problems import safe

# So many rows of a result are shown to a person, unless all are asked for, and so much of each value.
_MOST, _WIDEST = 50, 60


def call_text(found: Called, look: Look) -> str:
    """Return that it ran, and what it gave back."""
    head = f" {look.paint(Style.GOOD, '✔')} {safe(str(found.ref))} ran on {safe(found.environment)} in "
    lines = [f"{head}{duration(found.seconds)}"]
    for result in found.results:
        lines += ["", *_table(result, look)]
    return "".join(f"{line}\n" for line in lines)


def _table(result: Rows, look: Look) -> list[str]:
    shown = result.rows if look.detail else result.rows[:_MOST]
    head = [Cell(safe(name), Style.STRONG) for name in result.columns]
    cells = [[Cell(cut(safe(_word(value)), _WIDEST), right=_is_number(value)) for value in row] for row in shown]
    more = len(result.rows) - len(shown)
    lines = grid([head, *cells], look.paint, indent="   ", gap="  ")
    return [*lines, *([f"   … {counted(more, 'more row')}, -v shows them"] if more else [])]


def _word(value: object) -> str:
    return "null" if value is None else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def call_data(found: Called) -> dict[str, Any]:
    """Return the same as plain data; what JSON has no word for is a text."""
    return {
        "procedure": str(found.ref),
        "environment": found.environment,
        "target": found.label,
        "results": [
            {"columns": list(result.columns), "rows": [[_plain(value) for value in row] for row in result.rows]}
            for result in found.results
        ],
        "duration_s": round(found.seconds, 3),
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
