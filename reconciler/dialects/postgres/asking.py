"""A session on a PostgreSQL server and a question in, its rows out; the server ends what takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.dialects.base import Question, Session
from reconciler.dialects.postgres.session import PostgresSession
from reconciler.plan.outcome import Rows


def first_rows(session: Session, question: Question) -> Rows:
    """Return at most so many rows of a query."""
    assert isinstance(session, PostgresSession)
    wanted = f"SELECT * FROM (\n{question.query}\n) AS __rc_rows LIMIT {question.most}"
    return session.table(wanted, question.parameters)


@contextmanager
def snapshot(session: Session) -> Iterator[None]:
    """Surround questions with a transaction that sees what was committed when its first one was put, and cannot write
    (manual, "Transaction Isolation").
    """
    session.begin()
    try:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
    finally:
        session.rollback()


@contextmanager
def limited(session: Session, seconds: float) -> Iterator[None]:
    """Let the server end each statement that takes longer, until the transaction ends (manual, "statement_timeout")."""
    session.execute(f"SET LOCAL statement_timeout TO {max(1, int(seconds * 1000))}")
    yield
