"""A request in, what can be mended without any danger mended; what was held back, with the reason, out.

The ceiling is the same for everybody and nothing raises it: no hazard but notices, whoever consents; nothing dropped or
renamed; no rows written; and on a large table only what a database does without reading it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field, replace

from reconciler.compare.planning import Planned
from reconciler.dialects.base import Session
from reconciler.errors import Refused, StalePlan
from reconciler.execute.batches import Progress
from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal
from reconciler.plan.hazards import Effect
from reconciler.plan.scope import Undeclared
from reconciler.plan.step import Stage, Step
from reconciler.report.facts import Applied
from reconciler.workflow.acting import Aim, passing, run_aim, shown_plan, whole_aim
from reconciler.workflow.applying import plan_on
from reconciler.workflow.conditions import count_rows
from reconciler.workflow.keeping import Keeping
from reconciler.workflow.looking import reading, review_of, session_on, told
from reconciler.workflow.opening import Opened, Request
from reconciler.workflow.stages import Intent

# A table of more rows is large: what reads or writes all of them keeps others waiting.
LARGE = 100_000
# How often what is safe is looked for again: another run may have changed the database, and what is left out takes
# along what needs it.
_ROUNDS = 20
_STALE = 3
# What an existing table gets without its rows being read; what is not named here is made by itself.
_READS = frozenset({Kind.INDEX, Kind.UNIQUE, Kind.PRIMARY_KEY, Kind.CHECK, Kind.FOREIGN_KEY, Kind.EXCLUSION})
_WORDS = frozenset({"comment", "position"})


@frozen
class Fixed:
    """What was mended, None when nothing could be, and what was held back: at which address, and why."""

    applied: Applied | None
    held: Mapping[Ref, str] = field(default_factory=dict)


def fix(
    request: Request, progress: Progress | None = None, command: str = "check --fix", backup: bool | None = None
) -> Fixed:
    """Apply what is safe of a plan, and prove it; what another run has done meanwhile counts as done.

    Args:
        request: which specs and which database.
        progress: whom to tell.
        command: the run's in the ledger.
        backup: whether one is made before the first step; None leaves it to the environment.

    Raises:
        LockTaken, ApplyFailed, NotConverged, TargetError, SpecError, PlanError: as `apply` does.
    """
    for left in reversed(range(_STALE)):
        try:
            return _fixed(_without_rows(whole_aim(request, None)), progress or Progress(), command, backup)
        except StalePlan:
            if not left:
                raise
    raise AssertionError("unreachable")


def fix_exactly(request: Request, plan_id: str, progress: Progress | None = None, command: str = "fix") -> Applied:
    """Apply a plan that was looked at, if the whole of it is safe.

    Raises:
        StalePlan: when the plan is another one now.
        Refused: when any of it is above the ceiling.
        LockTaken and the others: as `apply` does.
    """
    begun, aim = time.monotonic(), whole_aim(request, None)
    review = shown_plan(aim, (), begun)
    planned = review.planned
    if planned.plan.id != plan_id:
        raise StalePlan(f"the plan is stale: it would now be {planned.plan.id}, not {plan_id}",
                        hint="look at the plan as it is now")  # fmt: skip
    with session_on(reading(aim.opened)) as session, told(aim.desired):
        held = unsafe(aim.opened, session, planned)
    if held or planned.agenda.fillings:
        rows = {one.backfill.ref: "writes rows" for one in planned.agenda.fillings}
        first = "; ".join(f"{ref}: {why}" for ref, why in list({**held, **rows}.items())[:5])
        raise Refused(f"this plan is not for an automatic fix: {first}", hint="reconcile apply")
    passing(aim, review, None)
    heard = progress or Progress()
    keeping = Keeping(aim.opened, planned, None, heard)
    intent = Intent(aim.desired, (), planned, lambda now: now.plan.id == plan_id, heard, command, keeping.keep)
    with keeping.told():
        return replace(run_aim(aim, intent, begun), backup=keeping.made)


def _without_rows(aim: Aim) -> Aim:
    """Leave declared rows, backfills and what nobody declared to an apply that somebody looks at."""
    policy = replace(aim.opened.policy, allow=(), undeclared=Undeclared.REPORT)
    opened = replace(aim.opened, policy=policy)
    return replace(aim, opened=opened, desired=replace(aim.desired, data=(), backfills=()))


def _fixed(aim: Aim, progress: Progress, command: str, backup: bool | None) -> Fixed:
    begun = time.monotonic()
    with session_on(reading(aim.opened)) as session, told(aim.desired):
        bounded, planned, held = _safe_part(aim, session)
    if planned.plan.empty:
        return Fixed(applied=None, held=held)
    review = review_of(bounded.opened, planned, aim.desired, aim.version, aim.warnings, time.monotonic() - begun)
    passing(bounded, review, None)
    keeping = Keeping(bounded.opened, planned, backup, progress)
    intent = Intent(
        aim.desired, (), planned, lambda now: now.plan.empty or now.plan.id == planned.plan.id, progress, command,
        keeping.keep,
    )  # fmt: skip
    with keeping.told():
        done = run_aim(bounded, intent, begun)
    return Fixed(applied=replace(done, backup=keeping.made), held=held)


def _safe_part(aim: Aim, session: Session) -> tuple[Aim, Planned, Mapping[Ref, str]]:
    """Plan again and again without what is not safe, until all that is left is."""
    held: dict[Ref, str] = {}
    policy = aim.opened.policy
    for _ in range(_ROUNDS):
        bounded = replace(aim, opened=replace(aim.opened, policy=replace(policy, ignored={**policy.ignored, **held})))
        planned = plan_on(bounded.opened, session, aim.desired, ())
        found = unsafe(bounded.opened, session, planned)
        if not found:
            return bounded, planned, held
        if found.keys() <= held.keys():
            break
        held |= found
    message = "what is safe of this plan cannot be told from the rest"
    raise Refused(message, hint="look at it with `reconcile plan`, and apply it")


# --- the ceiling ------------------------------------------------------------------------------------------------------


def unsafe(opened: Opened, session: Session, planned: Planned) -> Mapping[Ref, str]:
    """Return what of a plan is above the ceiling: the addresses at which nothing may change, each with the reason."""
    if implied := {one.place: "writes rows" for one in planned.agenda.fillings if one.place is not None}:
        return implied  # what else there is, is seen when these are left out
    found: dict[Ref, str] = {}
    changes = [change for step in planned.plan.steps for change in step.changes]
    created = {change.ref for change in changes if isinstance(change, Create)}
    for step in planned.plan.steps:
        for ref, why in _of_step(step, created):
            found.setdefault(ref, why)
    for hazard in planned.hazards:
        if hazard.effect is not Effect.NOTICE:
            for ref in _changed(planned, hazard.ref):
                found.setdefault(ref, f"{hazard.code}: {hazard.message}")
    return found | {ref: why for ref, why in _slow(opened, session, planned).items() if ref not in found}


def _of_step(step: Step, created: AbstractSet[Ref]) -> Iterator[tuple[Ref, str]]:
    if step.rows is not None or step.stage is Stage.FILL:
        yield step.subject, "writes rows"
    for change in step.changes:
        match change:
            case Drop(old) if old.ref not in created or isinstance(old, Column | Table):
                yield old.ref, "would be dropped"
            case Rename(old, new):
                yield old.ref, "would get another name"
                yield new.ref, f"is {old.ref.name} under another name"
            case _:
                pass


def _changed(planned: Planned, ref: Ref) -> list[Ref]:
    """Return what the plan changes at an address, or else of the same root."""
    changes = [change.ref for step in planned.plan.steps for change in step.changes]
    within = [one for one in changes if one.inside(ref)]
    around = [one for one in changes if ref.inside(one)]
    return within or around or [one for one in changes if one.top == ref.top]


def _slow(opened: Opened, session: Session, planned: Planned) -> Mapping[Ref, str]:
    """Return the changes of large tables for which their rows have to be read or written."""
    live, old = planned.comparison.live, planned.states.live
    slow: dict[Ref, list[Ref]] = {}
    for step in planned.plan.steps:
        for change in step.changes:
            table = old(change.ref.top)
            if table.kind == Kind.TABLE and table in live and not _quick(change, step):
                slow.setdefault(table, []).append(change.ref)
    rows, _ = count_rows(opened, session, sorted(slow), LARGE)
    return {
        ref: f"{table} has more than {LARGE:,} rows, which it would have to go through"
        for table, refs in slow.items()
        if (number := rows[table]) is None or number > LARGE
        for ref in refs
    }


def _quick(change: Change, step: Step) -> bool:
    """Say whether a database makes a change without going through the rows of its table."""
    if change.ref.top in step.drops:
        return False
    match change:
        case Create(Column() as column):
            constant = column.default is None or isinstance(column.default, Literal)
            return constant and column.generated is None and column.identity is None
        case Create(new):
            return new.ref.kind not in _READS
        case Alter(_, _, fields):
            return _WORDS.issuperset(fields)
        case _:
            return False
