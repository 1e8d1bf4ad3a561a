"""A step that one transaction cannot hold in, its statements carried out, one after the other, each kept by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from reconciler.dialects.base import DatabaseError, Dialect, Session
from reconciler.execute import interrupt
from reconciler.execute.batches import Progress, carry_out
from reconciler.execute.failpoints import reach
from reconciler.execute.ledger import Done
from reconciler.plan.order import parts
from reconciler.plan.step import Step

# Seconds that a statement in no transaction waits for locks: it keeps nobody waiting meanwhile, and what it has done
# until then would be for nothing.
PATIENCE = 1800.0

# Runs something again and again while only locks stand in the way.
Again = Callable[[Callable[[], list[Done]]], list[Done]]


class Unfinished(Exception):
    """What the server did is not undone by what went wrong; `doubt` says in a clause what is known of it."""

    def __init__(self, message: str, doubt: str) -> None:
        super().__init__(message)
        self.doubt = doubt


def by_itself(
    dialect: Dialect, session: Session, step: Step, before: int, progress: Progress, again: Again, lock: float
) -> Done:
    """Carry a step out of which each part is kept as soon as it is done; nothing of it is written down.

    Args:
        dialect, session: outside a transaction.
        step: with statements that are in none.
        before: how many steps the plan has before this one.
        progress: whom to tell.
        again: for parts that wait shortly, and are tried again.
        lock: seconds that one try of such a part waits for a lock.

    Raises:
        DatabaseError: when nothing of it is in effect.
        Unfinished: when something is, or may be.
    """
    progress.started(before + 1, step)
    begun, done = time.monotonic(), list[Done]()
    for part in parts(step):
        interrupt.heed()
        try:
            done += _run(dialect, session, part, before, again, lock)
        except DatabaseError as error:
            left = part.alone and not _undone(dialect, session, part, error)
            if done or left:
                message = f"{error.message} ({error.code})" if error.code else error.message
                raise Unfinished(message, _known(error, len(done), left)) from error
            raise
    rows = sum(one.affected for one in done)
    progress.finished(before + 1, step, rows, time.monotonic() - begun, ())
    return replace(done[-1], affected=rows, statements=";\n".join(one.statements for one in done))


def _run(dialect: Dialect, session: Session, part: Step, before: int, again: Again, lock: float) -> list[Done]:
    if part.alone:
        reach("before_alone", session)
        with dialect.alone(session, PATIENCE):
            done = carry_out(session, Progress(), before, [part])
        reach("after_alone", session)
        return done

    def inside() -> list[Done]:
        with dialect.transaction(session, [part], lock):
            return carry_out(session, Progress(), before, [part])

    return again(inside)


def _undone(dialect: Dialect, session: Session, part: Step, error: DatabaseError) -> bool:
    """Take away what a statement left behind when it failed; say whether nothing of it is there any more."""
    if error.lost:
        return False
    reach("before_undo", session)
    try:
        with dialect.alone(session, PATIENCE):
            for sql in (statement.undo for statement in part.statements if statement.undo):
                session.execute(sql)
    except DatabaseError:
        return False
    return True


def _known(error: DatabaseError, done: int, left: bool) -> str:
    if error.lost:
        return "the server may go on with the statement"
    known = [f"{done} part{'s' * (done != 1)} of this step {'are' if done != 1 else 'is'} in effect"] if done else []
    return ", and ".join([*known, *(["what it began may be there, not valid"] if left else [])])
