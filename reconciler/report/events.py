"""What happens in, events out: plain data, one JSON object a line, described by schemas/ndjson.schema.json.

The words of `type` are stable; whoever meets an unknown one shows `@message`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from reconciler import __version__
from reconciler.errors import Problem
from reconciler.frozen import frozen
from reconciler.plan.hazards import Effect
from reconciler.report.diagnostics import FORMAT_VERSION, diagnostics
from reconciler.report.drift import drift
from reconciler.report.entries import entries
from reconciler.report.facts import Review
from reconciler.report.json import called
from reconciler.report.layout import counted
from reconciler.report.plan_json import source_data, summary_data
from reconciler.report.problems import safe
from reconciler.report.scrub import scrubbed

_LEVELS: Mapping[str, str] = {"error": "error", "warning": "warn", "info": "info"}


@frozen
class Event:
    """Something that happened: a stable word, a sentence for a person, and what belongs to it."""

    type: str
    message: str
    level: str = "info"
    fields: Mapping[str, Any] = field(default_factory=dict)


def line(event: Event, context: Mapping[str, str | None], now: str) -> str:
    """Return an event as one line of JSON, ended.

    Args:
        event: what happened.
        context: which run, environment and target this is about, as far as that is known.
        now: the time, in UTC.
    """
    head = {"@timestamp": now, "@level": event.level, "@message": scrubbed(safe(event.message)), "type": event.type}
    return json.dumps({**head, **context, **event.fields}, separators=(",", ":"), default=called) + "\n"


def version_event(command: str) -> Event:
    """Return what opens every stream."""
    fields = {"format_version": FORMAT_VERSION, "version": __version__, "command": command}
    return Event(type="version", message=f"reconcile {__version__} {command}", fields=fields)


def plan_events(review: Review) -> Iterator[Event]:
    """Return each change of a plan, and what they come to."""
    found = entries(review)
    for entry in found.all:
        codes = sorted({hazard.code for hazard in entry.hazards if hazard.effect is not Effect.NOTICE})
        fields = {
            "address": str(entry.ref), "previous_address": str(entry.previous) if entry.previous else None,
            "kind": str(entry.ref.kind), "action": entry.verb, "risk": entry.level, "codes": codes,
            "refused": not found.refused.isdisjoint(entry.hazards), "source": source_data(entry.source),
            "step": entry.steps[-1],
        }  # fmt: skip
        yield Event(type="planned_change", message=f"{entry.verb} {entry.ref}", fields=fields)
    summary = summary_data(review, found.totals)
    changes = sum(found.totals.values())
    fields = {"plan_id": review.planned.plan.id, "changes": changes, **summary}
    yield Event(type="change_summary", message=f"{counted(changes, 'change')}, risk {summary['risk']}", fields=fields)


def check_events(review: Review, apply: str) -> Iterator[Event]:
    """Return each thing that a check found to differ."""
    for one in drift(review, apply):
        fields = {
            "finding": one.finding.name.lower(), "address": one.address, "suggestion": one.suggestion,
            "source": source_data(one.source),
        }  # fmt: skip
        yield Event(type="drift", message=f"{one.address} {one.message}", level="warn", fields=fields)


def assertion_events(review: Review) -> Iterator[Event]:
    """Return what the rows said to each assertion; the rows themselves are in the result."""
    for one in review.asserted:
        level = "info" if one.status == "pass" else "error" if one.severity == "error" else "warn"
        fields = {
            "address": str(one.ref), "status": one.status, "severity": one.severity, "rows": one.rows,
            "seconds": round(one.seconds, 4),
        }  # fmt: skip
        said = f": {one.message}" if one.message else f" ({counted(one.rows, 'row')})" if one.rows else ""
        yield Event(type="assertion", message=f"{one.ref} {one.status}{said}", level=level, fields=fields)


def diagnostic_events(problems: Iterable[Problem]) -> Iterator[Event]:
    """Return each problem."""
    for one in diagnostics(problems):
        hint = scrubbed(one["hint"]) if one["hint"] else None
        fields = {**one, "summary": scrubbed(one["summary"]), "hint": hint}
        yield Event(type="diagnostic", message=one["summary"], level=_LEVELS[one["severity"]], fields=fields)


def result_event(envelope: Mapping[str, Any]) -> Event:
    """Return what ends every stream: the envelope that `--json` prints."""
    code = envelope["exit_code"]
    words = f"{envelope['command']} ended with {code}"
    return Event(type="result", message=words, level="info" if envelope["ok"] else "error", fields=envelope)
