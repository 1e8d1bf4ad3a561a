"""A request and a run in; a plan back to what was there as that run left it, or that it is carried out, out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from reconciler.compare.before import Before, back, decode_before
from reconciler.errors import UsageError
from reconciler.execute import history
from reconciler.execute.batches import Progress
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column, Object, PrimaryKey, Table
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.plan.outcome import PastRun
from reconciler.plan.policy import Allowance
from reconciler.plan.scope import Undeclared
from reconciler.report.facts import Applied, Review, SpecVersion
from reconciler.workflow.acting import Aim, Confirm, Terms, apply_aim, shown_plan
from reconciler.workflow.applying import owned
from reconciler.workflow.filling import ledger_of
from reconciler.workflow.looking import reading, session_on, told
from reconciler.workflow.opening import Request, open_request
from reconciler.workflow.rehearsing import rehearsed


@frozen_in_order
class Undone:
    """A run that is taken back, and what was there before it."""

    run: PastRun
    before: Before


def rollback(
    request: Request, terms: Terms, *, to: str | None, seen: Confirm, confirm: Confirm, progress: Progress
) -> Applied:
    """Make the database what it was; arguments and errors as for `apply`.

    `to` is the run to go back to, as it left everything; None for how it was before the last run.
    """
    way = _way(request, to)
    told = partial(apply_aim, seen=seen, progress=progress, command="rollback")
    done = told(way.first, terms, confirm=confirm)
    if not way.made:
        return done
    from reconciler.workflow.refilling import ended, refill

    aim = way.aim
    begun = done.outcome.run_id if done.outcome is not None else aim.takes_back[-1]
    found = refill(aim.opened, way.undone, way.made, aim.desired.model, progress.waiting)
    progress.waiting("")
    if way.first is not aim:
        again = told(aim, replace(terms, expect_id=None, backup=False), confirm=lambda review: None)
        done = done if done.outcome is not None else again
    if way.first.ends != "done":
        ended(aim.opened, begun)
    return replace(done, refilled=tuple(found))


def plan_back(request: Request, to: str | None, given: Sequence[Allowance], rehearse: bool | None) -> Review:
    """Return what `rollback` would do; nothing is written. Raises what `plan` raises."""
    begun = time.monotonic()
    aim = _way(request, to).first
    review = shown_plan(aim, given, begun)
    with told(aim.desired):
        return rehearsed(aim.opened, review, rehearse)


@frozen_in_order
class _Way:
    """The way back: what to make first, what in the end, and which runs that takes back, the oldest first.

    The first lets columns be null to which a backup brings their values only then. `made` are the tables and columns
    that are made again.
    """

    first: Aim
    aim: Aim
    undone: list[Undone]
    made: tuple[Ref, ...]


def _way(request: Request, to: str | None) -> _Way:
    """Find out what there was. Raises UsageError where that was not written down."""
    opened = open_request(request, access="write")
    # What nobody owns stays: it is no part of what the runs did.
    opened = replace(opened, policy=replace(opened.policy, undeclared=Undeclared.REPORT))
    with session_on(reading(opened)) as session, told(None):
        runs = history.since(session, ledger_of(opened), to)
        past = [_before(run, text) for run, text in runs]
        ours = owned(opened, session).objects
    named = {ref.name for ref in (*ours, *(root for one in past for root in one.roots)) if ref.kind == Kind.SCHEMA}
    opened = replace(opened, target=replace(opened.target, schemas=tuple(sorted(named))))
    with session_on(reading(opened)) as session, told(None):
        found = opened.dialect.inspect(session, opened.target)
    now = replace(found, model=opened.dialect.normalize(found.model).model)
    undone = [Undone(run, one) for (run, _), one in zip(runs, past, strict=True)]
    aim = Aim(
        opened=opened, desired=back(past, now, ours), version=SpecVersion(sha256=""),
        back=tuple(_notes([run for run, _ in runs])), takes_back=tuple(run.run_id for run, _ in runs),
    )  # fmt: skip
    return _by_way(aim, undone, now.model)


def _by_way(aim: Aim, undone: list[Undone], live: Model) -> _Way:
    """Return the way on which rows come back from backups, as far as there are any."""
    desired = aim.desired
    made = tuple(obj for obj in desired.model.values() if _is_made(obj, desired, undone, live))
    refs = tuple(sorted(obj.ref for obj in made))
    coming = [obj for obj in made if from_backup(undone, obj.ref, desired.model)]
    if not coming:
        return _Way(aim, aim, undone, refs)
    aim = replace(aim, ends="partial")
    late = [obj for obj in coming if isinstance(obj, Column) and _has_to_wait(obj)]
    if not late:
        return _Way(aim, aim, undone, refs)
    model = desired.model.updated(replace(obj, not_null=False) for obj in late)
    notes = tuple(f"{obj.ref} is made not null once its values are back" for obj in late)
    first = replace(aim, desired=replace(desired, model=model), back=(*aim.back, *notes))
    return _Way(first, replace(aim, ends="done"), undone, refs)


def _is_made(obj: Object, desired: Desired, undone: list[Undone], live: Model) -> bool:
    """Say whether a table is made again, or a column whose table is not: now, or by a rollback that did not end."""
    if desired.renames.keys() & {obj.ref, obj.ref.top}:
        return False
    if isinstance(obj, Table):
        return _is_missing(obj.ref, undone, live)
    column = isinstance(obj, Column) and obj.generated is None
    return column and _is_missing(obj.ref, undone, live) and not _is_missing(obj.ref.top, undone, live)


def _is_missing(ref: Ref, undone: list[Undone], live: Model) -> bool:
    begun = (one.before for one in undone if _is_begun(one))
    return ref not in live or any(ref.top in one.roots and ref not in one.model for one in begun)


def _is_begun(one: Undone) -> bool:
    """Say whether this is a rollback that did not end: it goes on, and took nothing away itself."""
    return bool(one.run.takes_back) and one.run.state != "done"


def _has_to_wait(column: Column) -> bool:
    return column.not_null and column.default is None and column.generated is None and column.identity is None


def _before(run: PastRun, text: str) -> Before:
    hint = f"`reconcile backup restore {run.backup}` brings back what was there before it" if run.backup else ""
    hint = hint or "change the specs back to what they were, and apply them"
    if not text:
        raise UsageError(f"the run {run.run_id} did not write down what was there before it", hint=hint)
    try:
        return decode_before(text)
    except ValueError:
        message = f"what the run {run.run_id} wrote down of what was there before it cannot be read"
        raise UsageError(message, hint=hint) from None


def _notes(runs: Sequence[PastRun]) -> Iterator[str]:
    for run in reversed(runs):
        when = run.started_at.replace("T", " ")[:19]
        of = f", of the commit {run.commit}" if run.commit else ""
        kept = f"; the rows that it took are in the backup {run.backup}" if run.backup else ""
        yield f"takes back {run.run_id} ({run.command or 'apply'}) of {when} UTC{of}{kept}"


def last_with(undone: Sequence[Undone], ref: Ref) -> Undone | None:
    """Return the last run before which something was there: that one took it away."""
    return next((one for one in reversed(undone) if ref in one.before.model and not _is_begun(one)), None)


def from_backup(undone: Sequence[Undone], ref: Ref, model: Model) -> bool:
    """Say whether the rows of a table, or the values of a column, can come back from a backup."""
    one = last_with(undone, ref)
    return one is not None and not why_not(one, ref, model)


def why_not(one: Undone, ref: Ref, model: Model) -> str:
    """Say why rows cannot come back from what a run kept; "" where they can."""
    if not one.run.backup:
        return f"no backup was made before {one.run.run_id}"
    if model.children(ref.top, Trigger):
        return f"its triggers would run for each row; they are in {one.run.backup}"
    if ref.parent is not None and not model.children(ref.top, PrimaryKey):
        return f"its table has no primary key by which rows are told apart; they are in {one.run.backup}"
    return ""
