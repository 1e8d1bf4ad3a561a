"""What validate, import and apply did in, a few lines for a person or plain data for a machine out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reconciler.frozen import frozen
from reconciler.plan.outcome import Usage
from reconciler.plan.step import Step
from reconciler.report.assertions import assertion_lines
from reconciler.report.backfills import worked_data, worked_lines
from reconciler.report.blocks import SIGNS
from reconciler.report.facts import Applied, Imported
from reconciler.report.foreign import foreign_data, foreign_lines
from reconciler.report.layout import Cell, Look, Style, capped, counted, duration, grid
from reconciler.report.notes import listed
from reconciler.report.plan_json import plan_data
from reconciler.report.problems import safe
from reconciler.report.text import part_words, plan_text
from reconciler.report.understanding import not_understood_data, not_understood_lines
from reconciler.report.words import label

_ANOTHER = "   to take one in: --select '*.NAME.*', or a spec there that says `schema: NAME`, and import again"

# So many steps are told one by one.
_MOST = 40


@frozen
class StepDone:
    """One step that was carried out and committed: its number in the plan, rows that it changed, seconds it took, and
    the ways that the server went where it has several.
    """

    number: int
    step: Step
    rows: int
    seconds: float
    ways: tuple[str, ...] = ()


def step_lines(done: Sequence[StepDone], look: Look) -> list[str]:
    """Return one line for each step that is committed; of many, one for all that did the same to the same kind."""
    if len(done) > _MOST and not look.detail:
        return _step_counts(done, look)
    told = any(one.ways for one in done)
    rows = [
        [
            Cell("✔", Style.GOOD),
            Cell(str(one.number), right=True),
            Cell(SIGNS[one.step.action], one.step.action),
            Cell(one.step.action),
            Cell(safe(str(one.step.subject))),
            Cell(counted(one.rows, "row") if one.rows else "", right=True),
            Cell(duration(one.seconds), right=True),
            *([Cell("; ".join(one.ways))] if told else []),
        ]
        for one in done
    ]
    return grid(rows, look.paint, indent=" ", gap="  ")


def _step_counts(done: Sequence[StepDone], look: Look) -> list[str]:
    groups: dict[tuple[str, str], list[StepDone]] = {}
    for one in done:
        groups.setdefault((one.step.action, label(one.step.subject.kind)), []).append(one)
    rows = [
        [
            Cell("✔", Style.GOOD),
            Cell(f"{len(steps):,} ×", right=True),
            Cell(SIGNS[action], action),
            Cell(f"{action} {kind}"),
            Cell(counted(changed, "row") if (changed := sum(one.rows for one in steps)) else "", right=True),
            Cell(duration(sum(one.seconds for one in steps)), right=True),
        ]
        for (action, kind), steps in groups.items()
    ]
    return [*grid(rows, look.paint, indent=" ", gap="  "), "   (-v tells each step)"]


def _part(applied: Applied) -> str:
    return "".join(f" ({words})" for words in part_words(applied.review))


def apply_text(applied: Applied, done: Sequence[StepDone], look: Look) -> str:
    """Return how an apply ended: what was done, or the plan when nothing was to be done yet."""
    outcome = applied.outcome
    if outcome is None:
        return plan_text(applied.review, look)
    total = max(len(applied.review.planned.plan.steps), outcome.steps)  # what every apply does is no step of a plan
    summary = (
        f" Applied {outcome.steps} of {counted(total, 'step')}, {counted(outcome.statements, 'statement')}, "
        f"{counted(outcome.rows, 'row')}, {duration(outcome.seconds)}.  run {outcome.run_id}"
    )
    usage = [] if outcome.usage is None else [f" {_usage_words(outcome.usage)}"]
    state = look.paint(Style.GOOD, "up to date")
    proof = f" {safe(applied.review.environment)}  {state}: looked at again, nothing differs{_part(applied)}"
    worked = worked_lines(outcome.worked, look)
    kept = [f" What was there before is in the backup {applied.backup.manifest.id}."] if applied.backup else []
    kept += refilled_lines(applied, look)
    lines = (*step_lines(done, look), *([""] if done else []), *worked, summary, *usage, *kept, proof)
    return "".join(f"{line}\n" for line in (*lines, *assertion_lines(applied.review, look)))


def refilled_lines(applied: Applied, look: Look) -> list[str]:
    """Return what became of the rows of each table and column that was made again."""
    lines = []
    for one in applied.refilled:
        sign = look.paint(Style.CARE, "!") if one.reason else look.paint(Style.GOOD, "✔")
        told = f"stays empty: {one.reason}" if one.reason else f"{counted(one.rows, 'row')} from {one.backup}"
        lines.append(f" {sign}  {safe(str(one.ref))}  {safe(told)}")
    return lines


def refilled_data(applied: Applied) -> list[dict[str, Any]]:
    """Return the same as plain data."""
    return [
        {"address": str(one.ref), "backup": one.backup or None, "rows": one.rows, "reason": one.reason or None}
        for one in applied.refilled
    ]


def _usage_words(usage: Usage) -> str:
    return (
        f"The database counted {counted(usage.rows_read, 'row')} read, {counted(usage.rows_written, 'row')} written; "
        f"it is {usage.size / 1_000_000:,.2f} MB large."
    )


def apply_data(applied: Applied, done: Sequence[StepDone]) -> dict[str, Any]:
    """Return how an apply ended as plain data; without a run it is the plan alone."""
    outcome = applied.outcome
    plan = plan_data(applied.review)
    if outcome is None:
        return {"run_id": None, "applied": None, "assertions": plan["assertions"], "plan": plan}
    return {
        "run_id": outcome.run_id,
        "applied": {
            "steps": outcome.steps, "statements": outcome.statements, "rows": outcome.rows,
            "seconds": round(outcome.seconds, 3),
            **({} if outcome.usage is None else {"usage": asdict(outcome.usage)}),
            **({"backfills": worked_data(outcome.worked)} if outcome.worked else {}),
            **({"backup": applied.backup.manifest.id} if applied.backup else {}),
            **({"rows_back": refilled_data(applied)} if applied.refilled else {}),
            "done": [
                {
                    "number": one.number, "address": str(one.step.subject), "action": one.step.action,
                    "rows": one.rows, "seconds": round(one.seconds, 4),
                    **({"ways": list(one.ways)} if one.ways else {}),
                }
                for one in done
            ],
        },
        "assertions": plan["assertions"],
        "plan": plan,
    }  # fmt: skip


def import_text(imported: Imported, look: Look) -> str:
    """Return what was written, what could not be, and what to do next."""
    command = look.paint(Style.STRONG, look.apply)
    step = f" Next:  {command}   (nothing is to be planned, or the import is wrong)"
    if not imported.objects:
        step = f" Next:  write a first spec below {safe(str(imported.directory))}, then {command}"
    return "".join(f"{line}\n" for line in [*import_lines(imported, look), step])


def import_lines(imported: Imported, look: Look) -> list[str]:
    """Return what was written, and what could not be."""
    paths = [f"   + {safe(str(path))}" for path in imported.written]
    size = f"{counted(imported.objects, 'object')} in {counted(len(paths), 'file')}"
    written = f" Imported {size} below {safe(str(imported.directory))}"
    first = written if paths else " Nothing differs: no file was written"
    return [
        first,
        *capped(paths, look),
        *listed(f" Not managed yet ({len(imported.unmodelled):,}), not written down:", imported.unmodelled, look),
        *not_understood_lines(imported.not_understood, look),
        *listed(f" Other schemas ({len(imported.other_schemas):,}), not looked into:", imported.other_schemas, look),
        *([_ANOTHER] if imported.other_schemas else []),
        *foreign_lines(imported.foreign_tools, look),
    ]


def import_data(imported: Imported) -> dict[str, Any]:
    """Return what was imported as plain data."""
    return {
        "directory": str(imported.directory),
        "written": [str(path) for path in imported.written],
        "objects": imported.objects,
        "unmodelled": [{"address": address} for address in imported.unmodelled],
        "not_understood": not_understood_data(imported.not_understood),
        "other_schemas": list(imported.other_schemas),
        "foreign_tools": foreign_data(imported.foreign_tools),
    }
