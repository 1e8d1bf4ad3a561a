"""A plan and a locked session in, the plan carried out; each segment is one transaction with its ledger rows inside."""

from __future__ import annotations

import getpass
import json
import platform
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from itertools import islice
from typing import Any

from reconciler.dialects.base import DatabaseError, Dialect, Lock, Session
from reconciler.errors import ApplyFailed, LockTaken, NotConverged, PartlyApplied, ReconcileError, StalePlan
from reconciler.execute import interrupt, ledger
from reconciler.execute.alone import Unfinished, by_itself
from reconciler.execute.batches import Progress, carry_out
from reconciler.execute.blame import blamed
from reconciler.execute.climb import Allowed
from reconciler.execute.failpoints import Injected, reach
from reconciler.execute.ledger import Done, Ledger
from reconciler.execute.owning import Book, News
from reconciler.execute.segments import segments
from reconciler.execute.waiting import named
from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.plan.outcome import Outcome
from reconciler.plan.plan import Plan
from reconciler.plan.step import Stage, Step

# Seconds that one statement waits for a lock before the whole segment is rolled back and tried again: a statement that
# waits for ACCESS EXCLUSIVE holds up every reader that comes after it.
STATEMENT_LOCK_TIMEOUT = 2.0


@frozen
class Verdict:
    """What a second look at the database says: what still differs, and what the ledger is to hold if nothing does."""

    differences: tuple[str, ...]
    news: News


@frozen
class Run:
    """Everything that an apply needs.

    Of the plan `part` is carried out, before which it has `begun` steps. `look` looks at the result inside the last
    transaction, where `closing` is called when nothing differs; `claim` says what the ledger is to hold after earlier
    ones; `known` is what it held at first.
    `still` says inside a transaction whether the schema is as it was when the plan was made. `lock_timeout` is in
    seconds, over all retries of one segment. `allowed` says of a hazard that only shows up now whether
    there is consent.
    """

    dialect: Dialect
    session: Session
    lock: Lock
    ledger: Ledger
    plan: Plan
    part: Sequence[Step]
    circumstances: str
    look: Callable[[], Verdict]
    claim: Callable[[Sequence[Step]], News]
    begun: int = 0
    closing: Callable[[], None] = lambda: None
    known: frozenset[Ref] = frozenset()
    still: Callable[[], bool] = lambda: True
    progress: Progress = field(default_factory=Progress)
    lock_timeout: float = 30.0
    allowed: Allowed = lambda size: False
    run_id: str


def new_run_id() -> str:
    """Return a name for a run: when it began, and what tells it from others of that second."""
    return f"r_{time.strftime('%Y%m%d_%H%M%S')}_{uuid.uuid4().hex[:6]}"


def apply(run: Run) -> Outcome:
    """Carry steps out, look again, and commit the last segment only when nothing differs any more.

    The ledger knows of the run already.

    Raises:
        ApplyFailed: when a step fails; nothing was changed.
        PartlyApplied: when transactions before it are committed, or nobody knows.
        StalePlan: when the schema was changed since the plan was made.
        NotConverged: when everything ran and something still differs; the last segment is rolled back.
        LockTaken: when a lock was not had in time.
    """
    begun = time.monotonic()
    groups = segments(run.part, run.dialect.capacity(run.session), run.dialect.transactional) or ((),)
    book = Book(ledger=run.ledger, run_id=run.run_id, circumstances=run.circumstances, known=run.known)
    book.committed(run.claim(run.plan.steps[: run.begun]))
    reach("after_intent", run.session)
    done: list[Done] = []
    try:
        for number, group in enumerate(groups):
            last = number == len(groups) - 1
            done += _counted(run, _carried(run, book, group, run.begun + len(done), last))
            book.committed(run.claim(group))
            run.progress.committed(run.begun + len(done))
            reach("after_commit", run.session)
        _confirm(run)
    except Injected:
        raise
    except Exception as error:
        told = _as_declared(run, error) or _told(error, run.begun + len(done), _loose(run, error))
        _note_failure(run, "partial" if run.begun + len(done) else "failed", str(told))
        raise told from error
    except BaseException:
        _note_failure(run, "interrupted", "")
        raise
    return Outcome(
        run_id=run.run_id, steps=len(done), statements=sum(len(step.statements) for step in run.part),
        rows=sum(d.affected for d in done),
        seconds=time.monotonic() - begun, usage=run.dialect.usage(run.session),
    )  # fmt: skip


