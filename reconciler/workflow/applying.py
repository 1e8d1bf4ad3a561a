"""A declared model and a target in, the database made to match it out: lock, inspect, gate, execute, ledger, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from reconciler import __version__
from reconciler.compare.compare import Aside, Memory, Owned, compare, remembered
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Lock, Session
from reconciler.errors import Refused, StalePlan, TargetError
from reconciler.execute import ledger
from reconciler.execute.apply import News, Run, Verdict, apply
from reconciler.execute.batches import Progress
from reconciler.execute.failpoints import reach
from reconciler.execute.ledger import Entry, Ledger
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.fields import contracts
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.plan.hazards import HAZARDS, Hazard
from reconciler.plan.outcome import Outcome
from reconciler.plan.policy import Allowance
from reconciler.plan.step import DataCheck, Step
from reconciler.report.words import both
from reconciler.workflow.opening import Opened


@dataclass(frozen=True, slots=True)
class Intent:
    """What an apply is to do: the declared model, what the command line allows, and which plan it has to be.

    `shown` is what came out without the lock; `accepts` says of what comes out under it whether somebody agreed to it.
    """

    desired: Desired
    given: Sequence[Allowance]
    shown: Planned
    accepts: Callable[[Planned], bool]
    progress: Progress


def ledger_of(opened: Opened) -> Ledger:
    """Return where the ledger of this project is."""
    dialect = opened.dialect
    return Ledger(
        dialect.ledger_schema(opened.target), opened.project.name, dialect.ledger_text, dialect.ledger_options
    )


def owned(opened: Opened, session: Session, aside: Iterable[Ref] = ()) -> Owned:
    """Return what the ledger knows of this project, some roots left out."""
    return ledger.read(session, ledger_of(opened), opened.dialect.server(session).memory, aside)


def plan_on(
    opened: Opened,
    session: Session,
    desired: Desired,
    given: Sequence[Allowance],
    *,
    before: Planned | None = None,
    aside: Mapping[Ref, Aside] | None = None,
) -> Planned:
    """Return the plan as it comes out on this session now.

    Args:
        opened: where to look.
        session: on it.
        desired: what is declared.
        given: the allowances of the command line.
        before: what came out a moment ago.
        aside: the roots that are known to agree, and are left out on both sides.
    """
    known = owned(opened, session, aside or ())
    return prepare(opened.dialect, session, opened.target, desired, known, opened.policy, given, before, aside)


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
        session = opened.dialect.connect(replace(opened.target, fence=lock.fence))
        try:
            reach("after_lock", session)
            return _run(opened, intent, session, lock)
        finally:
            session.close()


def _run(opened: Opened, intent: Intent, session: Session, lock: Lock) -> tuple[Planned, Outcome]:
    """Plan under the lock and carry that out. The ledger's tables come first, so that they are no change later."""
    dialect = opened.dialect
    for sql in dialect.groundwork(session, opened.target):
        session.execute(sql)
    bookmark = dialect.bookmark(session)
    ledger.bootstrap(session, ledger_of(opened))
    stamp = dialect.stamp(session)
    planned = plan_on(opened, session, intent.desired, intent.given, before=intent.shown)
    _gate(planned, intent.accepts)
    reach("after_gate", session)
    outcome = apply(
        Run(
            dialect=dialect,
            session=session,
            lock=lock,
            ledger=ledger_of(opened),
            plan=planned.plan,
            tool=f"reconcile {__version__}",
            circumstances=planned.server.memory,
            look=lambda: _look(opened, session, planned, intent.desired),
            claim=lambda steps: _claim(planned.owned, steps),
            known=planned.owned.objects,
            still=lambda: dialect.stamp(session) == stamp,
            progress=intent.progress,
            lock_timeout=opened.target.patience,
            allowed=lambda size: _allowed(opened, intent, size),
            details={
                "command": "apply",
                "environment": opened.environment.name,
                "consents": [asdict(consent) for consent in planned.verdict.consents],
                **({"bookmark": bookmark} if bookmark else {}),
            },
        )
    )
    reach("before_release", session)
    return planned, outcome


def _allowed(opened: Opened, intent: Intent, size: DataCheck) -> bool:
    hazard = Hazard(code=size.code, ref=size.ref, message=size.message, effect=HAZARDS[size.code].effect)
    return any(allowance.covers(hazard) for allowance in (*intent.given, *opened.policy.allow))


