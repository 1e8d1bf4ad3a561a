"""Where servers for the tests are kept, as whom they run, and how processes share one; it knows no engine."""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class EngineMissingError(Exception):
    """A database that the tests need cannot be had; they fail instead of being skipped."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: `url` is that of its maintenance database, `ours` tells whether we started it."""

    name: str
    url: str
    ours: bool


def server_user() -> str | None:
    """Return whom a server runs as that refuses to be root's, None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def cache() -> Path:
    """Return the directory outside the checkout that keeps programs and data from one run to the next."""
    # Another user cannot enter root's home directory, and we do not open it for the sake of a test.
    root = os.geteuid() == 0
    return Path("/var/tmp/reconciler/engines") if root else Path.home() / ".cache" / "reconciler" / "engines"


_MEMORY = Path("/dev/shm")
_ROOM = 8 << 30


def perishable() -> Path:
    """Return the directory for servers whose data may go with the machine: in memory where that is large.

    A new database is three hundred files, and a file system on a disk takes longer to find room for them the more have
    just been deleted. How large it is decides, not how much is free: every process has to come to the same answer.
    """
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).total < _ROOM:
        return cache()
    directory = _MEMORY / f"reconciler-engines-{os.getuid()}"
    directory.mkdir(mode=0o755, exist_ok=True)
    return directory


def socket_directory(home: Path, user: str | None) -> Path:
    """Return a directory whose path is short enough for a socket (104 bytes on macOS)."""
    if len(str(home)) < 80:
        return home
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    short = Path("/tmp") / f"reconciler-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    if user:
        shutil.chown(short, user)
    return short


def publish(new: Path, copy: Path) -> None:
    """Give a finished copy its name, unless another process was faster."""
    try:
        new.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(new)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock between processes; it goes with its process."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def share(home: Path, start: Callable[[], None], stop: Callable[[], None]) -> None:
    """Use a server together with other processes.

    Args:
        home: the server's own directory; the locks are there.
        start: starts the server unless it runs already. Called under a lock.
        stop: stops it; called when the last process that uses it ends.
    """
    home.mkdir(parents=True, exist_ok=True)
    in_use = (home / "in-use.lock").open("w")
    with exclusive(home / "start.lock"):
        fcntl.flock(in_use, fcntl.LOCK_SH)
        start()

    def leave() -> None:
        with exclusive(home / "start.lock"):
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                in_use.close()
            stop()

    atexit.register(leave)