def _counted(run: Run, steps: Sequence[Done]) -> list[Done]:
    """Return committed steps with the rows that they changed, also where that is known only now."""
    counts = iter(run.dialect.counted(run.session))
    told = []
    for step in steps:
        size = len(run.plan.steps[step.position - 1].statements)
        told.append(replace(step, affected=sum(islice(counts, size)) or step.affected))
    with suppress(DatabaseError):  # it explains, and what it tells of is committed
        ledger.recount(
            run.session, run.ledger, run.run_id, [new for new, old in zip(told, steps, strict=True) if new != old]
        )
    return told


def _confirm(run: Run) -> None:
    """Look at what the database made of what was rehearsed; elsewhere that was seen before the commit."""
    if run.dialect.rehearsed and run.part and (differences := run.look().differences):
        raise NotConverged(
            f"everything ran and is committed, and {_left(len(differences))} left", differences=differences,
            hint="the database made something else of it than the rehearsal did; please report it with the plan",
        )  # fmt: skip


def actor() -> str:
    """Return who runs this, and where."""
    try:
        return f"{getpass.getuser()}@{platform.node()}"[:200]
    except (KeyError, OSError):
        return platform.node()


def description(plan: Plan, run_id: str, tool: str, details: Mapping[str, Any]) -> dict[str, str]:
    """Return what the ledger is to tell of a run. `details` are plain data."""
    counts = [0 if step.stage is Stage.FILL else len(step.statements) for step in plan.steps]
    size = {"steps": len(plan.steps), "statements": counts}
    return {
        "run_id": run_id, "plan_id": plan.id, "source": plan.source, "target": plan.target, "tool": tool,
        "actor": actor(), "details": json.dumps({**details, **size}, ensure_ascii=False),
    }  # fmt: skip


def _carried(run: Run, book: Book, group: Sequence[Step], before: int, last: bool) -> list[Done]:
    """Carry a segment out; of a step that is in no transaction what is written down has one of its own, after it."""
    if not (run.dialect.transactional and group and group[0].alone):
        return _retried(run, group, lambda: _segment(run, book, group, before, last))
    if before == run.begun and not run.still():
        raise _changed()
    limit = min(STATEMENT_LOCK_TIMEOUT, run.lock_timeout)
    try:
        with interrupt.held():
            done = by_itself(
                run.dialect, run.session, group[0], before, run.progress, partial(_retried, run, group), limit
            )
    except (DatabaseError, Unfinished) as error:
        if wish := interrupt.urgent():
            raise wish from error
        raise
    return _retried(run, group, lambda: _segment(run, book, group, before, last, [done]))


def _changed() -> StalePlan:
    return StalePlan("the schema was changed while we waited for the database", hint="plan again")


def _retried(run: Run, group: Sequence[Step], act: Callable[[], list[Done]]) -> list[Done]:
    """Do something again and again while only locks stand in the way, and tell who holds them."""
    from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    def told(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        run.progress.waiting(f"{error}; trying again")

    def tried() -> list[Done]:
        try:
            return act()
        except DatabaseError as error:
            raise named(error, run.dialect, run.session, group) from error

    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, DatabaseError) and error.retryable),
        wait=wait_random_exponential(multiplier=0.1, max=5),
        stop=stop_after_delay(run.lock_timeout),
        before_sleep=told,
        reraise=True,
    )
    return retrying(tried)


def _loose(run: Run, error: Exception) -> int:
    """Return how many statements of the step that failed are in effect: none where a transaction takes them back."""
    return error.before if isinstance(error, DatabaseError) and not run.dialect.transactional else 0


def _as_declared(run: Run, error: Exception) -> PartlyApplied | None:
    """Say that what a step was to make is there although the server told of an error; None when it is not.

    Only asked where a statement is committed by itself.
    """
    if run.dialect.transactional or not isinstance(error, DatabaseError) or error.lost or error.retryable:
        return None
    with suppress(DatabaseError, ReconcileError):
        told = (f"{error.address}:", f"{error.address} ")
        if error.address and not any(words.startswith(told) for words in run.look().differences):
            message = f"{error.message} ({error.code}); all the same {error.address} is as it is declared"
            hint = "run apply again: it looks, and does what is left"
            return PartlyApplied(message, hint=hint, address=error.address)
    return None


