"""A session on MySQL or MariaDB and a question in, its rows out; the server ends what takes too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from reconciler.dialects.base import DatabaseError, Question, Session
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.plan.outcome import Rows

# Flavor → the setting that ends a query, and its value from seconds: whole milliseconds, or seconds with a fraction
# (dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_max_execution_time;
# mariadb.com/kb/en/server-system-variables/#max_statement_time). 0 would mean for ever.
_LIMITS: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "mysql": ("max_execution_time", lambda seconds: str(max(1, int(seconds * 1000)))),
    "mariadb": ("max_statement_time", lambda seconds: f"{max(0.001, seconds):.3f}"),
}


def first_rows(session: Session, question: Question) -> Rows:
    """Return at most so many rows of a query, unless it says itself how many it wants.

    The server counts: around the query there is nothing that could ask for two columns of one name, or forget its
    order (dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_sql_select_limit).
    """
    assert isinstance(session, MysqlSession)
    session.execute(f"SET SESSION sql_select_limit = {question.most}")
    try:
        found = session.table(question.query, question.parameters)
    finally:
        with suppress(DatabaseError):
            session.execute("SET SESSION sql_select_limit = DEFAULT")
    return Rows(found.columns, found.rows[: question.most])


@contextmanager
def snapshot(session: Session) -> Iterator[None]:
    """Surround questions with a transaction that sees what is committed now, and cannot write.

    The snapshot is one only at this level, which the server may have another default for
    (dev.mysql.com/doc/refman/9.7/en/commit.html).
    """
    session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    try:
        yield
    finally:
        session.execute("ROLLBACK")


@contextmanager
def limited(flavor: str, session: Session, seconds: float) -> Iterator[None]:
    """Let the server end each query that takes longer."""
    name, value = _LIMITS[flavor]
    session.execute(f"SET SESSION {name} = {value(seconds)}")
    try:
        yield
    finally:
        with suppress(DatabaseError):
            session.execute(f"SET SESSION {name} = DEFAULT")