def _gate(planned: Planned, accepts: Callable[[Planned], bool]) -> None:
    if not accepts(planned):
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
        hint = (
            f"to consent: {words}" if words else "it cannot be allowed away: mend what the plan names, then plan again"
        )
        raise Refused(f"refused: {codes}", hint=hint)
    if planned.obstacles:
        first = planned.obstacles[0]
        raise TargetError(first.message, hint=first.hint, code=first.code)


def _look(opened: Opened, session: Session, planned: Planned, desired: Desired) -> Verdict:
    """Look again, inside the transaction: what differs, and what the ledger is to hold when nothing does.

    The server is asked anew to spell what differs in text, so what is stored is held against what was meant.
    """
    goal = replace(desired, model=planned.comparison.desired, renames={}, unnamed=frozenset())
    known = planned.owned
    found = compare(
        opened.dialect, session, opened.target, goal, Owned(objects=known.objects), opened.policy.undeclared
    )
    differences = [*map(_difference, found.changes), *_broken_contracts(found.desired, found.live)]
    protected = frozenset(map(planned.comparison.renamed.after, known.protected))
    entries = _entries(found.desired, found.live, protected)
    gone = frozenset(ref for ref in known.objects if ref not in entries)
    return Verdict(differences=tuple(differences), news=News(entries=_news(entries, known), gone=gone))


def _claim(known: Owned, steps: Sequence[Step]) -> News:
    """Return what the ledger is to hold after these steps: what was made, and what was ours under its new name."""
    changes = [change for step in steps for change in step.changes]
    entries = {change.ref: Entry() for change in changes if isinstance(change, Create)}
    gone = {change.old.ref for change in changes if isinstance(change, Drop)}
    for change in changes:
        if isinstance(change, Rename):
            moved = [ref for ref in known.objects if ref.inside(change.old.ref)]
            gone.update(moved)
            entries |= {ref.moved(change.old.ref, change.ref): _entry_of(ref, known) for ref in moved}
    return News(entries=entries, gone=frozenset(gone) - entries.keys())


def _entry_of(ref: Ref, known: Owned) -> Entry:
    memory = {part: memory for (at, part), memory in known.memory.items() if at == ref}
    return Entry(protected=ref in known.protected, memory=memory)


def _difference(change: Change) -> str:
    match change:
        case Alter(old, new, fields):
            pairs = [f"{name} {' instead of '.join(both(getattr(old, name), getattr(new, name)))}" for name in fields]
            return f"{change.ref}: {'; '.join(pairs)}"
        case Create():
            return f"{change.ref} is missing"
        case _:
            return f"{change.ref} is still there"


def _broken_contracts(desired: Model, live: Model) -> list[str]:
    """Return the promises of the specs that the database does not keep, such as the columns of a view."""
    found = []
    for ref, obj in desired.items():
        for name in contracts(type(obj)):
            promised, real = getattr(obj, name), getattr(live.get(ref), name, None)
            if promised and real and promised != real:
                found.append(f"{ref}: {name} are {', '.join(real)}, the spec promises {', '.join(promised)}")
    return found


def _entries(desired: Model, live: Model, before: frozenset[Ref]) -> Mapping[Ref, Entry]:
    """Return what the ledger is to hold. Protection is lifted by `protect: false` alone, never by silence."""
    memory: dict[Ref, dict[str, Memory]] = {}
    for (ref, part), entry in remembered(desired, live).items():
        memory.setdefault(ref, {})[part] = entry
    entries = {}
    for ref, obj in desired.items():
        said = getattr(obj, "protect", None)
        protected = ref in before if said is None else bool(said)
        entries[ref] = Entry(protected=protected, memory=memory.get(ref, {}))
    return entries


def _news(entries: Mapping[Ref, Entry], known: Owned) -> Mapping[Ref, Entry]:
    """Return the entries that the ledger does not hold yet in just this form."""
    before: dict[Ref, dict[str, Memory]] = {}
    for (ref, part), memory in known.memory.items():
        before.setdefault(ref, {})[part] = memory
    return {
        ref: entry
        for ref, entry in entries.items()
        if ref not in known.objects
        or entry.protected != (ref in known.protected)
        or dict(entry.memory) != before.get(ref, {})
    }
