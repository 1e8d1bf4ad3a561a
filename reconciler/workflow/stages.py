"""A plan under its lock in, its parts carried out: before the backfills, these themselves, and what waited for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Lock, Session
from reconciler.errors import PartlyApplied, ReconcileError, Refused, TargetError
from reconciler.execute import ledger
from reconciler.execute.apply import Run, apply
from reconciler.execute.batches import Progress
from reconciler.execute.ledger import Done
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.plan.filling import Agenda, Filling
from reconciler.plan.outcome import Outcome, Worked
from reconciler.plan.policy import Allowance
from reconciler.plan.step import DataCheck, Stage, Step, action_of
from reconciler.report.backfills import account
from reconciler.workflow.filling import done, fill, forgotten, in_turn, ledger_of
from reconciler.workflow.opening import Opened
from reconciler.workflow.proving import claim, look


@frozen_in_order
class Intent:
    """What an apply is to do: the declared model, what the command line allows, and which plan it has to be.

    `shown` is what came out without the lock; `accepts` says of what comes out under it whether somebody agreed to it.
    `keep` makes a backup for a run before its first step, and returns the backup's name; "" where none is wanted.
    `command` is who wants it, `commit` what the specs are of, and `takes_back` the runs that are undone, for the
    history. `ends` is the run's state once nothing differs: partial where something is to follow.
    """

    desired: Desired
    given: Sequence[Allowance]
    shown: Planned
    accepts: Callable[[Planned], bool]
    progress: Progress
    command: str = "apply"
    keep: Callable[[str], str] = lambda run_id: ""
    commit: str = ""
    takes_back: tuple[str, ...] = ()
    ends: str = "done"


@frozen_in_order
class Scene:
    """Where and for what a run does its work: the session that holds the lock, and the run's name in the ledger."""

    opened: Opened
    intent: Intent
    session: Session
    lock: Lock
    run_id: str

    def finish(self, state: str, error: str = "") -> None:
        """Write down how the run ended."""
        ledger.finish(self.session, ledger_of(self.opened), self.run_id, state, error)

    def part(self, planned: Planned, steps: Sequence[Step]) -> Run:
        """Return what it takes to carry out some steps of a plan."""
        opened, session = self.opened, self.session
        return Run(
            dialect=opened.dialect, session=session, lock=self.lock, ledger=ledger_of(opened), plan=planned.plan,
            part=steps, run_id=self.run_id, circumstances=planned.server.memory,
            look=lambda: look(opened, session, planned, self.intent.desired),
            claim=lambda done: claim(planned.owned, done), known=planned.owned.objects,
            progress=self.intent.progress, lock_timeout=opened.target.patience,
            allowed=lambda size: _allowed(self, size),
        )  # fmt: skip


def _allowed(scene: Scene, size: DataCheck) -> bool:
    return any(allowance.covers(size.code, size.ref) for allowance in (*scene.intent.given, *scene.opened.policy.allow))


def refuse(planned: Planned) -> None:
    """Raise Refused when policy or live rows forbid a plan, TargetError when a privilege for it is missing."""
    if planned.plan.empty:
        return
    if planned.verdict.refused:
        codes = ", ".join(sorted({f"{hazard.code} at {hazard.ref}" for hazard in planned.verdict.refused}))
        words = " ".join(f"--allow {word}" for word in planned.verdict.allow)
        hint = (
            f"to consent: {words}" if words else "it cannot be allowed away: mend what the plan names, then plan again"
        )
        raise Refused(f"refused: {codes}", hint=hint)
    if planned.obstacles:
        first = planned.obstacles[0]
        raise TargetError(first.message, hint=first.hint, code=first.code)


def fill_and_tighten(scene: Scene, planned: Planned, before: Outcome) -> tuple[Planned, Outcome]:
    """Carry the backfills of a plan out, and then what waited for those that are done.

    Args:
        scene: where.
        planned: the plan; all that comes before its backfills is done.
        before: what that came to.

    Raises:
        PartlyApplied: when a backfill is not done, or what waited for it cannot be done now; the rest is.
    """
    fills = planned.agenda.fillings
    try:
        worked = _worked(scene, planned, before.steps)
        left = tuple(one for one in fills if one.backfill.ref not in done(worked))
        now, outcome = _tightened(scene, planned, left, before.steps + len(fills))
        forgotten(scene.opened, scene.session, [one for one in fills if one not in left])
    except ReconcileError as error:
        scene.finish("partial", error.message[:2000])
        raise
    except BaseException:
        scene.finish("interrupted")
        raise
    if left:
        wanting = _unfinished(left, worked)
        scene.finish("partial", wanting.message[:2000])
        raise wanting
    if not now.plan.steps:
        scene.finish("done")
    total = _together(before, worked, outcome)
    return replace(planned, plan=replace(planned.plan, steps=_shown(planned, now))), total


