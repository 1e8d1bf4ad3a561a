"""A request in, one look at a database as plain data out: what every page and probe is answered from."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.errors import ReconcileError
from reconciler.frozen import frozen
from reconciler.report.drift import Finding, check_data, drift
from reconciler.report.facts import Review
from reconciler.report.json import document
from reconciler.report.measured import measured_data
from reconciler.report.plan_json import plan_data, source_data
from reconciler.report.wellness import unreachable, wellness
from reconciler.workflow.measuring import measured
from reconciler.workflow.opening import Request

# Steps of a plan that a page shows.
_STEPS = 100


@frozen
class Seen:
    """A database at one moment.

    `at` is when by the monotonic clock, `seconds` what the look took. `wellness`, `check` and `plan` are as the
    commands give them; the latter two are empty where the database could not be looked at. `plan` is a JSON text, and
    `steps` are the first of its `number` steps: action, address, SQL. `missing` are the declared objects that are not
    there, `objects` all that is declared. `tag` changes with everything but the time.
    """

    at: float
    seconds: float
    wellness: Mapping[str, Any]
    project: str = ""
    environment: str = ""
    dialect: str = ""
    label: str = ""
    commit: str = ""
    check: Mapping[str, Any] = field(default_factory=dict)
    plan: str = ""
    plan_id: str = ""
    steps: tuple[tuple[str, str, str], ...] = ()
    number: int = 0
    fingerprint: str = ""
    tag: str = ""
    missing: tuple[str, ...] = ()
    objects: tuple[Mapping[str, Any], ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the database could be looked at."""
        return bool(self.check)


def look(request: Request, apply: str) -> Seen:
    """Look at a database; one that cannot be looked at is told as such. `apply` is the command that applies."""
    begun = time.monotonic()
    try:
        review = measured(request)
        return _seen(review, apply, begun)
    except ReconcileError as error:
        return Seen(at=time.monotonic(), seconds=time.monotonic() - begun, wellness=unreachable(error))


def _seen(review: Review, apply: str, begun: float) -> Seen:
    found = drift(review, apply)
    whole = review.whole().desired
    objects = (
        {"address": str(ref), "kind": str(ref.kind), "source": source_data(whole.position(ref))}
        for ref in sorted(whole.model)
    )
    told, checked = wellness(review, apply), {**check_data(review, apply), **measured_data(review)}
    now = time.monotonic()
    return Seen(
        at=now, seconds=now - begun, wellness=told, project=review.project,
        tag=_tag(told, checked, review.planned.plan.source),
        environment=review.environment, dialect=review.dialect, label=review.label, commit=review.spec.commit,
        check=checked, plan="".join(document(plan_data(review))), plan_id=review.planned.plan.id,
        number=len(review.planned.plan.steps),
        steps=tuple(
            (step.action, str(step.subject), ";\n".join(statement.sql for statement in step.statements))
            for step in review.planned.plan.steps[:_STEPS]
        ),
        fingerprint=review.planned.plan.source, objects=tuple(objects),
        missing=tuple(one.address for one in found if one.finding is Finding.MISSING),
    )  # fmt: skip


def _tag(told: Mapping[str, Any], checked: Mapping[str, Any], fingerprint: str) -> str:
    """Return a word for what was seen: the same while nothing is otherwise, however long that took."""
    asserted = [(one["address"], one["status"], one["rows"]) for one in checked["assertions"]]
    facts = [told["status"], told["issues"], told["tables"], checked["plan_id"], asserted, fingerprint]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:32]
