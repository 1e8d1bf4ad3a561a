"""Specs that are right in, lines for a person or plain data out."""

from __future__ import annotations

from typing import Any

from reconciler.errors import Problem
from reconciler.frozen import frozen
from reconciler.report.diagnostics import diagnostics
from reconciler.report.layout import Look, Style, counted
from reconciler.report.notes import notes
from reconciler.report.problems import safe


@frozen
class Validated:
    """Specs that are right, for which dialects, and what they lose there."""

    project: str
    files: int
    objects: int
    dialects: tuple[str, ...]
    warnings: tuple[Problem, ...]


def validate_text(validated: Validated, look: Look) -> str:
    """Return that the specs are right, for which dialects, and what they lose there."""
    state = look.paint(Style.GOOD, "valid")
    size = f"{counted(validated.objects, 'object')} in {counted(validated.files, 'file')}"
    first = f" {safe(validated.project)}  {state}  {size}  for {', '.join(validated.dialects)}"
    return "".join(f"{line}\n" for line in (first, *notes(validated.warnings, (), look)))


def validate_data(validated: Validated) -> dict[str, Any]:
    """Return what was validated as plain data."""
    return {
        "project": validated.project,
        "files": validated.files,
        "objects": validated.objects,
        "dialects": list(validated.dialects),
        "warnings": diagnostics(validated.warnings),
    }
