"""Tables in, who holds locks on them out: asked when a lock was not had in time."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.blocking import MOST, sentence
from reconciler.dialects.postgres.names import table
from reconciler.model.ref import Ref

# postgresql.org/docs/current/view-pg-locks.html
_HOLDERS = f"""
SELECT a.pid, coalesce(a.usename, 'the server'), a.application_name, coalesce(a.state, 'at work'),
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.backend_start))::bigint, a.query
FROM pg_stat_activity AS a
WHERE a.pid <> pg_backend_pid() AND EXISTS (
    SELECT 1 FROM pg_locks AS l WHERE l.pid = a.pid AND l.granted AND l.relation = to_regclass(:name))
ORDER BY 5 DESC, 1 LIMIT {MOST}
"""


def blockers(session: Session, tables: Sequence[Ref]) -> Sequence[str]:
    """Return who holds locks on these tables, the oldest first."""
    found = [row for ref in tables for row in session.query(_HOLDERS, {"name": table(ref)})]
    return [
        sentence(pid, f"{user}{f' by {program}' if program else ''}, {state}", seconds, query)
        for pid, user, program, state, seconds, query in dict.fromkeys(map(tuple, found))
    ]
