"""Mutual exclusion between runs on one D1 database: a row with a holder and a time by the database's own clock."""

from __future__ import annotations

import hashlib
import os
import platform
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from reconciler.dialects.base import DatabaseError, Lock, Session, Target
from reconciler.dialects.health import Holder
from reconciler.dialects.sqlite.d1 import fence
from reconciler.dialects.sqlite.d1.wire import Wire, place_of
from reconciler.errors import LockTaken, TargetError
from reconciler.frozen import frozen_in_order

# Seconds between two tries.
_POLL = 0.5
_HOLDER = f"""
SELECT owner, holder, machine, process, until - unixepoch(), datetime(until - {fence.LEASE}, 'unixepoch')
FROM {fence.TABLE}
"""


@frozen_in_order
class _Lease:
    """A lock that lasts as long as its row names us, whatever time it is: to write, a run needs nothing else."""

    wire: Wire
    fence: str

    def held(self) -> bool:
        """Ask for another while."""
        try:
            answers = self.wire.batch(list(fence.renewing(self.fence)))
        except (DatabaseError, TargetError):
            return False
        return [row["owner"] for row in answers[-1].rows] == [self.fence]


@contextmanager
def lock(target: Target, timeout: float, waiting: Callable[[str], None]) -> Iterator[Lock]:
    """Hold the row, polling for at most `timeout` seconds. Raises LockTaken with the holder's name.

    Who died on this machine is succeeded at once, who died elsewhere when its time has run out; should it be alive
    after all, the database refuses what it writes.
    """
    wire = Wire(place_of(target.url))
    try:
        owner = _taken(wire, timeout, waiting)
        try:
            yield _Lease(wire, owner)
        finally:
            with suppress(DatabaseError, TargetError):
                wire.batch([fence.releasing(owner)])
    finally:
        wire.close()


def holders(session: Session, target: Target) -> Sequence[Holder]:
    """Return who holds the row; whoever lets it go takes it from a run that may live, which can then write no more."""
    there = session.query("SELECT 1 FROM sqlite_schema WHERE name = :name", {"name": fence.TABLE})
    rows = session.query(_HOLDER) if there else ()
    return [
        Holder(who=holder, since=f"its last word, {seen} UTC",
               dead=left < 0 or (machine == _machine() and not _alive(int(process))),
               release=partial(_released, target, owner))
        for owner, holder, machine, process, left, seen in rows
    ]  # fmt: skip


def _released(target: Target, owner: str) -> bool:
    """Let the lock of one run go; say whether it was still there."""
    wire = Wire(place_of(target.url))
    try:
        return wire.batch([fence.releasing(owner)])[-1].changes > 0
    finally:
        wire.close()


def _taken(wire: Wire, timeout: float, waiting: Callable[[str], None]) -> str:
    """Return the word under which the lock is ours."""
    owner = uuid.uuid4().hex
    deadline = time.monotonic() + timeout
    dead, told = "", False
    while True:
        statements = fence.taking(owner, f"process {os.getpid()} on {platform.node()}", _machine(), os.getpid(), dead)
        (row,) = wire.batch(list(statements))[-1].rows
        if row["owner"] == owner:
            return owner
        if row["machine"] == _machine() and not _alive(int(row["process"])) and dead != row["owner"]:
            dead = row["owner"]
            continue
        if time.monotonic() >= deadline:
            left = max(int(row["seconds"]), 0)
            hint = f"wait for it to end, or longer with --lock-timeout; if it died, its lock ends in {left + 1} seconds"
            raise LockTaken(f"{row['holder']} holds the lock on this database", hint=hint)
        if not told:
            waiting(f"waiting for {row['holder']}, which holds the lock")
            told = True
        time.sleep(_POLL)


def _machine() -> str:
    """Return a word for where process numbers mean the same as here: one boot, and one world of processes in it."""
    words = [platform.node()]
    with suppress(OSError):
        words.append(Path("/proc/sys/kernel/random/boot_id").read_text())
    with suppress(OSError):
        words.append(os.readlink("/proc/self/ns/pid"))
    # Without both nobody can tell whether a process is dead, so no machine is the same as this one.
    return hashlib.sha256("\n".join(words).encode()).hexdigest() if len(words) == 3 else uuid.uuid4().hex


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
