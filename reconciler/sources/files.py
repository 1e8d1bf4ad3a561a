"""Paths in, the files of SQL below them out, in the order of their own tool; what is left out is told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.errors import FileError, Problem, UsageError
from reconciler.frozen import frozen


@frozen
class Section:
    """A part of a file that is run; a statement ends with it at the latest."""

    start: int
    end: int


@frozen
class Source:
    """One file: as what it is shown, its text, and which sections of it are run."""

    path: Path
    shown: str
    text: str
    sections: tuple[Section, ...]


@frozen
class LeftOut:
    """A file that is not read, and why."""

    shown: str
    why: str


@frozen
class Files:
    """What is read, in order, and what is not; `tools` are those whose conventions were recognised."""

    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...] = ()
    tools: tuple[str, ...] = ()


def read_files(paths: Sequence[Path]) -> Files:
    """Read files and folders, in the order given; the files of a folder in the order of its tool.

    Raises:
        UsageError: when a path is not there, or there is no SQL below it.
        FileError: when a file cannot be read, or is not UTF-8.
    """
    sources: list[Source] = []
    left: list[LeftOut] = []
    tools: set[str] = set()
    for path in paths:
        found = list(_of_folder(path, left, tools) if path.is_dir() else _named(path))
        if not found:
            raise UsageError(f"there is no file of SQL to run in {path}", hint="name the folder of the migrations")
        sources += (_read(one, tools) for one in found)
    return Files(sources=tuple(sources), left_out=tuple(left), tools=tuple(sorted(tools)))


def _named(path: Path) -> Iterator[Path]:
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="name files or folders of SQL")
    yield path


# --- the order of a folder --------------------------------------------------------------------------------------------

# What a file's name says is not run: its end → why. golang-migrate, sqlx, Diesel, node's db-migrate.
_UNDONE = (".down.sql", "/down.sql", "-down.sql", ".undo.sql", ".rollback.sql")
_FLYWAY = re.compile(r"(V|U|B|R)([0-9._]*?)__.*\.sql", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]+)")


def _of_folder(folder: Path, left: list[LeftOut], tools: set[str]) -> Iterator[Path]:
    every = sorted(path for path in folder.rglob("*.sql") if path.is_file() and not _hidden(path, folder))
    kept: list[Path] = []
    for path in every:
        why = _why_not(path)
        if why:
            left.append(LeftOut(shown=shown(path), why=why))
        else:
            kept.append(path)
    if any(path.name.endswith(".up.sql") for path in kept):
        tools.add("golang-migrate" if any(path.name[:1].isdigit() for path in kept) else "up and down files")
    if any(_flyway(path) for path in kept):
        tools.add("Flyway")
    return iter(sorted(kept, key=lambda path: _rank(path, folder)))


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _why_not(path: Path) -> str:
    if f"/{path.name}".lower().endswith(_UNDONE):
        return "takes a migration back"
    match = _flyway(path)
    kind = match.group(1).upper() if match else ""
    return {"U": "takes a migration back", "B": "a baseline: the versions are read instead"}.get(kind, "")


def _flyway(path: Path) -> re.Match[str] | None:
    """Return Flyway's parts of a name (documentation.red-gate.com/flyway, "Migrations")."""
    match = _FLYWAY.fullmatch(path.name)
    return match if match and (match.group(2) or match.group(1) in "rR") else None


def _rank(path: Path, folder: Path) -> tuple[object, ...]:
    """Return the key of a file: versions as numbers; what Flyway repeats comes behind all versions."""
    match = _flyway(path)
    if match and match.group(1).upper() == "R":
        return 2, (), natural(path.name)
    if match:
        version = tuple(int(part) for part in re.split(r"[._]", match.group(2)) if part)
        return 1, version, natural(path.name)
    return 0, (), tuple(natural(part) for part in path.relative_to(folder).parts)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key by which 10 comes behind 9."""
    parts = (part for part in _NUMBER.split(name) if part)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


# --- the text of a file -----------------------------------------------------------------------------------------------


def shown(path: Path) -> str:
    """Return a path as people name it: from where they are, if it is below."""
    here = Path.cwd()
    absolute = Path(os.path.abspath(path))
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else absolute.as_posix()


def _read(path: Path, tools: set[str]) -> Source:
    name = shown(path)
    try:
        # As bytes: a line end of another system counts as the characters that it is made of.
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{name} cannot be read: {why}"
        raise FileError([Problem(code=FileError.code, message=message, hint="save it as UTF-8")]) from None
    text = text.replace("\r\n", "\n")
    return Source(path=path, shown=name, text=text, sections=tuple(_sections(text, tools)))


# What a line says to dbmate and goose: tool, and what becomes of the lines below it.
_MARKS = {
    "-- migrate:up": ("dbmate", "up"), "-- migrate:down": ("dbmate", "down"),
    "-- +goose up": ("goose", "up"), "-- +goose down": ("goose", "down"),
    "-- +goose statementbegin": ("goose", "break"), "-- +goose statementend": ("goose", "break"),
    "-- +migrate up": ("sql-migrate", "up"), "-- +migrate down": ("sql-migrate", "down"),
    "-- +migrate statementbegin": ("sql-migrate", "break"), "-- +migrate statementend": ("sql-migrate", "break"),
    "--> statement-breakpoint": ("Drizzle", "break"),
}  # fmt: skip


def _sections(text: str, tools: set[str]) -> Iterator[Section]:
    """Yield what of a text is run; its tools read their marks line by line, so that is done here too.

    What a tool takes for one statement may be several (BEGIN; …; COMMIT;), so the grammar divides it all the same.
    """
    start, runs = 0, True
    for at, end, tool, word in _marked(text):
        tools.add(tool)
        if word in ("up", "down") and start == 0 and runs:
            # What stands before the first of these marks is nobody's.
            start, runs = end, word == "up"
            continue
        if runs and at > start:
            yield Section(start=start, end=at)
        start = end
        runs = word == "up" or (runs and word != "down")
    if runs and len(text) > start:
        yield Section(start=start, end=len(text))


def _marked(text: str) -> Iterator[tuple[int, int, str, str]]:
    at = 0
    for line in text.split("\n"):
        mark = " ".join(line.split()).lower()
        found = next((value for key, value in _MARKS.items() if mark == key or mark.startswith(f"{key} ")), None)
        if found is None and line.rstrip().endswith("--> statement-breakpoint"):
            cut = line.index("--> statement-breakpoint")
            yield at + cut, at + len(line) + 1, "Drizzle", "break"
        elif found is not None:
            yield at, at + len(line) + 1, *found
        at += len(line) + 1
