"""A declared model and a target in, the database made to match it out: lock, inspect, gate, execute, ledger, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial

from reconciler import __version__
from reconciler.compare.before import before, encode_before
from reconciler.compare.compare import Aside, Owned
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Lock, Session
from reconciler.errors import StalePlan
from reconciler.execute import ledger
from reconciler.execute.apply import apply, description, new_run_id
from reconciler.execute.failpoints import reach
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.plan.filling import NEW
from reconciler.plan.outcome import Outcome
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Stage
from reconciler.workflow.filling import agenda_of, foreseen, forgotten, implied, ledger_of, loosened, tidied
from reconciler.workflow.opening import Opened
from reconciler.workflow.stages import Intent, Scene, fill_and_tighten, refuse

# Bytes that are written down of what was there before a run; a value of D1 has 2,000,000 at the most
# (developers.cloudflare.com/d1/platform/limits).
_WAS = 1_500_000


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
    agenda = replace(agenda_of(opened, session, desired.backfills), implied=partial(implied, opened, session))
    planned = prepare(
        opened.dialect, session, opened.target, desired, known, opened.policy, given, before, aside, agenda
    )
    return foreseen(opened, session, planned) if before is None else planned


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
    reach("after_bootstrap", session)
    if not opened.policy.bounds.only:
        tidied(opened, session, intent.desired.backfills)
    stamp = dialect.stamp(session)
    planned = plan_on(opened, session, intent.desired, intent.given, before=intent.shown)
    reach("before_gate", session)
    _gate(planned, intent.accepts)
    reach("after_gate", session)
    scene = Scene(opened, intent, session, lock, new_run_id())
    plan, fills = planned.plan, planned.agenda.fillings
    if plan.steps or fills:
        kept = intent.keep(scene.run_id)
        reach("before_intent", session)
        _begin(scene, planned, {"bookmark": bookmark, "backup": kept})
    loosened(opened, session, planned)
    forgotten(opened, session, [one for one in fills if one.why == NEW])
    part = scene.part(planned, plan.only(Stage.EXPAND).steps)
    outcome = apply(replace(part, still=lambda: dialect.stamp(session) == stamp, closing=_closing(scene, planned)))
    if fills:
        planned, outcome = fill_and_tighten(scene, planned, outcome)
    reach("before_release", session)
    return planned, outcome


def _closing(scene: Scene, planned: Planned) -> Callable[[], None]:
    """Return what the ledger is told in the last transaction: that this run is done, or that earlier ones have ended
    where there is nothing left of them to do.
    """
    if planned.agenda.fillings:
        return lambda: None
    if planned.plan.steps:
        return partial(scene.finish, scene.intent.ends)
    return partial(ledger.close_dead, scene.session, ledger_of(scene.opened))


def _begin(scene: Scene, planned: Planned, facts: Mapping[str, str]) -> None:
    details = {
        "command": scene.intent.command,
        "environment": scene.opened.environment.name,
        **({"commit": scene.intent.commit} if scene.intent.commit else {}),
        **({"takes_back": scene.intent.takes_back} if scene.intent.takes_back else {}),
        "consents": [asdict(consent) for consent in planned.verdict.consents],
        **{name: value for name, value in facts.items() if value},
    }
    told = description(planned.plan, scene.run_id, f"reconcile {__version__}", details)
    was = encode_before(before(planned))
    ledger.start(scene.session, ledger_of(scene.opened), {**told, "was": was if len(was) <= _WAS else None})


def _gate(planned: Planned, accepts: Callable[[Planned], bool]) -> None:
    if not accepts(planned):
        now = "there would be nothing to do now" if planned.plan.empty else f"the plan would now be {planned.plan.id}"
        raise StalePlan(f"the plan is stale: the database is not as it was; {now}",
                        hint="plan again and look at what is different")  # fmt: skip
    refuse(planned)
