"""What was mended by itself and what was held back in, lines for a person and plain data out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.ref import Ref
from reconciler.report.facts import Applied
from reconciler.report.layout import Look, capped, counted, duration, wrapped
from reconciler.report.outcome import StepDone, step_lines
from reconciler.report.problems import safe


def fixed_text(applied: Applied | None, held: Mapping[Ref, str], done: Sequence[StepDone], look: Look) -> str:
    """Return what was mended, and what was left to an apply that somebody looks at."""
    outcome = applied.outcome if applied else None
    lines = list(step_lines(done, look))
    if outcome is None:
        lines.append(" Fixed nothing: there is nothing to do that is safe to do by itself")
    else:
        words = f"{counted(outcome.steps, 'step')}, {counted(outcome.statements, 'statement')}"
        lines.append(f" Fixed: {words}, {duration(outcome.seconds)}.  run {outcome.run_id}")
    if applied is not None and applied.backup is not None:
        lines.append(f" What was there before is in the backup {applied.backup.manifest.id}.")
    if held:
        lines += [f" Held back ({len(held):,}), for an apply that somebody looks at:", *_held(held, look)]
    return "".join(f"{line}\n" for line in (*lines, ""))


def _held(held: Mapping[Ref, str], look: Look) -> list[str]:
    items = ["\n     ".join(wrapped(safe(f"- {ref}: {why}"), look, 3, 5)) for ref, why in held.items()]
    return [f"   {line}" for line in capped(items, look)]


def fixed_data(applied: Applied | None, held: Mapping[Ref, str], done: Sequence[StepDone]) -> dict[str, Any]:
    """Return the same as plain data."""
    outcome = applied.outcome if applied else None
    ran = outcome and {
        "run_id": outcome.run_id, "steps": outcome.steps, "statements": outcome.statements, "rows": outcome.rows,
        "done": [{"address": str(one.step.subject), "action": one.step.action} for one in done],
    }  # fmt: skip
    kept = {"backup": applied.backup.manifest.id} if applied and applied.backup else {}
    return {**kept, "fixed": ran, "held": [{"address": str(ref), "reason": why} for ref, why in held.items()]}
