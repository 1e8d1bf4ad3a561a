"""A plan and its target in, how it went on a copy of the schema without rows out; the target is only read.

The copy is what the database itself says of the schema where that can be had, and is otherwise made from the model that
was read: then the rehearsal shows too whether that model was understood.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.compare.besides import staged
from reconciler.compare.compare import Owned, compare
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import DatabaseError, Scratch, Session
from reconciler.errors import PlanError, RehearsalFailed, TargetError
from reconciler.execute.climb import carried_out
from reconciler.execute.segments import segments
from reconciler.model.change import Alter
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Unmodelled
from reconciler.model.ref import Ref
from reconciler.model.texts import map_texts
from reconciler.model.values import Sql
from reconciler.plan.filling import holds_of
from reconciler.plan.order import parts
from reconciler.plan.policy import Allowance, Policy
from reconciler.plan.step import Stage, Step
from reconciler.plan.understood import CODE
from reconciler.report.facts import Rehearsal, Review
from reconciler.workflow.declaring import place
from reconciler.workflow.looking import reading, session_on
from reconciler.workflow.opening import Opened
from reconciler.workflow.proving import broken_contracts, difference

# Seconds that a statement waits for a lock where nobody else is.
_PATIENCE = 10.0
_ALL = Policy(allow=(Allowance("*"),))


def rehearsed(opened: Opened, review: Review, wanted: bool | None) -> Review:
    """Return a review with how its plan went on a copy.

    Args:
        opened: the target.
        review: with a plan.
        wanted: whether somebody asked for it or against it; None leaves it to the dialect, which tries what costs
            nothing.

    Raises TargetError where somebody asked and there can be no copy.
    """
    planned, most = review.planned, opened.dialect.tries
    compared = planned.comparison
    size = max(len(compared.live), len(compared.desired)) + sum(one.count for one in compared.aside.values())
    if not _schema_steps(planned) or wanted is False or (wanted is None and size > most):
        return review
    if any(hazard.code == CODE for hazard in planned.hazards):
        return replace(review, rehearsal=Rehearsal(status="skipped", message="not all that changes is understood"))
    begun = time.monotonic()
    try:
        with (
            session_on(reading(opened)) as session,
            opened.dialect.scratch(opened.dialect, session, opened.target) as copy,
        ):
            left, address = _tried(copy, opened, planned, review.desired)
            if left and _moved_on(opened, session, planned):
                return replace(
                    review, rehearsal=Rehearsal(status="skipped", message="the schema was changed meanwhile")
                )
    except (DatabaseError, _NoCopy) as error:
        if wanted:
            hint = "go without --rehearse; the plan itself may be sound"
            raise TargetError(f"the plan cannot be rehearsed: {error}", hint=hint) from None
        return replace(review, rehearsal=Rehearsal(status="skipped", message=str(error)))
    found = Rehearsal(
        status="failed" if left else "passed", differences=left, address=address, seconds=time.monotonic() - begun,
        statements=sum(len(step.statements) for step in _schema_steps(planned)),
    )  # fmt: skip
    return replace(review, rehearsal=found)


def _schema_steps(planned: Planned) -> tuple[Step, ...]:
    """Return the steps that change objects and wait for no backfill: what writes rows finds none on a copy."""
    return tuple(step for step in planned.plan.steps if step.stage is Stage.EXPAND and not step.only_rows)


def _moved_on(opened: Opened, session: Session, planned: Planned) -> bool:
    """Say whether the schema is another one than the plan was made for: then it is stale, and not wrong."""
    now = opened.dialect.normalize(opened.dialect.inspect(session, opened.target).model).model.marks()
    aside = planned.comparison.aside
    return {root: mark for root, mark in now.items() if root not in aside} != planned.comparison.live.marks()


def refuse_failed(review: Review) -> None:
    """Raise RehearsalFailed when a plan did not do on a copy what it is for."""
    found = review.rehearsal
    if found is not None and found.status == "failed":
        message = "the plan was rehearsed on a copy of the schema without rows, and did not go well"
        hint = "nothing was changed; --no-rehearse goes on all the same"
        error = RehearsalFailed("\n".join([message, *found.differences]), hint=hint, address=found.address)
        error.place(place(error.problems(), review.desired))
        raise error


class _NoCopy(Exception):
    """There can be no copy of the schema."""


def _tried(copy: Scratch, opened: Opened, planned: Planned, desired: Desired) -> tuple[tuple[str, ...], str]:
    """Run a plan on a copy; return what went wrong there, or is left, and the address of what failed."""
    if not copy.filled:
        _fill(copy, planned.comparison.live)
    goal, dialect = planned.comparison.aim.values(), copy.dialect
    before = dialect.unusable(copy.session, goal)
    try:
        _run(copy, _schema_steps(planned))
        if left := _left(copy, opened, planned, desired):
            return left, ""
        after = dialect.unusable(copy.session, goal)
        broken = {ref: said for ref, said in after.items() if _worse(ref, before, planned)}
        return tuple(f"{ref} could not be used: {said}" for ref, said in broken.items()), str(next(iter(broken), ""))
    except DatabaseError as error:
        return (f"{error.message}{f' ({error.code})' if error.code else ''}",), error.address


def _worse(ref: Ref, before: Mapping[Ref, str], planned: Planned) -> bool:
    """Say whether an object that cannot be used could be before, or was not there."""
    return ref not in before or ref not in planned.comparison.live


def _fill(copy: Scratch, live: Model) -> None:
    """Make what was read of the target, as far as it is managed."""
    known = Model(obj for obj in live.values() if not isinstance(obj, Unmodelled))
    try:
        made = prepare(copy.dialect, copy.session, copy.target, Desired(model=known), Owned(), _ALL)
        _run(copy, made.plan.steps)
    except (DatabaseError, PlanError) as error:
        raise _NoCopy(f"what is there cannot be made again: {getattr(error, 'message', error)}") from None


def _run(copy: Scratch, steps: Sequence[Step]) -> None:
    dialect, session = copy.dialect, copy.session
    for group in segments(steps, dialect.capacity(session), dialect.transactional):
        if dialect.transactional and group[0].alone:
            _apart(copy, group[0])
            continue
        with dialect.transaction(session, group, _PATIENCE):
            for step in group:
                _step(session, step)


def _apart(copy: Scratch, step: Step) -> None:
    dialect, session = copy.dialect, copy.session
    for part in parts(step):
        with dialect.alone(session, _PATIENCE) if part.alone else dialect.transaction(session, [part], _PATIENCE):
            _step(session, part)


def _step(session: Session, step: Step) -> None:
    try:
        carried_out(session, step.statements, lambda size: True)
    except DatabaseError as error:
        statement = step.statements[min(error.before, len(step.statements) - 1)]
        message = f"{step.action} {step.subject}: {error.message}\n    {statement.sql}"
        raise DatabaseError(message, code=error.code, lost=error.lost, address=str(step.subject)) from error


def _left(copy: Scratch, opened: Opened, planned: Planned, desired: Desired) -> tuple[str, ...]:
    """Return what a second plan would do there.

    A copy is made of the server's own words, and PostgreSQL spells some of those in others once it has read them (an
    IN list over varchar). So what differs is held a second time against what the server made of the specs' words.
    """
    goal = replace(desired, model=planned.comparison.desired, renames={}, unnamed=frozenset())
    known = Owned(objects=planned.owned.objects)
    bounds = replace(opened.policy.bounds, waiting=holds_of(planned.agenda.fillings))
    found = staged(compare(copy.dialect, copy.session, copy.target, goal, known, bounds), planned.agenda)
    if spelled := [map_texts(change.new, _spelled) for change in found.changes if isinstance(change, Alter)]:
        goal = replace(goal, model=goal.model.updated(spelled))
        found = staged(compare(copy.dialect, copy.session, copy.target, goal, known, bounds), planned.agenda)
    changes = (change for change in found.changes if change.ref.top not in planned.comparison.aside)
    return (*map(difference, changes), *broken_contracts(found.desired, found.live))


def _spelled(place: str, text: Sql) -> Sql:
    """Return a text in the words that it was compared in."""
    return replace(text, text=text.canonical)
