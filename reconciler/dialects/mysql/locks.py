"""Mutual exclusion between runs by a named lock on its own connection, which goes with the connection."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.dialects.base import DatabaseError, Lock, Session, Target
from reconciler.dialects.mysql.session import connect
from reconciler.errors import LockTaken

# Seconds between two tries.
_SHORTEST, _LONGEST = 0.2, 0.5

_HOLDER = "SELECT id, user, host, time FROM information_schema.processlist WHERE id = is_used_lock(:name)"


@dataclass(frozen=True, slots=True)
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


@contextmanager
def lock(target: Target, timeout: float, waiting: Callable[[str], None]) -> Iterator[Lock]:
    """Hold the lock of one database.

    Args:
        target: what to lock.
        timeout: seconds to wait for another run.
        waiting: told once, in a sentence, who is waited for.

    Raises:
        LockTaken: when another run holds it for longer than that.
    """
    session = connect(target)
    try:
        database = session.query("SELECT database()")[0][0]
        # At most 64 characters (dev.mysql.com/doc/refman/9.7/en/locking-functions.html#function_get-lock).
        name = f"reconcile:{hashlib.sha256(str(database).encode()).hexdigest()[:32]}"
        _wait(session, name, timeout, waiting)
        yield _Named(session, name)
    finally:
        session.close()


def _wait(session: Session, name: str, timeout: float, waiting: Callable[[str], None]) -> None:
    deadline = time.monotonic() + timeout
    told = False
    while not session.query("SELECT get_lock(:name, 0)", {"name": name})[0][0]:
        holder = _holder(session, name)
        if time.monotonic() >= deadline:
            raise LockTaken(
                f"another run works on this database: {holder}", hint="wait for it, or raise --lock-timeout"
            )
        if not told:
            waiting(f"waiting for another run: {holder}")
            told = True
        time.sleep(random.uniform(_SHORTEST, _LONGEST))


def _holder(session: Session, name: str) -> str:
    found = session.query(_HOLDER, {"name": name})
    if not found:
        return "whose connection this user may not see"
    number, user, host, seconds = found[0]
    return f"connection {number} of {user} from {host}, for {seconds} s"
