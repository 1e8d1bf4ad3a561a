"""A SQLite file in, a copy of it out by SQLite's own backup, and back: others may write meanwhile.

sqlite.org/backup.html: what is copied is the database at one moment. Where a file is not in WAL mode a writer makes the
copy begin anew; after some such beginnings it is made at one go, and writers wait for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.dialects.base import Target
from reconciler.dialects.dumping import Dump, Taken, Told, Tool, Weight, weight_of
from reconciler.dialects.refilling import Want, filling
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.session import path_of
from reconciler.errors import BackupError, TargetError

_FILE = "database.db"
_PAGES = 4_000
_BEGINNINGS = 3


class _BeganAnew(Exception):
    """Somebody wrote while pages were copied, again and again."""


def file_of(target: Target) -> Path:
    """Return the file of a target. Raises BackupError when there is none, or none yet."""
    path = path_of(target.url)
    if path is None:
        raise BackupError("a database in memory has no backup", hint="name a file: sqlite:///FILE")
    return path


def _writer(target: Target) -> Tool:
    if not file_of(target).exists():
        raise BackupError(f"{file_of(target)}: there is no such file", hint="check the path")
    return TOOL


def _reader(target: Target) -> Tool:
    return TOOL


TOOL = Tool(name="sqlite3.Connection.backup", version=sqlite3.sqlite_version)


@contextmanager
def opened(path: Path, patience: float, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a file by this mode: ro, rw, rwc. What SQLite says becomes a BackupError."""
    try:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=patience)) as connection:
            connection.text_factory = _text
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"{path}: {error}", hint="check the path, its rights, and the room on its disk") from None


def _text(raw: bytes) -> str:
    """A text need not be UTF-8 in SQLite, and its bytes count all the same."""
    return raw.decode("utf-8", "surrogateescape")


def _take(target: Target, tool: Tool, folder: Path, told: Told) -> Taken:
    with opened(file_of(target), target.patience, "ro") as source, opened(folder / _FILE, 0, "rwc") as copy:
        if str(source.execute("PRAGMA journal_mode").fetchone()[0]) == "wal":
            source.execute("BEGIN")  # a reader that disturbs nobody, and sees the same until the end
        _copied(source, copy, target.patience, told)
        sound(copy, "the copy")
        return Taken(files=(_FILE,), tables=weights(copy))


def _copied(source: sqlite3.Connection, copy: sqlite3.Connection, patience: float, told: Told) -> None:
    size = int(source.execute("PRAGMA page_size").fetchone()[0])
    try:
        source.backup(copy, pages=_PAGES, progress=_watching(size, patience, told), sleep=0.01)
    except _BeganAnew:
        source.backup(copy, pages=-1, progress=_watching(size, patience, told))


def _watching(size: int, patience: float, told: Told) -> Callable[[int, int, int], None]:
    """Return what is called after each portion: it tells how far it is, and ends what goes on for ever."""
    since, left = time.monotonic(), -1
    beginnings = 0

    def progress(status: int, remaining: int, total: int) -> None:
        nonlocal since, left, beginnings
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() - since > patience:
                raise sqlite3.OperationalError("the database is locked by another connection")
            return
        beginnings += 0 <= left <= remaining
        if beginnings >= _BEGINNINGS and remaining:
            raise _BeganAnew
        since, left = time.monotonic(), remaining
        told(f"{(total - remaining) * size / 1e6:,.1f} MB of {total * size / 1e6:,.1f} MB")

    return progress


def sound(connection: sqlite3.Connection, what: str) -> None:
    """Raise BackupError unless SQLite finds the file in order (sqlite.org/pragma.html#pragma_integrity_check)."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        hint = "the database itself may be damaged: PRAGMA integrity_check; `.recover` of the sqlite3 program helps"
        raise BackupError(f"{what} is not in order: {'; '.join(found)}", hint=hint)


# A virtual table is stored in shadow tables, which are tables as others are.
_TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name"


# D1's run lock is a table.
_LOCK = "_reconcile_lock"


def weights(connection: sqlite3.Connection) -> Mapping[str, Weight]:
    """Weigh every table; SQLite's own bookkeeping is none, nor is who holds the run lock."""
    names = [str(row[0]) for row in connection.execute(_TABLES)]
    return {
        name: weight_of(connection.execute(f"SELECT * FROM {double_quoted(name)}"))
        for name in names
        if not name.startswith(("sqlite_", "_cf_")) and name != _LOCK
    }


def _load(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Copy every page in one transaction: a run that is killed leaves the database as it was."""
    with opened(folder / _FILE, target.patience, "ro") as source, opened(file_of(target), target.patience, "rwc") as to:
        size = int(source.execute("PRAGMA page_size").fetchone()[0])
        source.backup(to, pages=-1, progress=_watching(size, target.patience, told), sleep=0.05)
        sound(to, "what was read back")


def _weigh(target: Target) -> Mapping[str, Weight]:
    with opened(file_of(target), target.patience, "ro") as connection:
        return weights(connection)


def _holds(target: Target) -> int:
    path = file_of(target)
    if not path.exists():
        if not path.parent.is_dir():
            raise TargetError(f"{path}: the directory {path.parent} does not exist", hint=f"mkdir -p {path.parent}")
        return 0
    with opened(path, target.patience, "ro") as connection:
        return int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])


def _clear(target: Target) -> None:
    """Leave everything where it is: what is read back takes its place as a whole."""


def _wipe(target: Target) -> None:
    """Put an empty database in the place of what is there, in one transaction."""
    if _holds(target):
        with closing(sqlite3.connect(":memory:")) as empty, opened(file_of(target), target.patience, "rw") as to:
            empty.backup(to)


@contextmanager
def scratch(target: Target) -> Iterator[Target]:
    """Give a file in a folder for temporary files."""
    with TemporaryDirectory(prefix="reconcile-") as folder:
        path = Path(folder) / _FILE
        yield Target(dialect="sqlite", url=f"sqlite:///{path}", label=str(path), access="write")


def _refill(copy: Target, target: Target, wants: Sequence[Want]) -> Sequence[int]:
    """Copy rows from the file that a backup was read back into; foreign keys are off, and no orphan may come of it."""
    with opened(file_of(target), target.patience, "rw") as to:
        to.execute("ATTACH DATABASE ? AS __rc_back", (str(file_of(copy)),))
        to.execute("BEGIN IMMEDIATE")
        before = len(to.execute("PRAGMA main.foreign_key_check").fetchall())
        counts = [
            to.execute(filling(want, f"__rc_back.{double_quoted(want.name)}", double_quoted)).rowcount for want in wants
        ]
        if len(to.execute("PRAGMA main.foreign_key_check").fetchall()) > before:
            to.execute("ROLLBACK")
            raise BackupError("rows of the backup refer to rows that are not there any more")
        to.execute("COMMIT")
        return counts


DUMP = Dump(
    writer=_writer, reader=_reader, take=_take, load=_load, weigh=_weigh, holds=_holds, clear=_clear, scratch=scratch,
    wipe=_wipe, refill=_refill,
)  # fmt: skip
