"""A session on PostgreSQL in, what its catalog tells of rows, keys that were not validated and broken indexes out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from reconciler.dialects.base import Session, Target
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.session import default_schema
from reconciler.dialects.postgres.statistics import STATISTICS
from reconciler.dialects.upkeep import Upkeep
from reconciler.model.ref import Kind, Ref

# A table that was never analyzed has -1 (postgresql.org/docs/current/catalog-pg-class.html).
_ESTIMATES = """
SELECT n.nspname, c.relname,
       CASE WHEN c.relkind = 'p' THEN (SELECT sum(greatest(p.reltuples, 0)) FROM pg_partition_tree(c.oid) t
                                       JOIN pg_class p ON p.oid = t.relid WHERE t.isleaf)
            ELSE c.reltuples END::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.reltuples >= 0 AND n.nspname = ANY(:names)
"""
_DOUBTFUL = """
SELECT n.nspname, t.relname, k.conname
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE k.contype = 'f' AND NOT k.convalidated AND n.nspname = ANY(:names)
"""
# What CREATE INDEX CONCURRENTLY leaves behind when it fails
# (postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY).
_INVALID = """
SELECT n.nspname, t.relname, c.relname
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE NOT i.indisvalid AND t.relkind = 'r' AND n.nspname = ANY(:names)
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index b WHERE b.index_relid = i.indexrelid)
ORDER BY 1, 2, 3
"""


def _names(target: Target) -> Mapping[str, object]:
    return {"names": [default_schema(target), *target.schemas]}


def _table(target: Target, schema: object, name: object) -> Ref:
    return Ref.root(Kind.TABLE, str(name), "" if schema == default_schema(target) else str(schema))


def _estimates(session: Session, target: Target) -> Mapping[Ref, int]:
    rows = session.query(_ESTIMATES, _names(target))
    return {_table(target, schema, table): int(number) for schema, table, number in rows}


def _doubtful(session: Session, target: Target) -> AbstractSet[Ref]:
    """Return the keys that are NOT VALID, or since PostgreSQL 18 NOT ENFORCED, which are not valid either."""
    rows = session.query(_DOUBTFUL, _names(target))
    return {_table(target, schema, table).child(Kind.FOREIGN_KEY, str(name)) for schema, table, name in rows}


def _invalid(session: Session, target: Target) -> Mapping[Ref, str]:
    """Return broken indexes; those that REINDEX CONCURRENTLY made beside another one go, the others are made again."""
    rows = session.query(_INVALID, _names(target))
    return {
        _table(target, schema, table).child(Kind.INDEX, str(name)): _remedy(str(schema), str(name))
        for schema, table, name in rows
    }


def _remedy(schema: str, name: str) -> str:
    beside = name.rstrip("0123456789").endswith(("_ccnew", "_ccold"))
    return f"{'DROP INDEX' if beside else 'REINDEX INDEX'} CONCURRENTLY {qualified(schema, name)}"


UPKEEP = Upkeep(
    estimates=_estimates,
    doubtful=_doubtful,
    invalid=_invalid,
    statistics=STATISTICS,
)
