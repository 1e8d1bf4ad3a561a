"""PostgreSQL's figures about tables in, what keeps them in shape out; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.chores import Chore, share
from reconciler.dialects.sql import double_quoted
from reconciler.model.ref import Ref

# A table is cleaned when so many of its rows are dead, and more than one in so many: half of what autovacuum waits for
# (manual, "Automatic Vacuuming").
_DEAD, _ONE_IN = 500, 10

# pg_class goes by names, and statistics by identity; what was never analysed has no time.
_FIGURES = """
SELECT coalesce(s.n_dead_tup, 0), coalesce(s.n_live_tup, 0), coalesce(s.n_mod_since_analyze, 0), c.reltuples,
  coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'm') AND c.relname = :name AND n.nspname = coalesce(:schema, current_schema())"""


def chores(session: Session, tables: Sequence[Ref]) -> Sequence[Chore]:
    """Return what tables need (manual, "Routine Vacuuming")."""
    return [chore for ref in tables for chore in _of(session, ref)]


def _of(session: Session, ref: Ref) -> Iterator[Chore]:
    name = f"{double_quoted(ref.schema)}.{double_quoted(ref.name)}" if ref.schema else double_quoted(ref.name)
    for dead, live, changed, _, known in session.query(_FIGURES, {"name": ref.name, "schema": ref.schema or None}):
        if dead >= _DEAD and dead * _ONE_IN >= dead + live:
            why = f"{share(dead, dead + live)} rows are dead"
            yield Chore(ref=ref, sql=f"VACUUM (ANALYZE) {name}", why=why)
        elif changed or not known:
            why = f"{changed:,} rows changed since the last look" if known else "nobody has looked at it yet"
            yield Chore(ref=ref, sql=f"ANALYZE {name}", why=why)
