"""The texts of a schema in, the same schema without rows in a SQLite in memory out; it asks no other database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.dialects.base import DatabaseError, Scratch, Session, Target
from reconciler.dialects.sqlite.names import fold
from reconciler.dialects.sqlite.session import SqliteSession

if TYPE_CHECKING:
    from reconciler.dialects.base import Dialect

# Type, name and text of an object; what SQLite makes by itself has no text.
Text = tuple[str, str, str | None]

_TEXTS = "SELECT type, name, sql FROM sqlite_schema WHERE substr(name, 1, 7) <> 'sqlite_' ORDER BY rowid"


def copied(objects: Sequence[Text]) -> SqliteSession:
    """Return a database in memory with these objects; foreign keys are on.

    Raises DatabaseError when the library that is here cannot read a definition.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    session = SqliteSession(connection)
    session.execute("PRAGMA foreign_keys=ON")
    try:
        for name, sql in _in_order(objects):
            _made(session, name, sql)
    except DatabaseError:
        session.close()
        raise
    return session


@contextmanager
def scratch_of(objects: Sequence[Text], dialect: Dialect, target: Target) -> Iterator[Scratch]:
    """Give a copy of a schema for as long as the context is open. Raises DatabaseError when there can be none."""
    session = copied(objects)
    try:
        yield Scratch(dialect=dialect, session=session, target=target, filled=True)
    finally:
        session.close()


def texts(session: Session) -> list[Text]:
    """Return the objects of a schema in the order in which they were made."""
    return [(str(kind), str(name), sql) for kind, name, sql in session.query(_TEXTS)]


def _in_order(objects: Sequence[Text]) -> Iterator[tuple[str, str]]:
    """Yield names and texts, tables of modules first: they bring their own tables with them."""
    written: list[tuple[str, str, str]] = [(kind, name, sql) for kind, name, sql in objects if sql]
    for _, name, sql in sorted(written, key=lambda one: not _virtual(one[0], one[2])):
        yield name, sql


def _virtual(kind: str, sql: str) -> bool:
    return kind == "table" and sql[:14].upper() == "CREATE VIRTUAL"


def _made(session: SqliteSession, name: str, sql: str) -> None:
    try:
        session.execute(sql)
    except DatabaseError as error:
        if error.message.startswith(("table", "object name reserved")) and _there(session, name):
            return
        library = f"the SQLite {sqlite3.sqlite_version} that is here"
        raise DatabaseError(f"{name} cannot be rehearsed by {library}: {error.message}", code=error.code) from error


def _there(session: SqliteSession, name: str) -> bool:
    found: list[tuple[Any, ...]] = session.query("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return fold(name) in {fold(str(other)) for (other,) in found}
