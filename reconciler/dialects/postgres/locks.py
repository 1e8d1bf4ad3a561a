"""Mutual exclusion between runs by an advisory lock on its own connection, and how much one transaction may lock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from reconciler.dialects.base import DatabaseError, Lock, Session, Target
from reconciler.dialects.health import Holder
from reconciler.dialects.postgres.session import default_schema, open_session
from reconciler.errors import LockTaken, TargetError
from reconciler.frozen import frozen_in_order

# Seconds between two tries. A session that waits inside pg_advisory_lock() can deadlock with another one's CREATE INDEX
# CONCURRENTLY, which waits for every older snapshot; one that polls holds none in between.
_SHORTEST, _LONGEST = 0.2, 0.5

KEY = "hashtextextended('reconcile:' || current_database() || ':' || :schema, 0)"
_TRY = f"SELECT pg_try_advisory_lock({KEY})"
_LET_GO = f"SELECT pg_advisory_unlock({KEY})"
_HELD = f"""
SELECT count(*) FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted AND l.pid = pg_backend_pid() AND l.objsubid = 1
  AND ((l.classid::bigint << 32) | l.objid::bigint) = {KEY}
"""
_HOLDER = f"""
SELECT a.pid, coalesce(nullif(a.application_name, ''), 'unknown'), a.usename,
       coalesce(host(a.client_addr), 'local socket'),
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND ((l.classid::bigint << 32) | l.objid::bigint) = {KEY}
"""


@frozen_in_order
class _Advisory:
    """The lock: it is ours as long as its connection lives and shows it."""

    session: Session
    schema: str
    fence: str = ""

    def held(self) -> bool:
        """Ask the server."""
        try:
            return bool(self.session.query(_HELD, {"schema": self.schema})[0][0])
        except DatabaseError:
            return False


@contextmanager
def lock(target: Target, timeout: float, waiting: Callable[[str], None]) -> Iterator[Lock]:
    """Hold the lock of one database and schema.

    Args:
        target: what to lock.
        timeout: seconds to wait for another run.
        waiting: told once, in a sentence, who is waited for.

    Raises:
        LockTaken: when another run holds it for longer than that.
        TargetError: when the connection cannot hold a lock, as behind a pooler that shares it between transactions.
    """
    session = open_session(target, "reconcile lock")
    schema = default_schema(target)
    try:
        _wait(session, schema, timeout, waiting)
        mine = _Advisory(session, schema)
        # A pooler in transaction mode may answer each query from another connection; twice the same is not luck.
        if not (mine.held() and mine.held()):
            raise TargetError(
                "the lock does not stay on the connection that took it",
                hint="connect to PostgreSQL itself, or let the pooler keep sessions (PgBouncer: pool_mode = session)",
            )
        yield mine
        # It goes with the connection too, but only when the server has noticed: the next run would find it held.
        with suppress(DatabaseError):
            session.query(_LET_GO, {"schema": schema})
    finally:
        session.close()


def _wait(session: Session, schema: str, timeout: float, waiting: Callable[[str], None]) -> None:
    until, told = time.monotonic() + timeout, False
    while not _take(session, schema):
        if time.monotonic() >= until:
            raise LockTaken(
                f"another run holds the lock: {_holder(session, schema)}", hint="try again when it has ended"
            )
        if not told:
            waiting(f"waiting for another run: {_holder(session, schema)}")
            told = True
        time.sleep(min(random.uniform(_SHORTEST, _LONGEST), max(0.0, until - time.monotonic())))


def _take(session: Session, schema: str) -> bool:
    try:
        return bool(session.query(_TRY, {"schema": schema})[0][0])
    except DatabaseError as error:
        raise TargetError(f"the lock cannot be asked for: {error.message}") from error


def holders(session: Session, target: Target) -> Sequence[Holder]:
    """Return who holds the lock; it goes with the session, which somebody may end."""
    rows = session.query(_HOLDER, {"schema": default_schema(target)})
    return [
        Holder(who=f"{application}, user {user}, from {host}, pid {pid}", since=since,
               command=f"SELECT pg_terminate_backend({pid})")
        for pid, application, user, host, since in rows
    ]  # fmt: skip


def _holder(session: Session, schema: str) -> str:
    rows = session.query(_HOLDER, {"schema": schema})
    if not rows:
        return "it was let go just now"
    pid, application, user, host, since = rows[0]
    return f"{application} (pid {pid}, user {user}, from {host}, since {since})"


# The lock table has this many entries (manual, "Lock Management": max_locks_per_transaction); others need some too, and
# a plan's estimate is one.
_SHARE = 0.8
_CAPACITY = """
SELECT current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint),
       (SELECT count(*) FROM pg_locks)
"""


def capacity(session: Session) -> int | None:
    """Return how many relations one transaction may lock.

    Locks that others hold come off what is safe to take, but never more than half of it: they come and go, and no plan
    is to be refused for them.
    """
    entries, taken = session.query(_CAPACITY)[0]
    room = int(entries * _SHARE)
    return max(1, room // 2, room - int(taken))