def _told(error: Exception, committed: int, loose: int) -> Exception:
    """Say how a run ended in words that are true of what is in the database now.

    Args:
        error: what ended it.
        committed: how many steps are committed.
        loose: how many statements of the next step are in effect all the same.
    """
    said = getattr(error, "message", str(error))
    if isinstance(error, DatabaseError) and error.code:
        said = f"{said} ({error.code})"
    if isinstance(error, NotConverged | StalePlan):
        return error
    if isinstance(error, Unfinished):
        return PartlyApplied(f"{said}; {error.doubt}", hint="run apply again: it looks, and does what is left")
    if committed or loose:
        said = f"{said}; {_number(committed, 'step')} committed, the others are not"
        if loose:
            said = f"{said}; {_number(loose, 'statement')} of this one in effect too"
        hint = "mend the cause and run apply again: it goes on from there"
        return PartlyApplied(said, hint=hint, address=getattr(error, "address", ""))
    if isinstance(error, DatabaseError) and error.retryable:
        hint = "end what holds the lock, or raise --lock-timeout"
        return LockTaken(f"a lock was not had in time, and nothing was changed: {said}", hint=hint)
    if isinstance(error, DatabaseError):
        hint = "mend the cause and run apply again"
        return ApplyFailed(f"{said}; nothing was changed", hint=hint, address=error.address)
    return error


def _segment(
    run: Run, book: Book, group: Sequence[Step], before: int, last: bool, ready: Sequence[Done] = ()
) -> list[Done]:
    """Carry steps out in a transaction that holds what the ledger is told of them; `ready` are those that are done."""
    if not run.lock.held():
        raise ApplyFailed("the lock was lost, so nothing more is done", hint="run apply again")
    interrupt.heed()
    done: list[Done] = []
    try:
        with (
            interrupt.held(),
            run.dialect.transaction(run.session, group, min(STATEMENT_LOCK_TIMEOUT, run.lock_timeout)),
        ):
            reach("after_begin", run.session)
            if before == run.begun and not ready and not run.still():
                raise _changed()
            steps = [*ready] or carry_out(run.session, run.progress, before, group, run.allowed)
            ledger.record(run.session, run.ledger, run.run_id, steps)
            if last:
                _verify(run, book, before)
            else:
                book.keep(run.session, run.claim(group))
            reach("before_commit", run.session)
            done = steps
    except DatabaseError as error:
        if wish := interrupt.urgent():
            raise wish from error
        told = _doubt(run, error, done) or blamed(error, group if done else (), before, run.dialect.quote)
        if told is error:
            raise
        raise told from error
    return done


def _doubt(run: Run, error: DatabaseError, done: Sequence[Done]) -> Exception | None:
    """Return what cannot be known after an error: whether a commit was kept, or what the server does by itself."""
    if error.lost and done:
        doubt = "the connection was lost during the commit, so it is not known whether it was kept"
        return Unfinished(error.message, doubt)
    if error.lost and not run.dialect.transactional:
        return Unfinished(error.message, "the server may go on with the statement")
    return None


def _number(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"


def _verify(run: Run, book: Book, before: int) -> None:
    """Look again before committing: after an apply there is nothing left to plan, or the apply did not happen."""
    reach("before_verify", run.session)
    interrupt.heed()
    verdict = run.look()
    if verdict.differences:
        left = _left(len(verdict.differences))
        taken_back = f", and {left} left; the transaction was rolled back"
        if not run.dialect.transactional:
            book.keep(run.session, run.claim(run.part[before - run.begun :]))
            taken_back = f" and is committed, and {left} left"
        raise NotConverged(
            f"everything ran{taken_back}",
            differences=verdict.differences,
            hint="this is a bug in a rule of the dialect; please report it with the plan",
        )
    book.keep(run.session, verdict.news)
    run.closing()


def _left(number: int) -> str:
    return "1 difference is" if number == 1 else f"{number} differences are"


def _note_failure(run: Run, state: str, error: str) -> None:
    """Write down how the run ended, when the connection still lets us; the report is the error itself."""
    with suppress(DatabaseError):
        run.session.rollback()
        ledger.finish(run.session, run.ledger, run.run_id, state, error[:2000])
