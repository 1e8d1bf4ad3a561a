"""Tables and a number of rows in, those that have as many out; and what surrounds a statement outside a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress

from reconciler.dialects.base import DatabaseError, Session
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import HEAVY_ROW_BYTES

# Bytes of a row in a table that nobody has analysed.
_USUAL = 60

# Where a file has grown since it was analysed, so have its rows (manual, "Row Estimation Examples"). CONCURRENTLY is
# not for partitioned tables, nor for what is in no other session (manual, "CREATE INDEX").
_LARGE = f"""
SELECT CASE WHEN n.nspname <> current_schema() THEN n.nspname ELSE '' END, c.relname
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_relation_size(c.oid) AS bytes) AS file
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND c.relname = ANY (CAST(:names AS text[]))
  AND (file.bytes >= CAST(:rows AS bigint) * {HEAVY_ROW_BYTES} OR :rows <= CASE
    WHEN c.relpages > 0 AND c.reltuples > 0
      THEN c.reltuples / c.relpages * (file.bytes / current_setting('block_size')::integer)
    ELSE file.bytes / {_USUAL} END)"""


def large(session: Session, rows: int, tables: AbstractSet[Ref]) -> frozenset[Ref]:
    """Return those of some tables that have so many rows, by what the server knows without reading them."""
    asked = session.query(_LARGE, {"rows": rows, "names": [ref.name for ref in tables]}) if tables else ()
    return frozenset(Ref.root(Kind.TABLE, name, schema) for schema, name in asked).intersection(tables)


@contextmanager
def alone(session: Session, seconds: float) -> Iterator[None]:
    """Let a statement outside of any transaction take as long as it needs, and wait for locks for so long."""
    session.execute("SET statement_timeout TO 0")
    session.execute(f"SET lock_timeout TO {max(1, int(seconds * 1000))}")
    try:
        yield
    finally:
        with suppress(DatabaseError):
            session.execute("RESET lock_timeout")
            session.execute("RESET statement_timeout")
