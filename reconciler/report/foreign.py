"""How other tools left their accounts in, lines for a person and plain data out; it asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reconciler.report.facts import ForeignTool
from reconciler.report.layout import Look, Style, wrapped
from reconciler.report.markdown import code, prose
from reconciler.report.problems import safe

_WELL = ("clean",)


def foreign_lines(tools: Sequence[ForeignTool], look: Look) -> list[str]:
    """Return a line for each account, and below one that was not left clean what clears it; nothing without any."""
    lines = [line for one in tools for line in _lines(one, look)]
    return [" Other tools' accounts, left alone:", *lines] if lines else []


def _lines(one: ForeignTool, look: Look) -> list[str]:
    sign = " " if one.state in _WELL else look.paint(Style.CARE, "!")
    first, *rest = wrapped(safe(f"{one.tool}, {one.table}: {one.message}"), look, 5, 7)
    lines = [f"   {sign} {first}", *(f"       {line}" for line in rest)]
    return lines + ([f"       → once the schema is right:  {safe(one.command)}"] if one.command else [])


def foreign_markdown(tools: Sequence[ForeignTool]) -> str:
    """Return the same as a list in Markdown, empty without any."""
    lines = []
    for one in tools:
        told = f"- {prose(one.tool)}, {code(one.table)}: {prose(one.message[:300])}"
        lines.append(f"{told}; once the schema is right: {code(one.command)}" if one.command else told)
    return "Other tools' accounts, left alone:\n\n" + "".join(f"{line}\n" for line in lines) if lines else ""


def foreign_data(tools: Sequence[ForeignTool]) -> list[dict[str, Any]]:
    """Return the same as plain data."""
    return [asdict(one) for one in tools]
