"""A D1 database and a question in, its rows out: a SELECT around it, so that nothing else is taken for one."""

from __future__ import annotations

from contextlib import AbstractContextManager

from reconciler.dialects.base import Session
from reconciler.dialects.sqlite.d1.session import d1
from reconciler.dialects.sqlite.d1.wire import Statement
from reconciler.plan.outcome import Rows


def first_rows(session: Session, query: str, most: int) -> Rows:
    """Return at most so many rows of a query; what is inside a SELECT cannot write (sqlite.org/lang_select.html)."""
    return d1(session).wire.table(Statement(f"SELECT * FROM (\n{query}\n) LIMIT {most}"))


def limited(session: Session, seconds: float) -> AbstractContextManager[None]:
    """Wait no longer for an answer."""
    return d1(session).wire.limited(seconds)
