"""A flavor, a session, tables and a number of rows in, those out that have as many."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from reconciler.dialects.base import Session
from reconciler.dialects.mysql.lexer import quoted
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import HEAVY_ROW_BYTES

# InnoDB counts along while rows come and go; MySQL shows figures of yesterday unless it is told not to
# (dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_information_schema_stats_expiry).
_FRESH = "SET SESSION information_schema_stats_expiry = 0"
_SIZES = """
SELECT table_name, table_rows, data_length FROM information_schema.tables
WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND data_length IS NOT NULL"""
# By how much the server's number of rows may be wrong (…/en/analyze-table.html): where that matters they are counted.
_DOUBT = 2


def large(flavor: str, session: Session, rows: int, tables: AbstractSet[Ref]) -> frozenset[Ref]:
    """Return those of some tables that have so many rows, or are as heavy as if; at most so many of one are read."""
    if flavor == "mysql":
        session.execute(_FRESH)
    known = [(Ref.root(Kind.TABLE, name), int(seen or 0), int(size)) for name, seen, size in session.query(_SIZES)]
    wanted = ((ref, seen, size) for ref, seen, size in known if ref in tables)
    return frozenset(
        ref for ref, seen, size in wanted if size >= rows * HEAVY_ROW_BYTES or _has(session, ref.name, seen, rows)
    )


def _has(session: Session, name: str, seen: int, rows: int) -> bool:
    if seen >= rows * _DOUBT or seen * _DOUBT < rows:
        return seen >= rows
    counted = f"SELECT count(*) FROM (SELECT 1 FROM {quoted(name)} LIMIT {rows}) AS some"
    return int(session.query(counted)[0][0]) >= rows
