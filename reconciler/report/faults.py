"""What is not sound in a database beside differences in; lines for a person and plain data about it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.dialects.health import Status
from reconciler.dialects.upkeep import Fault
from reconciler.report.facts import Review
from reconciler.report.layout import Look, Style, wrapped
from reconciler.report.problems import safe

_SIGNS: Mapping[Status, tuple[str, Style]] = {
    Status.PROBLEM: ("✗", Style.DANGER), Status.WARN: ("!", Style.CARE), Status.OK: ("✔", Style.GOOD),
}  # fmt: skip


def faults(review: Review) -> tuple[Fault, ...]:
    """Return the faults that were found, none where nobody looked for any."""
    return review.condition.faults if review.condition else ()


def unsound(review: Review) -> bool:
    """Say whether a check fails for a fault: not one of those that only may matter."""
    return any(fault.status is Status.PROBLEM for fault in faults(review))


def typed(suggestion: str, apply: str) -> str:
    """Return a suggestion as it is typed: a command of ours takes the same options as the one that applies."""
    options = apply.removeprefix("reconcile apply")
    return suggestion + options if suggestion.startswith("reconcile ") else suggestion


def fault_lines(review: Review, look: Look) -> list[str]:
    """Return each fault with the keys of the first rows, and what mends it."""
    found = faults(review)
    lines = [f" Not sound ({len(found):,}):"] if found else []
    for fault in found:
        sign, style = _SIGNS[fault.status]
        lines.append(f"   {look.paint(style, sign)} {safe(fault.address or fault.code)}")
        lines += [f"       {line}" for line in wrapped(safe(_words(fault)), look, 7, 7)]
        lines += [f"       {line}" for line in wrapped(_advice(fault, look), look, 7, 9)] if fault.suggestion else []
    return lines


def _advice(fault: Fault, look: Look) -> str:
    """Return what mends a fault; rows are for a person to look at before they are touched."""
    lead = "once you have looked at these rows: " if fault.suggestion.startswith(("DELETE ", "UPDATE ")) else ""
    return f"→ {lead}{safe(typed(fault.suggestion, look.apply))}"


def _words(fault: Fault) -> str:
    more = (fault.rows or 0) - len(fault.sample)
    keys = "; ".join(fault.sample) + (f" and {more:,} more" if more > 0 else "")
    return f"{fault.message} (first keys: {keys})" if fault.sample else fault.message


def fault_sentence(fault: Fault) -> str:
    """Return a fault in one sentence."""
    return f"{fault.address}: {_words(fault)}" if fault.address else _words(fault)


def fault_data(review: Review, apply: str) -> list[dict[str, Any]]:
    """Return each fault as plain data."""
    return [
        {
            "code": fault.code, "address": fault.address, "status": fault.status.value, "message": fault.message,
            "suggestion": typed(fault.suggestion, apply), "rows": fault.rows, "sample": list(fault.sample),
        }
        for fault in faults(review)
    ]  # fmt: skip
