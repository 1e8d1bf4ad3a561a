"""A D1 database and a question in, its rows out: a SELECT around it, so that nothing else is taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from reconciler.dialects.base import Question, Session
from reconciler.dialects.sqlite.d1.session import d1
from reconciler.dialects.sqlite.d1.spelling import positional
from reconciler.plan.outcome import Rows


def first_rows(session: Session, question: Question) -> Rows:
    """Return at most so many rows of a query."""
    (found,) = at_once(session, [question])
    return found


def at_once(session: Session, questions: Sequence[Question]) -> Sequence[Rows]:
    """Put queries in one request, which is one transaction; what is inside a SELECT cannot write
    (sqlite.org/lang_select.html).
    """
    wanted = [(f"SELECT * FROM (\n{one.query}\n) LIMIT {one.most}", one.parameters) for one in questions]
    return d1(session).wire.tables([positional(sql, parameters) for sql, parameters in wanted])


def limited(session: Session, seconds: float) -> AbstractContextManager[None]:
    """Wait no longer for an answer."""
    return d1(session).wire.limited(seconds)
