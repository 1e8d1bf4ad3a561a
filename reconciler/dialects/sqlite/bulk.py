"""SQLite's words for data work: upserts, keys, and a portion as one transaction; it knows no backfill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import (
    DATA,
    OTHER,
    RETRY,
    Bulk,
    Insertion,
    Portion,
    Value,
    piped,
    row_beyond,
    row_upto,
    transact,
    upsert,
)
from reconciler.dialects.sql import number_text, text_literal
from reconciler.dialects.sqlite.capturing import CAPTURING
from reconciler.dialects.sqlite.lexer import tokens
from reconciler.dialects.sqlite.session import SqliteSession

# What rows are at fault for: a constraint, a value of the wrong type or too large a one (sqlite.org/rescode.html).
_OF_ROWS = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
# The same without a code of its own: what functions say of their arguments.
_WORDS = ("malformed JSON", "integer overflow", "constraint failed", "datatype mismatch", "string or blob too big")


def words(text: str) -> Iterable[tuple[int, str]]:
    """Return the tokens of a text with their places."""
    return [(token.start, token.text) for token in tokens(text)]


def literal(value: Value) -> str:
    """Write a constant (sqlite.org/lang_expr.html#literal_values_constants_)."""
    match value:
        case bool() | int():
            return str(int(value))
        case Decimal():
            return number_text(value)
        case bytes():
            return f"X'{value.hex()}'"
        case _:
            return text_literal(value)


def failure(error: DatabaseError) -> str:
    """Say what comes after a failure."""
    if error.retryable or error.code == "SQLITE_INTERRUPT":
        return RETRY
    return DATA if error.code.startswith(_OF_ROWS) or any(word in error.message for word in _WORDS) else OTHER


def insert(insertion: Insertion) -> str:
    """Write an insertion."""
    return upsert(insertion, words, "IS NOT")


def estimate(session: Session, table: str) -> int | None:
    """Count: there is no other number."""
    return int(session.query(f"SELECT count(*) FROM {table}")[0][0])


def served(session: Session, query: str) -> str:
    """Ask how a query would be read (sqlite.org/eqp.html)."""
    details = [str(row[-1]) for row in session.query(f"EXPLAIN QUERY PLAN {query}")]
    if any("TEMP B-TREE" in detail for detail in details):
        return ""
    used = [detail.partition(" USING ")[2].partition(" (")[0] for detail in details if " USING " in detail]
    # The table itself is in the order of its rowid.
    return used[0].removeprefix("COVERING ").removeprefix("INDEX ") if used else "rowid"


def _together(session: Session, portion: Portion) -> Mapping[str, int]:
    assert isinstance(session, SqliteSession)
    with _patient(session, portion.lock), session.limited(portion.seconds):
        return transact(session, portion)


@contextmanager
def _patient(session: Session, seconds: float) -> Iterator[None]:
    """Wait only so long for who writes (sqlite.org/pragma.html#pragma_busy_timeout)."""
    before = session.query("PRAGMA busy_timeout")[0][0]
    session.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        yield
    finally:
        session.execute(f"PRAGMA busy_timeout={before}")


BULK = Bulk(
    words=words,
    literal=literal,
    text=lambda sql: f"CAST({sql} AS TEXT)",
    joined=piped,
    differs=lambda one, other: f"{one} IS NOT ({other})",
    beyond=row_beyond,
    upto=row_upto,
    insert=insert,
    together=_together,
    failure=failure,
    estimate=estimate,
    served=served,
    capturing=CAPTURING,
    hopeful=True,
)
