"""Steps and a session inside a transaction in, the steps carried out; quick ones share a wait for their answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from reconciler.dialects.base import DatabaseError, Session
from reconciler.execute import interrupt
from reconciler.execute.climb import Allowed, Ran, carried_out
from reconciler.execute.failpoints import reach
from reconciler.execute.ledger import Done
from reconciler.frozen import frozen
from reconciler.model.backfills import Standing
from reconciler.plan.step import Statement, Step

# A batch grows while its steps are quick, and shrinks to one step when they are not: whoever watches sees a slow step
# by its name, and a wish to end is heard as soon. Seconds, and steps.
_QUICK, _SLOW = 0.05, 0.2
_MOST = 128


@frozen
class Progress:
    """Whom to tell: a step begins, a step is done (rows, seconds, the ways that the server went), something makes us
    wait (a sentence, "" when it is over), a transaction is committed, a backfill has come further.
    """

    started: Callable[[int, Step], None] = lambda position, step: None
    finished: Callable[[int, Step, int, float, Sequence[str]], None] = lambda number, step, rows, seconds, ways: None
    waiting: Callable[[str], None] = lambda sentence: None
    committed: Callable[[int], None] = lambda steps: None
    advanced: Callable[[Standing], None] = lambda standing: None


def carry_out(
    session: Session, progress: Progress, before: int, steps: Sequence[Step], allowed: Allowed = lambda size: False
) -> list[Done]:
    """Run the statements of steps in order.

    Args:
        session: inside the transaction that the steps share.
        progress: whom to tell.
        before: how many steps the plan has before these.
        steps: in order.
        allowed: says whether a large table may be copied although the plan did not tell of it.

    Raises:
        DatabaseError: with the step and the statement that failed; none after it was run.
    """
    done: list[Done] = []
    size = 1
    while len(done) < len(steps):
        begun = time.monotonic()
        done += _batch(session, progress, before + len(done), steps[len(done) : len(done) + size], allowed)
        seconds = time.monotonic() - begun
        size = min(size * 2, _MOST) if seconds < _QUICK else max(size // 2, 1) if seconds > _SLOW else size
    return done


def _batch(session: Session, progress: Progress, before: int, steps: Sequence[Step], allowed: Allowed) -> list[Done]:
    statements = [(index, statement) for index, step in enumerate(steps) for statement in step.statements]
    for index, step in enumerate(steps):
        progress.started(before + index + 1, step)
    for _ in statements:
        reach("before_statement", session)
    interrupt.heed()
    begun = time.monotonic()
    try:
        ran = carried_out(session, [statement for _, statement in statements], allowed)
    except DatabaseError as error:
        raise _named(error, before, steps, statements) from error
    for _ in statements:
        reach("after_statement", session)
    of_step: list[list[Ran]] = [[] for _ in steps]
    for (index, _), one in zip(statements, ran, strict=True):
        of_step[index].append(one)
    seconds = (time.monotonic() - begun) / len(steps)
    return [_told(session, progress, before + at + 1, steps[at], of_step[at], seconds) for at in range(len(steps))]


def _named(
    error: DatabaseError, before: int, steps: Sequence[Step], statements: Sequence[tuple[int, Statement]]
) -> DatabaseError:
    """Say which step failed, and with what statement."""
    index, statement = statements[min(error.before, len(statements) - 1)]
    step = steps[index]
    return DatabaseError(
        f"step {before + index + 1} ({step.action} {step.subject}): {error.message}\n    {statement.sql}",
        code=error.code, retryable=error.retryable, lost=error.lost, before=error.before, address=str(step.subject),
    )  # fmt: skip


def _told(session: Session, progress: Progress, position: int, step: Step, ran: Sequence[Ran], seconds: float) -> Done:
    affected = sum(max(one.rows, 0) for one in ran)
    progress.finished(position, step, affected, seconds, [one.way for one in ran if one.way])
    reach("after_step", session)
    return Done(
        position=position, address=str(step.subject), action=step.action, affected=affected,
        statements=";\n".join(one.sql for one in ran),
    )  # fmt: skip
