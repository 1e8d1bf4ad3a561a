"""Mutual exclusion between runs on one SQLite file: a lock on a file beside it, which the system frees when we die."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from reconciler.dialects.base import Lock, Session, Target
from reconciler.dialects.health import Holder
from reconciler.dialects.sqlite.session import path_of
from reconciler.errors import LockTaken, TargetError
from reconciler.frozen import frozen_in_order

# Seconds between two tries.
_POLL = 0.1


@frozen_in_order
class _FileLock:
    """A lock that lasts as long as its file is open."""

    file: IO[str] | None
    fence: str = ""

    def held(self) -> bool:
        """A file lock is not lost while we live; a database in memory is nobody else's."""
        return self.file is None or not self.file.closed


@contextmanager
def lock(target: Target, timeout: float, waiting: Callable[[str], None]) -> Iterator[Lock]:
    """Hold `<database>.rc.lock`, polling for at most `timeout` seconds. Raises LockTaken with the holder's name."""
    path = path_of(target.url)
    if path is None:
        yield _FileLock(None)
        return
    name = path.with_name(path.name + ".rc.lock")
    file = _acquired(name, timeout, waiting)
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield _FileLock(file)
    finally:
        # Removed while it is still locked: whoever opened it in the meantime sees that it is gone, and opens a new one.
        name.unlink(missing_ok=True)
        file.close()


def _acquired(name: Path, timeout: float, waiting: Callable[[str], None]) -> IO[str]:
    """Return the locked file."""
    deadline = time.monotonic() + timeout
    told = False
    while True:
        file = _opened(name)
        if _locked(file, name):
            return file
        holder = file.read() or "another run"
        file.close()
        if time.monotonic() >= deadline:
            hint = "wait for it to end, or give it longer with --lock-timeout"
            raise LockTaken(f"{holder} holds the lock on {name.name}", hint=hint)
        if not told:
            waiting(f"waiting for {holder}, which holds the lock")
            told = True
        time.sleep(_POLL)


def _opened(name: Path) -> IO[str]:
    try:
        file = name.open("a+", encoding="utf-8")
    except OSError as error:
        hint = "the directory of the database must be writable"
        raise TargetError(f"{name}: {error.strerror}", hint=hint) from None
    file.seek(0)
    return file


def _locked(file: IO[str], name: Path) -> bool:
    """Lock the file; say whether that worked, and the file is still the one that goes by this name."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(file.fileno()).st_ino == name.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def holders(session: Session, target: Target) -> Sequence[Holder]:
    """Return who holds the lock; a file that nobody has locked was left by a run that died, and hinders none."""
    path = path_of(target.url)
    name = path.with_name(path.name + ".rc.lock") if path else None
    if name is None or not name.exists():
        return ()
    with name.open(encoding="utf-8") as file:
        dead = _locked(file, name)
        since = datetime.fromtimestamp(name.stat().st_mtime, UTC) if name.exists() else datetime.now(UTC)
        who = file.read().strip() or "a run that did not say its name"
    return [Holder(who=who, since=f"{since:%Y-%m-%d %H:%M:%S} UTC", dead=dead,
                   release=partial(_removed, name) if dead else None)]  # fmt: skip


def _removed(name: Path) -> bool:
    """Remove a file that nobody holds; say whether it was one."""
    with name.open(encoding="utf-8") as file:
        if not _locked(file, name):
            return False
        name.unlink()
        return True
