"""A session on SQLite in, what it keeps about its rows out; foreign keys hold only where a connection says so."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects.base import Session, Target
from reconciler.dialects.sqlite.statistics import STATISTICS
from reconciler.dialects.upkeep import Upkeep
from reconciler.model.ref import Kind, Ref

# The first number of a line is about how many rows its table has (sqlite.org/fileformat2.html#the_sqlite_stat1_table).
_ESTIMATES = "SELECT tbl, max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY tbl"
_ANALYZED = "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'"


def _estimates(session: Session, target: Target) -> Mapping[Ref, int]:
    """Return what ANALYZE found; nothing where it was never run."""
    if not session.query(_ANALYZED)[0][0]:
        return {}
    return {Ref.root(Kind.TABLE, str(table)): int(rows) for table, rows in session.query(_ESTIMATES)}


UPKEEP = Upkeep(
    estimates=_estimates,
    # Any connection that does not say PRAGMA foreign_keys = ON may leave orphans (sqlite.org/foreignkeys.html).
    doubtful=lambda session, target: None,
    statistics=STATISTICS,
)
