"""A connection or session and SQL in, what came back out: what several sessions do alike; it knows no dialect."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.dialects.base import DatabaseError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run(connection: Connection, sql: str, parameters: Mapping[str, object] | None) -> Any:
    """Run one statement by SQLAlchemy.

    Without parameters no driver looks for placeholders, so that a percent sign is one. With some, a colon before any
    other word is a colon: in a time, or in the text of a JSON object.
    """
    from sqlalchemy import text

    if parameters:
        return connection.execute(text(_only(sql, parameters)), dict(parameters))
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def changed(result: Any) -> int:
    """Return how many rows a statement changed, -1 where the server does not say; those of a query are not changed."""
    return 0 if result.returns_rows else int(result.rowcount)


# What SQLAlchemy takes for a parameter (docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text).
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def _only(sql: str, parameters: Mapping[str, object]) -> str:
    """Escape the colon of what is no parameter."""
    return _PARAMETER.sub(lambda found: found[0] if found[1] in parameters else f"\\{found[0]}", sql)


def one_by_one(execute: Callable[[str], int], statements: Sequence[str]) -> Sequence[int]:
    """Run statements one after the other, none after one that fails.

    Raises DatabaseError, which knows how many went through before.
    """
    counts: list[int] = []
    for sql in statements:
        try:
            counts.append(execute(sql))
        except DatabaseError as error:
            error.before = len(counts)
            raise
    return counts
