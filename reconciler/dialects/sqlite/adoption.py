"""Files of SQLite's SQL: they run in memory; what reaches for other files never does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from reconciler.dialects.adoption import ROWS_THERE, Adoption, Apart, Bench, begins
from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.pieces import Word
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.pieces import GRAMMAR
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.model.model import Inspection
from reconciler.model.names import helper_name
from reconciler.model.ref import Kind, Ref


@contextmanager
def _bench(target: Target) -> Iterator[Bench]:
    """Give a database in memory, in which foreign keys are not looked after: rows come in any order."""
    where = Target(dialect="sqlite", url="sqlite://", label=":memory:", access="write")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        session = SqliteSession(connection)

        @contextmanager
        def same() -> Iterator[Session]:
            yield session

        def look() -> Inspection:
            _read_again(session)
            return inspect(session, where)

        @contextmanager
        def apart(session: Session, refs: Sequence[Ref]) -> Iterator[Apart]:
            session.execute("BEGIN")
            try:
                for ref in refs:
                    session.execute(_dropping(ref))
                yield Apart(session, look)
            finally:
                session.rollback()

        yield Bench(session=same, look=look, apart=apart)


def _read_again(session: Session) -> None:
    """Let SQLite read the schema again: a dump may have written there (sqlite.org/pragma.html, writable_schema)."""
    ((writable,),) = session.query("PRAGMA writable_schema")
    session.execute("PRAGMA writable_schema = RESET")
    session.execute(f"PRAGMA writable_schema = {writable}")


def _dropping(ref: Ref) -> str:
    """Return what takes an object away, for as long as the transaction lasts."""
    name = double_quoted(ref.name)
    if ref.kind == Kind.COLUMN:
        # What is made of a column's name goes with it to another one, and would keep it from being dropped.
        away = double_quoted(helper_name(ref.name, "away"))
        return f"ALTER TABLE {double_quoted(ref.top.name)} RENAME COLUMN {name} TO {away}"
    return f"DROP {ref.kind.upper()} {name}"


def _never(words: Sequence[Word]) -> str:
    if begins(words, "ATTACH|DETACH") or begins(words, "VACUUM", "INTO") or begins(words, "VACUUM", "MAIN", "INTO"):
        return "reaches for another file"
    return ""


def _idle(words: Sequence[Word]) -> str:
    if begins(words, "BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE"):
        return "every statement is committed by itself"
    if begins(words, "VACUUM|ANALYZE|REINDEX|EXPLAIN"):
        return "changes nothing that is declared"
    # A dump that holds virtual tables writes them into the schema's own table.
    if begins(words, "PRAGMA") and not begins(words, "PRAGMA", "WRITABLE_SCHEMA"):
        return "a setting of the connection"
    return ""


# A virtual table that was written into the schema's own table is none before the schema is read again.
_WRITTEN = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 AND name = :name COLLATE NOCASE"
_DUPLICATES = ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_ROWID")


def _forgiven(words: Sequence[Word], error: DatabaseError, session: Session) -> str:
    if begins(words, "INSERT") and error.code in _DUPLICATES:
        return ROWS_THERE
    if begins(words, "INSERT", "INTO") and session.query(_WRITTEN, {"name": words[2].name}):
        return "a row of a virtual table, which comes with the table that it is about"
    return ""


ADOPTION = Adoption(
    grammar=GRAMMAR, bench=_bench, needs_server=False, never=_never, idle=_idle, forgiven=_forgiven
)  # fmt: skip
