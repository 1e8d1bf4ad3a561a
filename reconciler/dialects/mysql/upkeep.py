"""A session on MySQL or MariaDB in, what it keeps about its rows out; InnoDB answers for its foreign keys."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.dialects.base import Session, Target
from reconciler.dialects.mysql.statistics import STATISTICS
from reconciler.dialects.upkeep import Upkeep
from reconciler.model.ref import Kind, Ref

# An estimate, up to a day old (dev.mysql.com/doc/refman/9.7/en/information-schema-tables-table.html).
_ESTIMATES = """
SELECT table_name, table_rows FROM information_schema.tables
WHERE table_schema = database() AND table_type = 'BASE TABLE' AND table_rows IS NOT NULL
"""


def _estimates(session: Session, target: Target) -> Mapping[Ref, int]:
    return {Ref.root(Kind.TABLE, str(table)): int(rows) for table, rows in session.query(_ESTIMATES)}


UPKEEP = Upkeep(estimates=_estimates, doubtful=lambda session, target: frozenset(), statistics=STATISTICS)
