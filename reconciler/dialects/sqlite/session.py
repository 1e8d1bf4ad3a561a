"""A SQLite file in, a session and a server's description out; the standard library's driver, no ORM between."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from reconciler.dialects.base import DatabaseError, Question, Server, Session, Target
from reconciler.dialects.sqlite.names import fold, folded
from reconciler.dialects.statements import one_by_one
from reconciler.errors import LockTaken, TargetError
from reconciler.model.change import Rename
from reconciler.model.ref import Kind
from reconciler.plan.step import Step

if TYPE_CHECKING:
    from reconciler.plan.outcome import Rows


class SqliteSession:
    """One connection in autocommit mode; transactions are begun and ended by hand."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.set_progress_handler(_breathe, _BREATH)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Return every row."""
        try:
            return self._run(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise _translated(error) from error

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Run one statement; a query that is run for its effect is read to its end."""
        cursor = self._run(sql, parameters)
        cursor.fetchall()
        return cursor.rowcount

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Run statements one after the other, none after one that fails."""
        return one_by_one(self.execute, statements)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows, by one statement that is prepared once."""
        marks = ", ".join("?" * len(columns))
        try:
            self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def first_rows(self, question: Question) -> Rows:
        """Return at most so many rows of a query, with the names of its columns."""
        from reconciler.plan.outcome import Rows

        cursor = self._run(question.query, question.parameters)
        try:
            return Rows(tuple(column[0] for column in cursor.description), tuple(cursor.fetchmany(question.most)))
        except sqlite3.Error as error:
            raise _translated(error) from error
        finally:
            cursor.close()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """End what is run inside and takes longer."""
        end = monotonic() + seconds
        self._connection.set_progress_handler(lambda: int(monotonic() > end), _BREATH)
        try:
            yield
        finally:
            self._connection.set_progress_handler(_breathe, _BREATH)

    def _run(self, sql: str, parameters: Mapping[str, object] | None) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, dict(parameters or {}))
        except sqlite3.Error as error:
            raise _translated(error) from error

    def in_transaction(self) -> bool:
        """Say whether a transaction was begun and not ended."""
        try:
            return self._connection.in_transaction
        except sqlite3.ProgrammingError:
            # A connection that is closed has rolled back.
            return False

    def begin(self) -> None:
        """Take the write lock at once: a later upgrade would fail without waiting
        (sqlite.org/lang_transaction.html).
        """
        self.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Keep the transaction."""
        self.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if there is one."""
        if self.in_transaction():
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def abandon(self) -> None:
        """Close in the middle of everything; SQLite rolls back."""
        self._connection.close()


# Instructions of SQLite's machine between two breaths: less than a millisecond, and no measurable cost.
_BREATH = 10_000


def _breathe() -> int:
    """Go on. Signals reach Python only between its own instructions, and a long statement has none but these."""
    return 0


def _translated(error: sqlite3.Error) -> DatabaseError:
    code = getattr(error, "sqlite_errorname", "") or ""
    busy = code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    # The driver shows a text that it cannot read.
    message = str(error).partition(" with text ")[0]
    return DatabaseError(message, code=code, retryable=busy, lost=isinstance(error, sqlite3.ProgrammingError))


def path_of(url: str) -> Path | None:
    """Return the file that a URL names, None for a database in memory. Raises TargetError for another URL."""
    if not url.startswith("sqlite:"):
        raise TargetError(f"{url.partition(':')[0]}: is no SQLite URL", hint="write sqlite:///relative.db")
    rest = url.removeprefix("sqlite:").removeprefix("//").partition("?")[0]
    name = unquote(rest.removeprefix("/"))
    return None if name in ("", ":memory:") else Path(name)


def connect(target: Target) -> Session:
    """Open the file. A missing one is made only for writing; for reading it counts as an empty database.

    Raises TargetError, in one sentence, when it cannot be opened or is no database, LockTaken when somebody holds it.
    """
    path = path_of(target.url)
    name, mode = (str(path), "rw") if path else (":memory:", "memory")
    if path and not path.exists():
        if not path.parent.is_dir():
            raise TargetError(f"{path}: the directory {path.parent} does not exist", hint=f"mkdir -p {path.parent}")
        if target.missing == "error":
            raise TargetError(f"{path}: there is no such file", hint="check the path")
        if target.access == "read":
            name, mode = ":memory:", "memory"
        else:
            mode = "rwc"
    try:
        uri = f"{Path(name).absolute().as_uri()}?mode={mode}" if mode != "memory" else name
        connection = sqlite3.connect(uri, uri=mode != "memory", isolation_level=None, timeout=target.patience)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if target.access == "read":
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        if _translated(error).retryable:
            hint = "end what holds the lock, or raise --lock-timeout"
            raise LockTaken(f"{path or name}: {error}", hint=hint) from None
        raise TargetError(f"{path or name}: {error}", hint=_hint(str(error))) from None
    return SqliteSession(connection)


def _hint(message: str) -> str:
    if "not a database" in message:
        return "the file is something else, or encrypted; check the URL"
    if "unable to open" in message:
        return "check the path, and that you may read and write the file"
    return "check that the file is a SQLite database"


_TRIAL = """
    CREATE TABLE t (a INTEGER, b INTEGER, CONSTRAINT c CHECK (a > 0), CONSTRAINT k FOREIGN KEY (a) REFERENCES t (a))"""


@cache
def features() -> frozenset[str]:
    """Return what this library's ALTER TABLE can do, found out by trying: versions do not tell."""
    trials = {
        "drop_column": "ALTER TABLE t DROP COLUMN b",
        "rename_column": "ALTER TABLE t RENAME COLUMN b TO c",
        "strict": "CREATE TABLE s (a INTEGER) STRICT",
        "alter_null": "ALTER TABLE t ALTER COLUMN b SET NOT NULL ON CONFLICT FAIL",
        "add_check": "ALTER TABLE t ADD CONSTRAINT d CHECK (a > 1)",
        "drop_check": "ALTER TABLE t DROP CONSTRAINT c",
        "drop_foreign_key": "ALTER TABLE t DROP CONSTRAINT k",
    }
    found = set()
    for feature, sql in trials.items():
        connection = sqlite3.connect(":memory:")
        connection.execute(_TRIAL)
        try:
            connection.execute(sql)
            found.add(feature)
        except sqlite3.Error:
            pass
        finally:
            connection.close()
    return frozenset(found)


def server(session: Session) -> Server:
    """Return what answers: the library, and the file's name."""
    rows = session.query("SELECT file FROM pragma_database_list WHERE name = 'main'")
    path = str(rows[0][0]) if rows and rows[0][0] else ":memory:"
    return Server(version=sqlite3.sqlite_version, host="", database=path, user="", memory="sqlite", features=features())


def assumed() -> Server:
    """Return the library that is here."""
    return Server(version=sqlite3.sqlite_version, host="", database="", user="", memory="sqlite", features=features())


@contextmanager
def transaction(session: Session, steps: Sequence[Step], lock_timeout: float) -> Iterator[None]:
    """Surround steps with one transaction in which foreign keys are proven off, and no orphan is added.

    A rebuild drops the old table; with foreign keys on, that would delete the rows of children by cascade. Rows that
    pointed nowhere before are not our doing: the count before is what the count after is held against. Where nothing
    but rows is written, foreign keys stay on and do what they are there for.
    """
    session.execute(f"PRAGMA busy_timeout={int(lock_timeout * 1000)}")
    if not steps or not all(step.only_rows for step in steps):
        session.execute("PRAGMA foreign_keys=OFF")
        if session.query("PRAGMA foreign_keys")[0][0] != 0:
            message = "foreign keys could not be switched off; a rebuild would delete by cascade"
            raise DatabaseError(message, code="LT103")
    try:
        session.begin()
        before = _orphans(session, steps)
        yield
        _no_more_orphans(_renamed(before, steps), _orphans(session, steps))
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.execute("PRAGMA legacy_alter_table=OFF")
        session.execute("PRAGMA foreign_keys=ON")


# A foreign key by what stays when others come and go: table, columns, and the table that it points to; lower case.
_Key = tuple[str, tuple[str, ...], str]

_ORPHANS = """
    SELECT "table", fkid, parent, count(*) FROM pragma_foreign_key_check GROUP BY "table", fkid, parent"""
_ORPHANS_OF = _ORPHANS.replace("foreign_key_check", "foreign_key_check(:name)")
_CHILDREN = """
    SELECT DISTINCT m.name FROM sqlite_schema AS m, pragma_foreign_key_list(m.name)
    WHERE m.type = 'table' AND m.rootpage <> 0"""
_COLUMNS = 'SELECT "from" FROM pragma_foreign_key_list(:name) WHERE id = :number ORDER BY seq'


def _orphans(session: Session, steps: Sequence[Step]) -> Counter[_Key]:
    """Count the rows that point nowhere; asked only when a table is rebuilt or goes, or rows are written while foreign
    keys are off, because it reads every child.

    Rows are counted, not named: a table without rowids has no name for them, and a key's number is another one as soon
    as a key is added.
    """
    found: Counter[_Key] = Counter()
    mixed = any(step.only_rows for step in steps) and not all(step.only_rows for step in steps)
    if mixed or any(len(step.subject.parts) == 2 and step.drops for step in steps):
        for table, number, parent, count in _checked(session):
            columns = session.query(_COLUMNS, {"name": table, "number": number})
            found[fold(table), tuple(fold(name) for (name,) in columns), fold(parent)] += count
    return found


def _checked(session: Session) -> list[tuple[Any, ...]]:
    """Return how many rows of each key point nowhere.

    A key whose parent has nothing unique to point at cannot be asked (sqlite.org/foreignkeys.html, section 3): it
    counts as one of its table, before and after alike.
    """
    try:
        return session.query(_ORPHANS)
    except DatabaseError:
        found: list[tuple[Any, ...]] = []
    for (table,) in session.query(_CHILDREN):
        try:
            found += session.query(_ORPHANS_OF, {"name": table})
        except DatabaseError as error:
            found.append((table, -1, error.message, 1))
    return found


def _renamed(orphans: Counter[_Key], steps: Sequence[Step]) -> Counter[_Key]:
    """Return the counts under the names that tables and columns have after these steps."""
    renames = [change for step in steps for change in step.changes if isinstance(change, Rename)]
    tables = {fold(c.old.ref.name): fold(c.ref.name) for c in renames if c.ref.kind == Kind.TABLE}
    # A column's old address has its table's new name: tables are renamed first.
    columns = {folded(c.old.ref).parts[1::2]: fold(c.ref.name) for c in renames if c.ref.kind == Kind.COLUMN}
    moved: Counter[_Key] = Counter()
    for (table, names, parent), count in orphans.items():
        now = tables.get(table, table)
        moved[now, tuple(columns.get((now, name), name) for name in names), tables.get(parent, parent)] += count
    return moved


def _no_more_orphans(before: Counter[_Key], after: Counter[_Key]) -> None:
    """Raise DatabaseError when a key has more orphans than it had."""
    for (table, columns, parent), count in sorted((after - before).items()):
        message = f"{count} rows of {table} would point to nothing in {parent} ({', '.join(columns)})"
        raise DatabaseError(message, code="MF105")
