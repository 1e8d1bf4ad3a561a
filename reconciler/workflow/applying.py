"""A declared model and a target in, the database made to match it out: lock, inspect, gate, execute, ledger, verify."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler import __version__
from reconciler.compare.compare import Owned, look, remembered
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Session
from reconciler.errors import Refused, StalePlan, TargetError
from reconciler.execute import ledger
from reconciler.execute.apply import Progress, Run, Verdict, apply
from reconciler.execute.failpoints import reach
from reconciler.execute.ledger import Entry, Ledger
from reconciler.model.change import Alter, Change, Create, Rename
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object, Table
from reconciler.model.ref import Ref
from reconciler.model.texts import spelled, texts
from reconciler.plan.outcome import Outcome
from reconciler.plan.plan import Plan
from reconciler.plan.policy import Allowance
from reconciler.workflow.opening import Opened


@dataclass(frozen=True, slots=True)
class Intent:
    """What an apply is to do: the declared model, what the command line allows, and which plan it has to be.

    `accepts` says of the plan that comes out under the lock whether it is the one that somebody agreed to.
    """

    desired: Desired
    given: Sequence[Allowance]
    accepts: Callable[[Plan], bool]
    progress: Progress


def ledger_of(opened: Opened) -> Ledger:
    """Return where the ledger of this project is."""
    return Ledger(opened.dialect.ledger_schema(opened.target), opened.project.name)


def owned(opened: Opened, session: Session) -> Owned:
    """Return what the ledger knows of this project."""
    return ledger.read(session, ledger_of(opened), opened.dialect.server(session).memory)


def plan_on(opened: Opened, session: Session, desired: Desired, given: Sequence[Allowance]) -> Planned:
    """Return the plan as it comes out on this session now."""
    known = owned(opened, session)
    return prepare(opened.dialect, session, opened.target, desired, known, opened.policy, given)


def run_locked(opened: Opened, intent: Intent) -> tuple[Planned, Outcome]:
    """Take the lock, plan again under it, and carry out what was expected.

    Raises:
        LockTaken: when another run keeps the lock.
        StalePlan: when the plan is another one than expected.
        Refused: when policy or live rows forbid it.
        TargetError: when a privilege is missing.
        ApplyFailed, NotConverged: as `execute.apply` says.
    """
    with opened.dialect.lock(opened.target, opened.target.patience, intent.progress.waiting) as lock:
        session = opened.dialect.connect(opened.target)
        try:
            reach("after_lock", session)
            planned = plan_on(opened, session, intent.desired, intent.given)
            _gate(planned, intent.accepts)
            reach("after_gate", session)
            outcome = apply(
                Run(
                    dialect=opened.dialect,
                    session=session,
                    lock=lock,
                    ledger=ledger_of(opened),
                    plan=planned.plan,
                    tool=f"reconcile {__version__}",
                    circumstances=planned.server.memory,
                    look=lambda: _look(opened, session, planned, intent.desired),
                    groundwork=tuple(opened.dialect.groundwork(session, opened.target)),
                    progress=intent.progress,
                    lock_timeout=opened.target.patience,
                )
            )
            reach("before_release", session)
            return planned, outcome
        finally:
            session.close()


def _gate(planned: Planned, accepts: Callable[[Plan], bool]) -> None:
    if not accepts(planned.plan):
        now = "there would be nothing to do now" if planned.plan.empty else f"the plan would now be {planned.plan.id}"
        raise StalePlan(f"the plan is stale: the database is not as it was; {now}",
                        hint="plan again and look at what is different")  # fmt: skip
    refuse(planned)


def refuse(planned: Planned) -> None:
    """Raise Refused when policy or live rows forbid a plan, TargetError when a privilege for it is missing."""
    if planned.plan.empty:
        return
    if planned.verdict.refused:
        codes = ", ".join(sorted({f"{hazard.code} at {hazard.ref}" for hazard in planned.verdict.refused}))
        words = " ".join(f"--allow {word}" for word in planned.verdict.allow)
        raise Refused(f"refused: {codes}", hint=f"to consent: {words}" if words else "mend the rows, then plan again")
    if planned.obstacles:
        first = planned.obstacles[0]
        raise TargetError(first.message, hint=first.hint, code=first.code)


def _look(opened: Opened, session: Session, planned: Planned, desired: Desired) -> Verdict:
    """Look again, inside the transaction: what differs, and what the ledger is to hold when nothing does.

    What this very plan wrote is taken in the server's spelling: it has just spelled it from our text.
    """
    comparison = planned.comparison
    changes = [change for step in planned.plan.steps for change in step.changes]
    live = opened.dialect.normalize(opened.dialect.inspect(session, opened.target).model).model
    written = _as_written(comparison.desired, live, changes)
    goal = replace(desired, model=written, renames={}, unnamed=frozenset())
    found = look(
        opened.dialect, session, opened.target, goal, Owned(objects=planned.owned.objects), opened.policy.undeclared
    )
    differences = [_difference(change) for change in found.changes]
    differences += _broken_contracts(written, live)
    entries = _entries(desired, found.desired, found.live)
    known = planned.owned
    stale = frozenset(ref for ref in known.objects if ref not in entries)
    return Verdict(differences=tuple(differences), entries=_news(entries, known), gone=stale)


def _as_written(desired: Model, live: Model, changes: Sequence[Change]) -> Model:
    made = {change.ref for change in changes if isinstance(change, Create | Alter | Rename)}

    def one(obj: Object) -> Object:
        stored = live.get(obj.ref) if obj.ref in made else None
        if stored is None or type(stored) is not type(obj):
            return obj
        return spelled(obj, {place: sql.canonical for place, sql in texts(stored).items()})

    return Model(one(obj) for obj in desired.values())


def _difference(change: Change) -> str:
    match change:
        case Alter(old, new, fields):
            pairs = [f"{name}: {getattr(old, name)} instead of {getattr(new, name)}" for name in fields]
            return f"{change.ref}: {'; '.join(pairs)}"
        case Create():
            return f"{change.ref} is missing"
        case _:
            return f"{change.ref} is still there"


def _broken_contracts(desired: Model, live: Model) -> list[str]:
    """Return the views whose query gives other columns than their contract says."""
    found = []
    for ref, obj in desired.items():
        contract, stored = getattr(obj, "columns", None), live.get(ref)
        real = getattr(stored, "columns", None)
        if ref.kind == "view" and contract and real and tuple(contract) != tuple(real):
            found.append(f"{ref}: the query gives {', '.join(real)}, the contract says {', '.join(contract)}")
    return found


def _entries(declared: Desired, desired: Model, live: Model) -> Mapping[Ref, Entry]:
    memory: dict[Ref, dict[str, object]] = {}
    for (ref, part), entry in remembered(desired, live).items():
        memory.setdefault(ref, {})[part] = entry
    return {
        ref: Entry(
            protected=isinstance(obj, Table) and bool(obj.protect),
            memory=memory.get(ref, {}),  # type: ignore[arg-type]
        )
        for ref, obj in desired.items()
    }


def _news(entries: Mapping[Ref, Entry], known: Owned) -> Mapping[Ref, Entry]:
    """Return the entries that the ledger does not hold yet in just this form."""
    before: dict[Ref, dict[str, object]] = {}
    for (ref, part), memory in known.memory.items():
        before.setdefault(ref, {})[part] = memory
    return {
        ref: entry
        for ref, entry in entries.items()
        if ref not in known.objects
        or entry.protected != (ref in known.protected)
        or dict(entry.memory) != before.get(ref, {})
    }
