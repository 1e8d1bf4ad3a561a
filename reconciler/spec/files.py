"""Paths in, the spec files behind them out, as text that is known to be UTF-8; it knows no YAML."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.errors import Position, Problem
from reconciler.spec.nodes import Source

LARGEST = 16 * 1024 * 1024
PROJECT_FILES = ("reconcile.yaml", "reconcile.yml")
_ENDINGS = (".yaml", ".yml")
_MAGIC = frozenset("*?[")


def spec_files(paths: Iterable[Path], problems: list[Problem]) -> list[Path]:
    """Return every YAML file at or below the paths, each once, sorted; project files and dot-folders are left out.

    Args:
        paths: files, directories, or globs (`**` crosses directories).
        problems: is told of a path behind which there is nothing.
    """
    found: dict[Path, None] = {}
    for path in paths:
        before = len(found)
        named = list(_expanded(path))
        found.update(dict.fromkeys(file for item in named for file in _below(item)))
        if len(found) == before and not any(item.exists() for item in named):
            problems.append(Problem(code="SPEC001", message=f"there is no file or directory {shown_path(path)}"))
    return sorted(found, key=str)


def project_files(paths: Iterable[Path]) -> list[Path]:
    """Return every project file at or below the paths, dot-folders left out."""
    found: dict[Path, None] = {}
    for path in (item for named in paths for item in _expanded(named)):
        if path.is_file():
            found.update({path: None} if path.name in PROJECT_FILES else {})
        for folder in _folders(path):
            found.update(dict.fromkeys(folder / name for name in PROJECT_FILES if (folder / name).is_file()))
    return sorted(found, key=str)


def _folders(path: Path) -> Iterator[Path]:
    for folder, folders, _ in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield Path(folder)


def _expanded(path: Path) -> Iterator[Path]:
    if path.exists() or not _MAGIC.intersection(str(path)):
        yield path
        return
    yield from map(Path, sorted(glob.glob(str(path), recursive=True)))


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(_ENDINGS) and name not in PROJECT_FILES and not name.startswith("."):
                yield Path(folder, name)


def shown_path(path: Path) -> str:
    """Return a path as a person should see it: relative to the current directory where it is below that."""
    text = str(path)
    absolute = os.path.abspath(path) if ".." in text else text  # without, a path is as plain as it can be
    return absolute.removeprefix(os.getcwd() + os.sep)


def read_source(path: Path) -> Source | Problem:
    """Return the text of a file, or the one problem that kept it from being read."""
    name = shown_path(path)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # reading from a pipe would wait for whoever writes into it
            return _problem("SPEC001", "cannot be read: it is a pipe or device and no file", name)
        if status.st_size > LARGEST:
            return _problem("SPEC003", f"larger than {LARGEST // 1024 // 1024} MB", name, "split it into several files")
        with open(path, "rb", buffering=0) as file:
            raw = file.read()
    except OSError as error:
        return _problem("SPEC001", f"cannot be read: {error.strerror or error}", name)
    try:
        return Source(name, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _not_utf8(name, raw, error.start)


def _not_utf8(name: str, raw: bytes, offset: int) -> Problem:
    before = raw[:offset].decode("utf-8-sig", errors="replace")
    source = Source(name, before + raw[offset : offset + 80].split(b"\n")[0].decode("utf-8", errors="replace"))
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return source.problem(
        "SPEC002",
        f"not UTF-8: the byte 0x{raw[offset]:02X} does not fit",
        (line, column, column + 1),
        hint="save the file as UTF-8",
    )


def _problem(code: str, message: str, name: str, hint: str = "") -> Problem:
    return Problem(code=code, message=message, position=Position(name, 1, 1), hint=hint)
