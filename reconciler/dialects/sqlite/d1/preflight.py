"""A plan and an open session in, what of it goes beyond D1's limits out; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.d1 import limits
from reconciler.dialects.sqlite.d1.session import d1
from reconciler.dialects.sqlite.preflight import unknown_collations
from reconciler.errors import Problem
from reconciler.model.change import Rename
from reconciler.model.model import Model
from reconciler.model.objects import Index, Unique
from reconciler.model.ref import Ref
from reconciler.plan.plan import Plan
from reconciler.plan.step import Step

# All that D1 has; it does not let anybody ask.
_COLLATIONS = frozenset({"binary", "nocase", "rtrim"})


def preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """Return what does not fit, each with a way out; nothing for a plan that does nothing."""
    if plan.empty:
        return []
    return [*_long(plan), *unknown_collations(plan, _COLLATIONS), *_large(session, plan, actual)]


def _long(plan: Plan) -> Iterator[Problem]:
    for step in plan.steps:
        for why in filter(None, (limits.too_long(statement.sql) for statement in step.statements)):
            hint = "shorten its definition; D1 has no other way to be told"
            yield Problem(code="RUN045", message=f"{step.subject}: {why}", hint=hint, address=str(step.subject))


def _large(session: Session, plan: Plan, actual: Model) -> Iterator[Problem]:
    """A rebuild copies whole tables in one batch, and a batch has 30 seconds."""
    before = {
        change.ref: change.old.ref for step in plan.steps for change in step.changes if isinstance(change, Rename)
    }
    rebuilt = {before.get(ref, ref): step for step in plan.steps for ref in _rebuilt(step)}
    live = sorted(ref for ref in rebuilt if ref in actual)
    if not live:
        return
    counts = " + ".join(f"{_writes(ref, actual)} * (SELECT count(*) FROM {double_quoted(ref.name)})" for ref in live)
    (rows,) = session.query(f"SELECT {counts}")[0]
    hint = "make the change without a rebuild, or move the rows to a new table in batches, by hand, with writes stopped"
    subject = rebuilt[live[0]].subject
    names = ", ".join(str(ref) for ref in live)
    if rows > limits.WRITTEN:
        message = f"to rebuild {names} writes {rows:,} rows, indexes counted, and a batch of D1 ends after 30 seconds"
        yield Problem(code="RUN045", message=message, hint=hint, address=str(subject))
    size = d1(session).usage.size
    if size > limits.DATABASE // 2:
        message = f"to rebuild {names} may take the database of {size:,} bytes beyond D1's {limits.DATABASE:,}"
        yield Problem(code="RUN045", message=message, hint=hint, address=str(subject))


def _rebuilt(step: Step) -> set[Ref]:
    """Return the tables that a step makes anew."""
    return {ref for ref in step.drops & step.creates if ref.parent is None and ref.kind == step.subject.kind}


def _writes(table: Ref, actual: Model) -> int:
    """Return how many rows are written for one: its own, and one for each index."""
    return 1 + len(actual.children(table, Index)) + len(actual.children(table, Unique))
