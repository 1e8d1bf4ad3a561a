"""Tables in, who holds locks on them out: asked when a lock was not had in time."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.blocking import MOST, sentence
from reconciler.model.ref import Ref

# dev.mysql.com/doc/refman/9.7/en/performance-schema-metadata-locks-table.html
_HOLDERS = f"""
SELECT DISTINCT t.processlist_id, t.processlist_user, t.processlist_command, t.processlist_time, t.processlist_info
FROM performance_schema.metadata_locks AS m JOIN performance_schema.threads AS t ON t.thread_id = m.owner_thread_id
WHERE m.object_schema = database() AND m.object_name = :name AND m.lock_status = 'GRANTED'
  AND t.processlist_id <> connection_id()
ORDER BY 4 DESC LIMIT {MOST}
"""
# Who is in a transaction, for servers that watch nothing (mariadb.com/kb/en/information-schema-innodb_trx-table).
_AT_WORK = f"""
SELECT p.id, p.user, p.command, p.time, coalesce(p.info, t.trx_query)
FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
WHERE p.db = database() AND p.id <> connection_id()
ORDER BY 4 DESC LIMIT {MOST}
"""


def blockers(session: Session, tables: Sequence[Ref]) -> Sequence[str]:
    """Return who holds locks on these tables, the oldest first; where that is not known, who is in a transaction."""
    found = [row for ref in tables for row in _rows(session, _HOLDERS, ref.name)] or _rows(session, _AT_WORK, "")
    return [
        sentence(process, f"{user}, {str(command).lower()}", seconds, statement)
        for process, user, command, seconds, statement in dict.fromkeys(map(tuple, found))
    ]


def _rows(session: Session, query: str, name: str) -> list[tuple[object, ...]]:
    try:
        return [tuple(row) for row in session.query(query, {"name": name} if name else {})]
    except DatabaseError as error:
        if error.lost:
            raise
        return []
