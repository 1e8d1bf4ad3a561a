"""Requests about backfills in: how each stands, what somebody wants of one, or one that is carried out now."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches

from reconciler import __version__
from reconciler.backfill import ledger as work_ledger
from reconciler.backfill.due import CHANGED_AFTER, digest_of, due, next_time
from reconciler.dialects.base import Lock, Session
from reconciler.errors import PartlyApplied, UsageError
from reconciler.execute import ledger
from reconciler.execute.apply import actor, new_run_id
from reconciler.execute.batches import Progress
from reconciler.model.backfills import Backfill, Standing
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.plan.filling import NEW, OVERDUE, UNFINISHED, Filling, in_order
from reconciler.plan.outcome import Worked
from reconciler.report.backfills import account
from reconciler.report.facts import BackfillLine, Backfills, BackfillsRun
from reconciler.workflow.declaring import declare, load
from reconciler.workflow.filling import done, fill, in_turn, ledger_of, own, tidied
from reconciler.workflow.looking import session_on, told
from reconciler.workflow.opening import Opened, Request, open_request


def backfills(request: Request, name: str = "") -> Backfills:
    """Return how the backfills of a database stand, or one of them: those that are declared, and those that were once.

    Raises UsageError (also when there is none of that name), SpecError, TargetError.
    """
    opened, desired = _declared(request, "read")
    declared = own(opened, desired.backfills)
    with session_on(opened) as session, told(None):
        known = work_ledger.standings(session, ledger_of(opened))
    now = datetime.now(UTC)
    lines = [_line(one, known.get(one.ref.name), now) for one in declared]
    names = {one.ref.name for one in declared}
    lines += [BackfillLine(standing=one, due="", declared=False) for one in known.values() if one.name not in names]
    if name:
        _known(name, [line.standing.name for line in lines])
        lines = [line for line in lines if line.standing.name == name]
    return Backfills(environment=opened.environment.name, label=opened.target.label, lines=tuple(lines))


def _declared(request: Request, access: str) -> tuple[Opened, Desired]:
    opened = open_request(request, access=access)
    documents = load(opened.project)
    desired, _ = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    return opened, desired


def _line(backfill: Backfill, standing: Standing | None, now: datetime) -> BackfillLine:
    digest = digest_of(backfill)
    new = Standing(name=backfill.ref.name, generation=backfill.generation, digest=digest, state="pending")
    shown = standing if standing is not None and standing.generation >= backfill.generation else new
    at = next_time(backfill, standing) if standing is not None and standing.state == "done" else None
    return BackfillLine(
        standing=shown, due=due(backfill, digest, standing, now), declared=True, backfill=backfill,
        next_at=at.isoformat(timespec="seconds") if at else "",
    )  # fmt: skip


def want(request: Request, name: str, word: str) -> Backfills:
    """Ask a backfill to pause, to end, or to run again; whoever works on it hears of it after its transaction.

    Raises UsageError when there is none of that name that was begun.
    """
    opened = open_request(request, access="write")
    with session_on(opened) as session, told(None):
        standing = work_ledger.standings(session, ledger_of(opened)).get(name)
        if standing is not None and standing.state == "done":
            raise UsageError(f"backfill {name!r} is done: there is nothing to {word} any more")
        if not work_ledger.want(opened.dialect, session, ledger_of(opened), name, word):
            known = sorted(work_ledger.standings(session, ledger_of(opened)))
            hint = f"begun are {', '.join(known)}" if known else "none was begun yet; apply begins those that are due"
            raise UsageError(f"no backfill {name!r} was begun on {opened.environment.name}", hint=hint)
    return backfills(request, name)


def run(request: Request, names: Sequence[str], progress: Progress | None = None) -> BackfillsRun:
    """Carry out the backfills of these names, or all that are due; the schema is left as it is.

    Raises:
        UsageError: when there is none of a name, or it is done and not due again.
        LockTaken: when another run keeps the lock.
        PartlyApplied: when one is not done; what it has done stays.
    """
    progress = progress or Progress()
    opened, desired = _declared(request, "write")
    declared = own(opened, desired.backfills)
    for name in names:
        _known(name, [one.ref.name for one in declared])
    with told(None), opened.dialect.lock(opened.target, opened.target.patience, progress.waiting) as lock:
        session = opened.dialect.connect(replace(opened.target, fence=lock.fence))
        try:
            for sql in opened.dialect.groundwork(session, opened.target):
                session.execute(sql)
            ledger.bootstrap(session, ledger_of(opened))
            tidied(opened, session, desired.backfills)
            fillings = _chosen(opened, session, declared, names)
            found = _carried_out(opened, session, fillings, progress, desired.model, lock)
        finally:
            session.close()
    _all_done(found.worked, fillings)
    return found


def _known(name: str, names: Sequence[str]) -> None:
    if name not in names:
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names) or 'none'}"
        raise UsageError(f"there is no backfill {name!r}", hint=hint)


def _chosen(opened: Opened, session: Session, declared: Sequence[Backfill], names: Sequence[str]) -> list[Filling]:
    """Return the backfills to carry out, in order."""
    known, now = work_ledger.standings(session, ledger_of(opened)), datetime.now(UTC)
    found: list[Filling] = []
    for backfill in declared:
        name, digest, standing = backfill.ref.name, digest_of(backfill), known.get(backfill.ref.name)
        why = due(backfill, digest, standing, now)
        repeats = backfill.cadence.kind in ("always", "every", "cron")
        if names and name in names and (why in ("", CHANGED_AFTER)) and not repeats:
            hint = f"to do it once more: generation: {backfill.generation + 1}"
            raise UsageError(f"{backfill.ref} is done", hint=hint)
        if (name in names) if names else why not in ("", CHANGED_AFTER):
            found.append(Filling(backfill=backfill, digest=digest, why=why or OVERDUE, standing=standing))
    _nothing_missing(found, {one.ref: due(one, digest_of(one), known.get(one.ref.name), now) for one in declared})
    return list(in_order(found))


def _nothing_missing(chosen: Sequence[Filling], reasons: Mapping[Ref, str]) -> None:
    """Raise UsageError where a backfill requires one that is neither done nor chosen; `reasons` is why each is due."""
    names = {one.backfill.ref for one in chosen}
    for one in chosen:
        for ref in one.backfill.requires:
            if ref in reasons and ref not in names and reasons[ref] in (NEW, UNFINISHED):
                hint = f"reconcile backfill run {ref.name} {one.backfill.ref.name}"
                raise UsageError(f"{one.backfill.ref} requires {ref}, which is not done", hint=hint)


def _carried_out(
    opened: Opened, session: Session, fillings: Sequence[Filling], progress: Progress, declared: Model, lock: Lock
) -> BackfillsRun:
    """Carry backfills out as a run of their own in the ledger."""
    run_id, place = new_run_id(), ledger_of(opened)
    if not fillings:
        return BackfillsRun(environment=opened.environment.name, run_id=run_id, worked=())
    ledger.start(session, place, {
        "run_id": run_id, "plan_id": "", "source": "", "target": "", "tool": f"reconcile {__version__}",
        "actor": actor(), "details": json.dumps({"command": "backfill run", "environment": opened.environment.name}),
    })  # fmt: skip

    def carry_out(number: int, filling: Filling) -> Worked:
        one = fill(
            opened, session, filling, run_id, declared=declared, held=lock.held, advanced=progress.advanced,
            waiting=progress.waiting,
        )  # fmt: skip
        entry = ledger.Done(position=number, address=str(filling.backfill.ref), action="backfill",
                            statements=account(one), affected=one.rows)  # fmt: skip
        ledger.record(session, place, run_id, [entry])
        return one

    state = "partial"
    try:
        worked = in_turn(fillings, carry_out)
        state = "done" if len(done(worked)) == len(fillings) else "partial"
    finally:
        ledger.finish(session, place, run_id, state)
    return BackfillsRun(environment=opened.environment.name, run_id=run_id, worked=tuple(worked))


def _all_done(worked: Sequence[Worked], fillings: Sequence[Filling]) -> None:
    known = {one.standing.name: one.standing for one in worked}
    lines = []
    for filling in fillings:
        one = known.get(filling.backfill.ref.name)
        if one is None:
            lines.append(f"{filling.backfill.ref} waits for another one")
        elif one.state != "done":
            lines.append(f"{filling.backfill.ref} is {one.state}{': ' * bool(one.reason)}{one.reason}")
    if lines:
        raise PartlyApplied("; ".join(lines), hint="what is done stays; run it again: it goes on from there")