def _worked(scene: Scene, planned: Planned, before: int) -> list[Worked]:
    """Carry the backfills of a plan out, behind so many steps; those of a plan without steps are told of by nobody."""
    steps = {step.subject: step for step in planned.plan.only(Stage.FILL).steps}
    progress = scene.intent.progress

    def carry_out(place: int, filling: Filling) -> Worked:
        number, step = before + place, steps.get(filling.backfill.ref)
        if step is not None:
            progress.started(number, step)
        one = fill(
            scene.opened, scene.session, filling, scene.run_id, declared=planned.comparison.declared.model,
            held=scene.lock.held, advanced=progress.advanced, waiting=progress.waiting,
        )  # fmt: skip
        entry = Done(position=number, address=str(filling.backfill.ref), action="backfill", statements=account(one),
                     affected=one.rows)  # fmt: skip
        ledger.record(scene.session, ledger_of(scene.opened), scene.run_id, [entry])
        if step is not None and one.standing.state == "done":
            progress.finished(number, step, one.rows, one.seconds, [])
            progress.committed(number)
        return one

    return in_turn(planned.agenda.fillings, carry_out)


def _tightened(scene: Scene, planned: Planned, left: tuple[Filling, ...], begun: int) -> tuple[Planned, Outcome | None]:
    """Plan again without what is done, and carry out what is free now."""
    opened, session, intent = scene.opened, scene.session, scene.intent
    owned = ledger.read(session, ledger_of(opened), opened.dialect.server(session).memory)
    now = prepare(
        opened.dialect, session, opened.target, intent.desired, owned, opened.policy, intent.given,
        agenda=Agenda(fillings=left, besides=planned.agenda.besides),
    )  # fmt: skip
    free = now.plan.only(Stage.EXPAND).steps
    if not free:
        return now, None
    _as_shown(planned, free, left)
    try:
        refuse(now)
    except (Refused, TargetError) as error:
        message = f"the backfills are done, and what waited for them is not: {error.message}"
        raise PartlyApplied(message, hint=error.hint) from error
    whole = replace(planned.plan, steps=(*planned.plan.steps[:begun], *free))
    part = replace(scene.part(replace(now, plan=whole), free), begun=begun)
    return now, apply(replace(part, closing=partial(scene.finish, "done") if not left else lambda: None))


def _as_shown(planned: Planned, free: Sequence[Step], left: Sequence[Filling]) -> None:
    """Raise PartlyApplied when what is free is not what was agreed to."""
    if not left and _changes(planned.plan.only(Stage.TIGHTEN).steps) != _changes(free):
        message = "the backfills are done, and what waited for them is not: the database was changed meanwhile"
        raise PartlyApplied(message, hint="plan again and look at what is left")


def _changes(steps: Sequence[Step]) -> frozenset[tuple[str, Ref, tuple[str, ...]]]:
    """Return what steps change: verbs, addresses, fields."""
    changes = (change for step in steps for change in step.changes)
    return frozenset((action_of(one), one.ref, getattr(one, "fields", ())) for one in changes)


def _unfinished(left: Sequence[Filling], worked: Sequence[Worked]) -> PartlyApplied:
    """Say which backfills are not done, and why."""
    known = {one.standing.name: one.standing for one in worked}
    lines = []
    for filling in left:
        name = filling.backfill.ref.name
        standing = known.get(name)
        words = f"{standing.state}: {standing.reason}" if standing else "waits for another one"
        lines.append(f"{_told(filling)} is not done ({words.rstrip(': ')})")
    hint = "what waits for it is left; mend the cause and run apply again: it goes on from there"
    if any(one.state == "paused" for one in known.values()):
        hint = "`reconcile backfill resume NAME`, then run apply again: it goes on from there"
    return PartlyApplied("; ".join(lines), hint=hint, address=str(left[0].address))


def _told(filling: Filling) -> str:
    return f"the filling of {filling.place}" if filling.place else str(filling.backfill.ref)


def _shown(planned: Planned, now: Planned) -> tuple[Step, ...]:
    first = [step for step in planned.plan.steps if step.stage is not Stage.TIGHTEN]
    return (*first, *(replace(step, stage=Stage.TIGHTEN) for step in now.plan.only(Stage.EXPAND).steps))


def _together(before: Outcome, worked: Sequence[Worked], after: Outcome | None) -> Outcome:
    """Return what all parts of a run came to."""
    rest = (before, after) if after else (before,)
    return replace(
        rest[-1],
        steps=sum(one.steps for one in rest) + len(worked),
        statements=sum(one.statements for one in rest),
        rows=sum(one.rows for one in (*rest, *worked)),
        seconds=sum(one.seconds for one in (*rest, *worked)),
        worked=tuple(worked),
    )
