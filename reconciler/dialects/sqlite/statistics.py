"""A session on SQLite in, the bytes of its tables out; SQLite counts neither reads nor statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.statistics import NotKept, Statement, Statistics
from reconciler.model.ref import Kind, Ref

# A library may be built without it (sqlite.org/dbstat.html).
_SIZES = """
SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name
WHERE d.aggregate = TRUE GROUP BY s.tbl_name
"""


def _sizes(session: Session, target: Target) -> Mapping[Ref, int]:
    try:
        rows = session.query(_SIZES)
    except DatabaseError as error:
        if error.lost:
            raise
        raise NotKept("sizes of tables: this SQLite has no dbstat") from None
    return {Ref.root(Kind.TABLE, str(table)): int(number) for table, number in rows}


def _unused(session: Session, target: Target) -> Sequence[Ref]:
    raise NotKept("unused indexes: SQLite does not count what is read")


def _slow(session: Session, target: Target, most: int) -> Sequence[Statement]:
    raise NotKept("slow statements: SQLite keeps none")


STATISTICS = Statistics(sizes=_sizes, unused=_unused, slow=_slow)
