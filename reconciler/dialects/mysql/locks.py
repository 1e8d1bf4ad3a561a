"""Mutual exclusion between runs by named locks, which go with their connections, and short waits for everything else.

One lock is held by a run on a connection of its own. Another is held by the connection that executes: a statement goes
on in the server when its client is dead, and so does its lock, so that the next run waits for it.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from reconciler.dialects.base import DatabaseError, Lock, Session, Target
from reconciler.dialects.health import Holder
from reconciler.dialects.mysql.circumstances import tidying
from reconciler.dialects.mysql.session import connect, wait_for_locks
from reconciler.errors import LockTaken
from reconciler.frozen import frozen_in_order
from reconciler.plan.step import Step

# Seconds between two tries.
_SHORTEST, _LONGEST = 0.2, 0.5
# Seconds that one attempt at a lock may take at most: whatever comes after it waits too.
LONGEST_LOCK_WAIT = 3

# What the server answers to a DROP of what is not there.
_NOTHING_THERE = "1091"

_HOLDER = """
SELECT id, user, host, time, info FROM information_schema.processlist WHERE id = is_used_lock(:name)
"""


@frozen_in_order
class _Named:
    """The lock: it is ours as long as its connection lives and shows it."""

    session: Session
    name: str
    fence: str = ""

    def held(self) -> bool:
        """Ask the server."""
        try:
            return bool(self.session.query("SELECT is_used_lock(:name) = connection_id()", {"name": self.name})[0][0])
        except DatabaseError:
            return False


def _names(session: Session) -> tuple[str, str]:
    """Return the names of a database's two locks.

    They are the whole server's, and at most 64 characters long
    (dev.mysql.com/doc/refman/9.7/en/locking-functions.html#function_get-lock).
    """
    database = str(session.query("SELECT database()")[0][0])
    digest = hashlib.sha256(database.encode()).hexdigest()[:32]
    return f"reconcile:{digest}", f"reconcile:{digest}:work"


@contextmanager
def lock(target: Target, timeout: float, waiting: Callable[[str], None]) -> Iterator[Lock]:
    """Hold the lock of one database.

    Args:
        target: what to lock.
        timeout: seconds to wait for another run, and for what a dead one left behind.
        waiting: told once, in a sentence, who is waited for.

    Raises:
        LockTaken: when another run holds it for longer than that.
    """
    session = connect(target)
    try:
        run, work = _names(session)
        deadline = time.monotonic() + timeout
        _wait(session, run, "get_lock(:name, 0)", "another run holds the lock", deadline, waiting)
        _wait(session, work, "is_free_lock(:name)", "a statement of an earlier run goes on", deadline, waiting)
        yield _Named(session, run)
        # It goes with the connection too, but only when the server has noticed: the next run would find it held.
        with suppress(DatabaseError):
            session.query("SELECT release_lock(:name)", {"name": run})
    finally:
        session.close()


def _wait(session: Session, name: str, test: str, who: str, deadline: float, waiting: Callable[[str], None]) -> None:
    told = False
    while not session.query(f"SELECT {test}", {"name": name})[0][0]:
        sentence = f"{who}: {_holder(session, name)}"
        if time.monotonic() >= deadline:
            raise LockTaken(sentence, hint="wait for it, or raise --lock-timeout")
        if not told:
            waiting(sentence)
            told = True
        time.sleep(random.uniform(_SHORTEST, _LONGEST))


def holders(session: Session, target: Target) -> Sequence[Holder]:
    """Return who holds the lock of runs, and whose statement goes on; each goes with its connection."""
    found = []
    for name in _names(session):
        number = session.query("SELECT is_used_lock(:name)", {"name": name})[0][0]
        if number is not None:
            found.append(Holder(who=_holder(session, name), command=f"KILL {number}"))
    return found


def _holder(session: Session, name: str) -> str:
    found = session.query(_HOLDER, {"name": name})
    if not found:
        return "whose connection this user may not see"
    number, user, host, seconds, text = found[0]
    doing = f", at {' '.join(str(text).split())[:60]!r}" if text else ""
    return f"connection {number} of {user} from {host}, for {seconds} s{doing}"


@contextmanager
def transaction(session: Session, steps: Sequence[Step], lock_timeout: float) -> Iterator[None]:
    """Surround these steps with short waits for locks, and with a lock of its own; each statement commits by itself.

    A wait for a metadata lock keeps everybody else waiting behind it, and the default is a year
    (dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_lock_wait_timeout), so one attempt waits
    shortly and whoever runs the steps tries again.

    Args:
        session: outside a transaction.
        steps: what will run inside; every step is treated alike here.
        lock_timeout: seconds that a statement may wait for a lock.
    """
    wait_for_locks(session, min(lock_timeout, LONGEST_LOCK_WAIT))
    _, work = _names(session)
    if not session.query("SELECT get_lock(:name, 0)", {"name": work})[0][0]:
        raise DatabaseError("a statement of an earlier run goes on", retryable=True)
    try:
        yield
    except BaseException as error:
        for sql in tidying(steps):
            with suppress(DatabaseError):
                session.execute(sql)
        if isinstance(error, DatabaseError) and not (error.retryable or error.lost):
            _take_back(session, steps, error)
        raise
    finally:
        with suppress(DatabaseError):
            session.query("SELECT release_lock(:name)", {"name": work})


def _take_back(session: Session, steps: Sequence[Step], error: DatabaseError) -> None:
    """Take back what a step did before it failed, where its statements say how; then none of it is in effect."""
    done = [statement for step in steps for statement in step.statements][: error.before + 1]
    undo = [statement.undo for statement in reversed(done) if statement.undo]
    try:
        for sql in undo:
            session.execute(sql)
    except DatabaseError as other:
        if other.code != _NOTHING_THERE:
            return
    if undo:
        error.before = 0
