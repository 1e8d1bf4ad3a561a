"""A plan and a locked session in, the plan carried out; each segment is one transaction with its ledger rows inside."""

from __future__ import annotations

import getpass
import platform
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from reconciler.dialects.base import DatabaseError, Dialect, Lock, Session
from reconciler.errors import ApplyFailed, LockTaken, NotConverged
from reconciler.execute import ledger
from reconciler.execute.failpoints import Injected, reach
from reconciler.execute.ledger import Done, Entry, Ledger
from reconciler.execute.segments import segments
from reconciler.model.change import Create, Drop, Rename
from reconciler.model.ref import Ref
from reconciler.plan.outcome import Outcome
from reconciler.plan.plan import Plan
from reconciler.plan.step import Step

# Seconds that one statement waits for a lock before the whole segment is rolled back and tried again: a statement that
# waits for ACCESS EXCLUSIVE holds up every reader that comes after it.
STATEMENT_LOCK_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Whom to tell: a step begins, a step is done (rows, seconds), something makes us wait, a transaction is
    committed.
    """

    started: Callable[[int, Step], None] = lambda position, step: None
    finished: Callable[[int, Step, int, float], None] = lambda position, step, rows, seconds: None
    waiting: Callable[[str], None] = lambda sentence: None
    committed: Callable[[int], None] = lambda steps: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a second look at the database says: what still differs, and what the ledger is to hold if nothing does."""

    differences: tuple[str, ...]
    entries: Mapping[Ref, Entry]
    gone: frozenset[Ref]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that an apply needs. `lock_timeout` is in seconds, over all retries of one segment."""

    dialect: Dialect
    session: Session
    lock: Lock
    ledger: Ledger
    plan: Plan
    tool: str
    circumstances: str
    look: Callable[[], Verdict]
    groundwork: tuple[str, ...] = ()
    progress: Progress = field(default_factory=Progress)
    lock_timeout: float = 30.0
    run_id: str = field(default_factory=lambda: f"r_{time.strftime('%Y%m%d_%H%M%S')}_{uuid.uuid4().hex[:6]}")


def apply(run: Run) -> Outcome:
    """Carry a plan out, look again, and commit the last segment only when nothing differs any more.

    Raises:
        ApplyFailed: when a step fails; says what is committed.
        NotConverged: when everything ran and something still differs; the last segment is rolled back.
        LockTaken: when a lock was not had in time.
    """
    begun = time.monotonic()
    for sql in run.groundwork:
        run.session.execute(sql)
    ledger.bootstrap(run.session, run.ledger)
    groups = segments(run.plan.steps, run.dialect.capacity(run.session)) or ((),)
    if run.plan.steps:
        ledger.start(run.session, run.ledger, _description(run))
    reach("after_intent", run.session)
    done: list[Done] = []
    try:
        for number, group in enumerate(groups):
            last = number == len(groups) - 1
            done += _retried(run, group, len(done), last)
            run.progress.committed(len(done))
            reach("after_commit", run.session)
    except BaseException as error:
        _note_failure(run, error, len(done))
        raise
    return Outcome(
        run_id=run.run_id, steps=len(done), statements=len(run.plan.statements), rows=sum(d.affected for d in done),
        seconds=time.monotonic() - begun,
    )  # fmt: skip


def _description(run: Run) -> dict[str, str]:
    try:
        actor = f"{getpass.getuser()}@{platform.node()}"
    except (KeyError, OSError):
        actor = platform.node()
    return {
        "run_id": run.run_id, "plan_id": run.plan.id, "source": run.plan.source, "target": run.plan.target,
        "tool": run.tool, "actor": actor[:200],
    }  # fmt: skip


def _retried(run: Run, group: Sequence[Step], before: int, last: bool) -> list[Done]:
    """Carry a segment out, again and again while only locks stand in the way."""

    def told(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        run.progress.waiting(f"{error}; trying again")

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, DatabaseError) and error.retryable),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(run.lock_timeout),
        before_sleep=told,
        reraise=True,
    )
    try:
        return retrying(_segment, run, group, before, last)
    except DatabaseError as error:
        raise _failure(error, before) from error


def _failure(error: DatabaseError, committed: int) -> Exception:
    if error.retryable:
        return LockTaken(f"a lock was not had in time: {error.message}",
                         hint="nothing of it was kept; end what holds the lock, or raise --lock-timeout")  # fmt: skip
    state = f"{committed} steps before it are committed" if committed else "nothing was changed"
    return ApplyFailed(f"{error.message}{f' ({error.code})' if error.code else ''}; {state}",
                       hint="mend the cause and run apply again", committed=committed)  # fmt: skip


def _segment(run: Run, group: Sequence[Step], before: int, last: bool) -> list[Done]:
    if not run.lock.held():
        raise ApplyFailed("the lock was lost, so nothing more is done", committed=before,
                          hint="run apply again")  # fmt: skip
    with run.dialect.transaction(run.session, group, min(STATEMENT_LOCK_TIMEOUT, run.lock_timeout)):
        reach("after_begin", run.session)
        done = [_step(run, before + number, step) for number, step in enumerate(group, 1)]
        ledger.record(run.session, run.ledger, run.run_id, done)
        if last:
            _verify(run)
        else:
            _claim(run, group)
        reach("before_commit", run.session)
    return done


def _step(run: Run, position: int, step: Step) -> Done:
    run.progress.started(position, step)
    begun, affected = time.monotonic(), 0
    for statement in step.statements:
        reach("before_statement", run.session)
        try:
            affected += max(run.session.execute(statement.sql), 0)
        except DatabaseError as error:
            raise DatabaseError(
                f"step {position} ({step.action} {step.subject}): {error.message}\n    {statement.sql}",
                code=error.code, retryable=error.retryable, lost=error.lost,
            ) from error  # fmt: skip
        reach("after_statement", run.session)
    run.progress.finished(position, step, affected, time.monotonic() - begun)
    reach("after_step", run.session)
    return Done(
        position=position, address=str(step.subject), action=step.action, affected=affected,
        statements=";\n".join(statement.sql for statement in step.statements),
    )  # fmt: skip


def _claim(run: Run, group: Sequence[Step]) -> None:
    """Write down what a segment that is not the last made and unmade, in its own transaction."""
    changes = [change for step in group for change in step.changes]
    gone = {change.old.ref for change in changes if isinstance(change, Drop | Rename)}
    made = {change.ref: Entry() for change in changes if isinstance(change, Create | Rename)}
    ledger.disown(run.session, run.ledger, gone)
    ledger.own(run.session, run.ledger, run.run_id, run.circumstances, made)


def _verify(run: Run) -> None:
    """Look again before committing: after an apply there is nothing left to plan, or the apply did not happen."""
    reach("before_verify", run.session)
    verdict = run.look()
    if verdict.differences:
        raise NotConverged(
            f"everything ran, and {len(verdict.differences)} differences are left; the transaction was rolled back",
            differences=verdict.differences,
            hint="this is a bug in a rule of the dialect; please report it with the plan",
        )
    ledger.disown(run.session, run.ledger, verdict.gone)
    ledger.own(run.session, run.ledger, run.run_id, run.circumstances, verdict.entries)
    if run.plan.steps:
        ledger.finish(run.session, run.ledger, run.run_id, "done")


def _note_failure(run: Run, error: BaseException, committed: int) -> None:
    """Write down how the run ended, when the connection still lets us; the report is the error itself."""
    if isinstance(error, Injected) or not run.plan.steps:
        return
    try:
        run.session.rollback()
        state = "interrupted" if isinstance(error, KeyboardInterrupt) else "partial" if committed else "failed"
        ledger.finish(run.session, run.ledger, run.run_id, state, str(error)[:2000])
    except DatabaseError:
        return
