"""A session on a SQLite file and a question in, its rows out: nothing can be written, and nothing takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from reconciler.dialects.base import Question, Session
from reconciler.dialects.sqlite.session import SqliteSession

if TYPE_CHECKING:
    from reconciler.plan.outcome import Rows


@contextmanager
def reading(session: Session) -> Iterator[None]:
    """Let nothing be written inside (sqlite.org/pragma.html#pragma_query_only)."""
    before = session.query("PRAGMA query_only")[0][0]
    session.execute("PRAGMA query_only=ON")
    try:
        yield
    finally:
        session.execute(f"PRAGMA query_only={before}")


@contextmanager
def snapshot(session: Session) -> Iterator[None]:
    """Let what is asked inside see the file as it is at the first question (sqlite.org/isolation.html)."""
    with reading(session):
        session.execute("BEGIN")
        try:
            yield
        finally:
            session.rollback()


def first_rows(session: Session, question: Question) -> Rows:
    """Return at most so many rows of a query."""
    assert isinstance(session, SqliteSession)
    return session.first_rows(question)


def limited(session: Session, seconds: float) -> AbstractContextManager[None]:
    """Interrupt what takes longer; the library asks back while it works."""
    assert isinstance(session, SqliteSession)
    return session.limited(seconds)
