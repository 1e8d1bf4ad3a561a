"""A session on a PostgreSQL server and a question in, its rows out; the server ends what takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.dialects.base import Session
from reconciler.dialects.postgres.session import PostgresSession
from reconciler.plan.outcome import Rows


def first_rows(session: Session, query: str, most: int) -> Rows:
    """Return at most so many rows of a query."""
    assert isinstance(session, PostgresSession)
    return session.table(f"SELECT * FROM (\n{query}\n) AS __rc_rows LIMIT {most}")


@contextmanager
def limited(session: Session, seconds: float) -> Iterator[None]:
    """Let the server end each statement that takes longer, until the transaction ends (manual, "statement_timeout")."""
    session.execute(f"SET LOCAL statement_timeout TO {max(1, int(seconds * 1000))}")
    yield
