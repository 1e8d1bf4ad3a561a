"""Texts by key, kept on disk from one process to the next, in come texts and out they come again, or nothing.

Nothing rests on what is kept: what is missing, damaged, of another version or somebody else's counts as not there. It
is plain text, so that reading it runs nothing (docs/adr/0011-what-is-kept-between-runs.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import islice
from pathlib import Path

from reconciler.frozen import frozen_in_order
from reconciler.spec.pack import Pack, Packs, packed, pieces_of, unpacked

VARIABLE = "RECONCILE_CACHE"
_OFF = frozenset({"off", "no", "false", "0"})
_MOST, _LATER = ".kept", ".later"
# What came later is written by itself while it is less than this part of the rest.
_FEW = 8
# Of all projects together; what was not used for longest goes first.
_MOST_FILES, _MOST_BYTES = 256, 512 * 1024 * 1024
# Bytes that are written at once.
_AT_ONCE = 1024 * 1024


@frozen_in_order
class Shelf:
    """The place of one project's texts. Each set of texts has a name of its own."""

    folder: Path
    project: str

    def texts(self, name: str) -> dict[str, str]:
        """Return the texts of a set by key; none when there is nothing that can be relied on."""
        return self.kept(name).all()

    def kept(self, name: str) -> Packs:
        """Return the same, each text to be made when it is asked for."""
        return Packs(_pack(self._path(name, _MOST)), _pack(self._path(name, _LATER)))

    def keep(
        self,
        name: str,
        texts: Mapping[str, str],
        using: AbstractSet[str] = frozenset(),
        before: Packs | None = None,
    ) -> None:
        """Keep the texts that are in use, with as many of those that were there before; harmless when it cannot be.

        A few are kept beside a large set, so that it need not be written again for them. Another process may do the
        same at the same time: files are replaced as a whole, and the last one stays.

        Args:
            name: the set's.
            texts: texts by key, all of them in use.
            using: the keys of others that are; those that are not there are no matter.
            before: what was there, where somebody has looked.
        """
        before = self.kept(name) if before is None else before
        known = before.most.keys() | before.later.keys()
        if known >= texts.keys():
            return
        most, later = self._path(name, _MOST), self._path(name, _LATER)
        new = {**before.later, **pieces_of(texts)}
        with contextlib.suppress(OSError):
            if len(new) * _FEW <= len(before.most):
                _replace(later, new)
                return
            _replace(most, _in_use({**new, **before.most, **new}, texts.keys() | using))
            later.unlink(missing_ok=True)

    def _path(self, name: str, ending: str) -> Path:
        return self.folder / (hashlib.sha256(f"{self.project}\0{name}".encode()).hexdigest()[:32] + ending)


def _in_use(pack: Pack, using: AbstractSet[str]) -> Pack:
    """Return texts that are in use, and behind them as many of the others: those that were there first."""
    used = {key: piece for key, piece in pack.items() if key in using}
    return used | dict(islice(((key, piece) for key, piece in pack.items() if key not in using), len(used)))


def shelf(project: Path, environ: Mapping[str, str]) -> Shelf | None:
    """Return the place for what is made of a project's specs, None where there is to be none.

    Args:
        project: the project's folder.
        environ: `RECONCILE_CACHE` is a folder, or `off`; else the user's own folder for such things is taken.
    """
    wanted = environ.get(VARIABLE, "")
    if wanted.lower() in _OFF:
        return None
    folder = Path(wanted).absolute() / "specs" if wanted else _users_own()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):
        return None
    return Shelf(folder, str(project)) if _is_ours(found) else None


def _users_own() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("reconciler", appauthor=False) / "specs"


def _is_ours(found: os.stat_result) -> bool:
    """Say whether nobody else may write there; systems without owners keep people apart in other ways."""
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022


def _pack(path: Path) -> Pack:
    try:
        return unpacked(_contents(path), _maker())
    except (OSError, ValueError):
        return {}


def _contents(path: Path) -> bytes:
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found) or found.st_size > _MOST_BYTES:
            raise ValueError("not ours")
        os.utime(file.fileno() if os.utime in os.supports_fd else path)
        return file.read()


def _replace(path: Path, pack: Pack) -> None:
    import tempfile

    new = not path.exists()
    number, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with open(number, "wb", buffering=_AT_ONCE) as file:
            file.writelines(packed(pack, _maker()))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    if new:
        _prune(path.parent)


def _prune(folder: Path) -> None:
    """Remove what was not used for longest, beyond the number and the size that all may have together."""
    found = sorted(_files(folder), reverse=True)
    size = 0
    for number, (_, bytes_, path) in enumerate(found, start=1):
        size += bytes_
        if number > _MOST_FILES or size > _MOST_BYTES:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            found = path.stat()
            yield found.st_mtime, found.st_size, path


@cache
def _maker() -> str:
    """Return a word for everything that the kept texts depend on: this program, its schemas, and Python.

    A program that is worked on changes without its version, so the dates and sizes of its modules count too.
    """
    parts = [sys.version]
    for name, pattern in (("reconciler", "**/*.py"), ("reconciler.schemas", "*.json")):
        package = importlib.import_module(name)
        parts.append(getattr(package, "__version__", ""))
        for path in sorted(path for folder in package.__path__ for path in Path(folder).glob(pattern)):
            found = path.stat()
            parts.append(f"{path} {found.st_mtime_ns} {found.st_size}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
