"""A flavor, a session and a number of rows in, the tables out that have as many, by what the server knows of them."""

from __future__ import annotations

from reconciler.dialects.base import Session
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import HEAVY_ROW_BYTES

# InnoDB counts along while rows come and go; MySQL shows figures of yesterday unless it is told not to
# (dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_information_schema_stats_expiry).
_FRESH = "SET SESSION information_schema_stats_expiry = 0"
_LARGE = f"""
SELECT table_name FROM information_schema.tables
WHERE table_schema = database() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND (table_rows >= :rows OR data_length >= :rows * {HEAVY_ROW_BYTES})"""


def large(flavor: str, session: Session, rows: int) -> frozenset[Ref]:
    """Return the tables that have so many rows, or are as heavy as if, without reading them."""
    if flavor == "mysql":
        session.execute(_FRESH)
    return frozenset(Ref.root(Kind.TABLE, str(name)) for (name,) in session.query(_LARGE, {"rows": rows}))
