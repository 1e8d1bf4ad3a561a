"""What a watcher knows of its schedules, kept in a file from one start to the next; one watcher at a time has it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field
from datetime import datetime
from pathlib import Path

from reconciler.errors import LockTaken
from reconciler.frozen import frozen

VARIABLE = "RECONCILE_STATE"


@frozen
class Account:
    """Of one schedule: when it last began, what it found then, and when each channel last heard of that.

    `fingerprint` is "" where all was well.
    """

    began: datetime | None = None
    fingerprint: str = ""
    told: Mapping[str, datetime] = field(default_factory=dict)


@contextlib.contextmanager
def book(project: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """Give the file of a project's watcher.

    Args:
        project: the project file.
        environ: `RECONCILE_STATE` is a folder; else the user's own folder for such things is taken.

    Raises:
        LockTaken: when another watcher on this machine is at work for it.
    """
    folder = Path(environ[VARIABLE]) if environ.get(VARIABLE) else _users_own()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:24]}.json"
    with open(path.with_suffix(".lock"), "a+b") as file:
        _lock(file.fileno(), project)
        yield path


def _users_own() -> Path:
    from platformdirs import user_state_path

    return user_state_path("reconciler", appauthor=False) / "watch"


def _lock(number: int, project: Path) -> None:
    try:
        import fcntl
    except ImportError:  # a system without it: two watchers tell everything twice
        return
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise LockTaken(f"another watcher of {project} is at work on this machine") from None


def read(path: Path) -> dict[str, Account]:
    """Return the accounts by name of schedule; none where there is no file, or it is damaged."""
    try:
        said = json.loads(path.read_text("utf-8"))
        return {name: _account(one) for name, one in said.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _account(said: Mapping[str, object]) -> Account:
    told = said["told"]
    assert isinstance(told, dict)
    began = str(said["began"] or "")
    return Account(
        began=datetime.fromisoformat(began) if began else None, fingerprint=str(said["fingerprint"]),
        told={name: datetime.fromisoformat(at) for name, at in told.items()},
    )  # fmt: skip


def write(path: Path, accounts: Mapping[str, Account]) -> None:
    """Keep the accounts; the file is replaced as a whole."""
    text = json.dumps({name: asdict(one) for name, one in accounts.items()}, default=datetime.isoformat)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
