"""A session on PostgreSQL in, what its cumulative statistics tell of tables, indexes and statements out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.postgres.session import default_schema
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.statistics import NotKept, Statement, Statistics
from reconciler.model.ref import Kind, Ref

# postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-DBSIZE; partitions count for the table they are of.
_SIZES = """
SELECT n.nspname, c.relname,
       CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0)
                                       FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
            ELSE pg_total_relation_size(c.oid) END::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(:names)
"""
# postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW
_UNUSED = """
SELECT s.schemaname, s.relname, s.indexrelname
FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid
WHERE s.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND s.schemaname = ANY(:names)
ORDER BY 1, 2, 3
"""
_EXTENSION = """
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
"""
# The columns have other names since 13 (postgresql.org/docs/13/release-13.html).
_SLOW = """
SELECT queryid, query, calls, mean_{exec}time / 1000.0, total_{exec}time / 1000.0
FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
ORDER BY 4 DESC LIMIT {most}
"""


def _names(target: Target) -> Mapping[str, object]:
    return {"names": [default_schema(target), *target.schemas]}


def _table(target: Target, schema: object, name: object) -> Ref:
    return Ref.root(Kind.TABLE, str(name), "" if schema == default_schema(target) else str(schema))


def _sizes(session: Session, target: Target) -> Mapping[Ref, int]:
    rows = session.query(_SIZES, _names(target))
    return {_table(target, schema, table): int(number) for schema, table, number in rows}


def _unused(session: Session, target: Target) -> Sequence[Ref]:
    rows = session.query(_UNUSED, _names(target))
    return [_table(target, schema, table).child(Kind.INDEX, str(name)) for schema, table, name in rows]


def _slow(session: Session, target: Target, most: int) -> Sequence[Statement]:
    """Return what pg_stat_statements has summed up (postgresql.org/docs/current/pgstatstatements.html)."""
    there = session.query(_EXTENSION)
    if not there:
        raise NotKept("slow statements: pg_stat_statements is not installed in this database")
    newer = int(str(session.query("SHOW server_version_num")[0][0])) >= 130_000
    words = _SLOW.format(exec="exec_" if newer else "", schema=double_quoted(str(there[0][0])), most=int(most))
    return [
        Statement(key=str(key), text=str(text), calls=int(calls), mean=float(mean), total=float(total))
        for key, text, calls, mean, total in session.query(words)
    ]


STATISTICS = Statistics(sizes=_sizes, unused=_unused, slow=_slow)
