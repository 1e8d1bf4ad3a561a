"""A review in, the plan as plain data out, of the form that schemas/plan.schema.json describes; it writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from reconciler import __version__
from reconciler.errors import Position
from reconciler.plan.hazards import Effect, Hazard, risk
from reconciler.plan.step import Step, Transaction
from reconciler.report.advice import applyable, approval_required
from reconciler.report.assertions import assertion_data
from reconciler.report.diagnostics import FORMAT_VERSION, diagnostics
from reconciler.report.entries import Entry, entries
from reconciler.report.facts import Review
from reconciler.report.filling import filling_data
from reconciler.report.notes import ignored_data
from reconciler.report.rehearsal import rehearsal_data
from reconciler.report.rows import rows_data
from reconciler.report.understanding import not_understood_data
from reconciler.report.words import data


def plan_data(review: Review) -> dict[str, Any]:
    """Return a plan as plain data; each change and step is a function that makes it, called by whoever writes it."""
    planned, found = review.planned, entries(review)
    scope = planned.comparison.scope
    return {
        "format_version": FORMAT_VERSION,
        "plan_id": planned.plan.id,
        "tool": {"name": "reconcile", "version": __version__},
        "created_at": review.created_at,
        "environment": review.environment,
        "project": review.project,
        "target": _target(review),
        "spec": {"commit": review.spec.commit, "dirty": review.spec.dirty, "sha256": review.spec.sha256},
        "fingerprint": {"from": planned.plan.source, "to": planned.plan.target},
        "partial": bool(review.only),
        "selected": [str(ref) for ref in review.only],
        "applyable": applyable(review),
        "complete": True,
        "summary": summary_data(review, found.totals),
        "approval": {
            "required": approval_required(review),
            "reasons": sorted({hazard.code for hazard in planned.verdict.refused}),
            "allow": list(planned.verdict.allow),
        },
        "changes": [partial(_change, entry, found.refused) for entry in found.all if entry.filling is None],
        "steps": [partial(_step, number, step) for number, step in enumerate(planned.plan.steps, 1)],
        "backfills": [filling_data(filling) for filling in planned.agenda.fillings],
        "hazards": [partial(_hazard, hazard, found.refused) for hazard in planned.hazards],
        "undeclared": [{"address": str(ref)} for ref in scope.undeclared],
        "unmodelled": [{"address": str(ref)} for ref in scope.unmodelled],
        "not_understood": not_understood_data(planned.comparison.not_understood),
        "ignored": ignored_data(scope.ignored),
        "assertions": assertion_data(review),
        "rehearsal": rehearsal_data(review.rehearsal),
        "obstacles": diagnostics(planned.obstacles),
        "diagnostics": [*diagnostics(review.warnings), *(_note(text) for text in planned.comparison.notes)],
    }


def _target(review: Review) -> dict[str, str]:
    server = review.planned.server
    return {
        "dialect": review.dialect, "server_version": server.version, "host": server.host, "database": server.database,
        "user": server.user, "label": review.label,
    }  # fmt: skip


def summary_data(review: Review, totals: Mapping[str, int]) -> dict[str, Any]:
    """Return what the changes of a plan come to."""
    plan = review.planned.plan
    return {
        "create": totals["create"], "update": totals["update"], "rename": totals["rename"],
        "delete": totals["delete"], "replace": totals["replace"], "backfill": totals["backfill"],
        "statements": len(plan.statements), "risk": risk(review.planned.hazards, plan.steps),
    }  # fmt: skip


def _change(entry: Entry, refused: frozenset[Hazard]) -> dict[str, Any]:
    return {
        "address": str(entry.ref),
        "previous_address": str(entry.previous) if entry.previous else None,
        "kind": str(entry.ref.kind),
        "actions": [entry.verb],
        "action_reason": entry.reason,
        "inside": str(entry.inside) if entry.inside else None,
        "before": data(entry.old) if entry.old else None,
        "after": data(entry.new) if entry.new else None,
        "fields": list(entry.fields),
        "source": source_data(entry.source),
        "risk": {
            "level": entry.level,
            "codes": sorted({hazard.code for hazard in entry.hazards if hazard.effect is not Effect.NOTICE}),
        },
        "hazards": [_hazard(hazard, refused) for hazard in entry.hazards],
        "step": entry.steps[-1],
        **({"rows": rows_data(entry.rows)} if entry.rows else {}),
    }


def source_data(position: Position | None) -> dict[str, Any] | None:
    """Return a place in a spec as plain data."""
    if position is None:
        return None
    return {
        "file": position.file, "line": position.line, "column": position.column,
        "end_line": position.line, "end_column": max(position.end_column, position.column),
    }  # fmt: skip


def _step(number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "address": str(step.subject),
        "action": step.action,
        "stage": step.stage.value,
        "changes": list(dict.fromkeys(str(change.ref) for change in step.changes))
        or [str(step.subject)] * step.only_rows,
        "statements": [
            {"sql": statement.sql, "transaction": Transaction(statement.transaction).value}
            for statement in step.statements
        ],
    }


def _hazard(hazard: Hazard, refused: frozenset[Hazard]) -> dict[str, Any]:
    return {
        "code": hazard.code,
        "address": str(hazard.ref),
        "message": hazard.message,
        "effect": hazard.effect.value,
        "level": hazard.kind.level.value,
        "title": hazard.kind.title,
        "count": hazard.count,
        "sample": list(hazard.sample),
        "refused": hazard in refused,
    }


def _note(text: str) -> dict[str, Any]:
    return {"severity": "info", "code": "RUN000", "summary": text, "address": None, "range": None, "hint": None}
