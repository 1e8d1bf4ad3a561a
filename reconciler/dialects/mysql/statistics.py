"""A session on MySQL or MariaDB in, what it counts of tables, indexes and statements out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.statistics import NotKept, Statement, Statistics
from reconciler.model.ref import Kind, Ref

# dev.mysql.com/doc/refman/9.7/en/information-schema-tables-table.html; InnoDB's figures may be a day old.
_SIZES = """
SELECT table_name, data_length + index_length FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE' AND data_length IS NOT NULL
"""
# dev.mysql.com/doc/refman/9.7/en/performance-schema-table-wait-summary-tables.html
_UNUSED = """
SELECT u.object_name, u.index_name FROM performance_schema.table_io_waits_summary_by_index_usage AS u
WHERE u.object_schema = database() AND u.index_name IS NOT NULL AND u.index_name <> 'PRIMARY' AND u.count_star = 0
  AND EXISTS (SELECT 1 FROM information_schema.statistics AS s WHERE s.table_schema = u.object_schema
              AND s.table_name = u.object_name AND s.index_name = u.index_name AND s.non_unique = 1)
ORDER BY 1, 2
"""
# Times are in picoseconds (dev.mysql.com/doc/refman/9.7/en/performance-schema-statement-summary-tables.html).
_SLOW = """
SELECT digest, digest_text, count_star, avg_timer_wait / 1e12, sum_timer_wait / 1e12
FROM performance_schema.events_statements_summary_by_digest
WHERE schema_name = database() AND digest IS NOT NULL
ORDER BY avg_timer_wait DESC LIMIT {most}
"""


def _sizes(session: Session, target: Target) -> Mapping[Ref, int]:
    return {Ref.root(Kind.TABLE, str(table)): int(number) for table, number in session.query(_SIZES)}


def _counted(session: Session, what: str) -> None:
    """Raise NotKept where the server counts nothing: MariaDB does not unless it is told to."""
    if not int(session.query("SELECT @@performance_schema")[0][0]):
        raise NotKept(f"{what}: performance_schema is off on this server")


def _unused(session: Session, target: Target) -> Sequence[Ref]:
    _counted(session, "unused indexes")
    rows = session.query(_UNUSED)
    return [Ref.root(Kind.TABLE, str(table)).child(Kind.INDEX, str(name)) for table, name in rows]


def _slow(session: Session, target: Target, most: int) -> Sequence[Statement]:
    _counted(session, "slow statements")
    return [
        Statement(key=str(key), text=str(text), calls=int(calls), mean=float(mean), total=float(total))
        for key, text, calls, mean, total in session.query(_SLOW.format(most=int(most)))
    ]


STATISTICS = Statistics(sizes=_sizes, unused=_unused, slow=_slow)
