"""A folder of backups: one is made under a name that nobody takes for one, and gets its own when it is whole.

A folder that is being made is locked by who makes it; what a killed run left behind has no lock, and is cleared by the
next one.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from reconciler.backup.manifest import MANIFEST, Backup, Manifest, Part, manifest_text, read_manifest
from reconciler.errors import BackupError

LATEST = "latest"

_MAKING, _GONE, _LOCK = ".making-", ".gone-", ".lock"
_CHUNK = 1 << 20
_SUFFIX = ".gz"
# The model as it was, beside what the tool wrote.
MODEL = "model.json"


def new_id() -> str:
    """Return a name for a backup: when it began, and what tells it from others of that second."""
    return f"b_{time.strftime('%Y%m%d_%H%M%S', time.gmtime())}_{uuid.uuid4().hex[:6]}"


@contextmanager
def making(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty folder, readable by its owner alone, for a backup that is made; it is cleared at the end.

    Raises BackupError when there can be none.
    """
    place = folder / f"{_MAKING}{name}"
    with ExitStack() as held:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(folder / _LOCK):
                _clear(folder)
                place.mkdir(mode=0o700)
                held.enter_context(_locked(place / _LOCK))
        except OSError as error:
            raise _cannot(folder, error) from None
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """Hold a lock that goes with this process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _clear(folder: Path) -> None:
    """Remove what killed runs left behind: nobody holds its lock any more."""
    for place in (*folder.glob(f"{_MAKING}*"), *folder.glob(f"{_GONE}*")):
        lock = place / _LOCK
        if not lock.exists():
            shutil.rmtree(place, ignore_errors=True)
            continue
        with lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(place, ignore_errors=True)


def keep(place: Path, manifest: Manifest) -> Backup:
    """Give a backup that is whole its name: everything is on the disk before it can be found.

    Raises BackupError when that fails; then there is no backup.
    """
    final = place.with_name(manifest.id)
    try:
        (place / MANIFEST).write_text(manifest_text(manifest), "utf-8")
        for path in sorted(place.iterdir()):
            path.chmod(0o600)
            _synced(path)
        _synced(place)
        (place / _LOCK).unlink()
        place.rename(final)
        _synced(final.parent)
    except OSError as error:
        raise _cannot(place.parent, error) from None
    return Backup(final, manifest)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _cannot(folder: Path, error: OSError) -> BackupError:
    hint = "let `backup: {to: …}` of the environment, or --to, name a folder that you may write and that has room"
    return BackupError(f"no backup can be kept in {folder}: {error.strerror or error}", hint=hint)


def compressed(place: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Put gzip files in the place of these, and return their names."""
    for name in names:
        with (place / name).open("rb") as source, gzip.open(place / f"{name}{_SUFFIX}", "wb", 6) as file:
            shutil.copyfileobj(source, file, _CHUNK)
        (place / name).unlink()
    return tuple(f"{name}{_SUFFIX}" for name in names)


def part(path: Path) -> Part:
    """Return a file's size and checksum."""
    with path.open("rb") as file:
        return Part(path.name, path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def damage(backup: Backup) -> tuple[str, ...]:
    """Return a sentence for each file that is not what was written."""
    found = []
    for said in backup.manifest.parts:
        try:
            now = part(backup.path / said.name)
        except OSError as error:
            found.append(f"{said.name} cannot be read: {error.strerror or error}")
            continue
        if now.bytes != said.bytes:
            found.append(f"{said.name} has {now.bytes} bytes, and {said.bytes} were written")
        elif now.sha256 != said.sha256:
            found.append(f"{said.name} is damaged: its SHA-256 is {now.sha256[:12]}…, and was {said.sha256[:12]}…")
    return tuple(found)


@contextmanager
def opened(backup: Backup) -> Iterator[Path]:
    """Give the folder with the files as the tool wrote them; what is compressed is laid out beside it meanwhile."""
    if not backup.manifest.compressed:
        yield backup.path
        return
    with making(backup.path.parent, f"{backup.manifest.id}-{uuid.uuid4().hex[:6]}") as place:
        try:
            for said in backup.manifest.parts:
                name = said.name.removesuffix(_SUFFIX)
                if name == said.name:
                    shutil.copyfile(backup.path / name, place / name)
                    continue
                with gzip.open(backup.path / said.name) as source, (place / name).open("wb") as file:
                    shutil.copyfileobj(source, file, _CHUNK)
        except (OSError, EOFError) as error:
            raise BackupError(f"{backup.manifest.id} cannot be laid out: {error}") from None
        yield place


def backups(folder: Path) -> tuple[Backup, ...]:
    """Return those that are whole, newest first; what only looks like one is left out."""
    found = []
    for path in folder.glob("b_*") if folder.is_dir() else ():
        try:
            found.append(Backup(path, read_manifest(path)))
        except BackupError:
            continue
    return tuple(sorted(found, key=lambda one: (one.manifest.created_at, one.manifest.id), reverse=True))


def find(folder: Path, word: str, mine: Sequence[Backup]) -> Backup:
    """Return one backup: by its folder's path, by its id, the beginning of that, or `latest` of `mine`.

    Raises BackupError when there is none, or several.
    """
    if os.sep in word:
        return Backup(Path(word), read_manifest(Path(word)))
    named = (one for one in backups(folder) if one.manifest.id.startswith(word))
    found = list(mine[:1] if word == LATEST else named)
    if len(found) == 1:
        return found[0]
    hint = "`reconcile backup list` shows those that are there"
    if found:
        raise BackupError(f"{word!r} may be any of {len(found)} backups", hint=hint)
    raise BackupError(f"there is no backup {word!r} in {folder}", hint=hint)


def outlived(found: Sequence[Backup], seconds: float, now: datetime | None = None) -> tuple[Backup, ...]:
    """Return those that are older than so many seconds; the newest always stays. `found` is newest first."""
    limit = (now or datetime.now(UTC)) - timedelta(seconds=seconds)
    return tuple(one for one in found[1:] if _moment(one.manifest.created_at) < limit)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)  # of an age that nobody can tell nothing is thrown away
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def remove(backup: Backup) -> None:
    """Delete a backup: from the first moment on it is none any more. Raises BackupError when it cannot be."""
    gone = backup.path.with_name(f"{_GONE}{backup.manifest.id}")
    try:
        backup.path.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise BackupError(f"{backup.manifest.id} cannot be deleted: {error.strerror or error}") from None
