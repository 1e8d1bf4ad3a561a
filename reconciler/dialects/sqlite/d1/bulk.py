"""A portion of data work in, one fenced batch of D1 out: its cursor is asked first, and every count added inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import Bulk, Portion, overtaken
from reconciler.dialects.sqlite.bulk import BULK as SQLITE
from reconciler.dialects.sqlite.d1.fence import guard
from reconciler.dialects.sqlite.d1.session import d1
from reconciler.dialects.sqlite.d1.spelling import positional
from reconciler.dialects.sqlite.d1.wire import Statement

# What a batch fails with whose cursor was moved by somebody else.
_MOVED = "__rc_cursor"


def _together(session: Session, portion: Portion) -> Mapping[str, int]:
    """Send a portion as one batch.

    Nothing can be asked between its statements, so each count is added where it arises, by what the statement before
    changed (sqlite.org/lang_corefunc.html#changes).
    """
    statements = [guard(portion.ours, _MOVED)]
    places: list[tuple[int, str]] = []
    for part in portion.parts:
        if part.counts:
            places.append((len(statements), part.counts))
        statements.append(Statement(part.sql))
        if part.counts:
            statements.append(Statement(portion.add(part.counts, "changes()")))
    statements.append(Statement(portion.close({})))
    portion.reached("batch_rows")
    portion.reached("batch_cursor")
    try:
        changes = d1(session).send(statements)
    except DatabaseError as error:
        if _MOVED in error.message:
            raise overtaken() from error
        raise
    counts: dict[str, int] = {}
    for place, name in places:
        counts[name] = counts.get(name, 0) + changes[place]
    return counts


def _unlocked(session: Session, sql: str) -> int:
    """Run one statement beside the run that holds the lock: what that one rests on is not touched by it."""
    (answer,) = d1(session).wire.batch([positional(sql, None)])
    return answer.changes


def _changed(session: Session, statements: Sequence[str], seconds: float) -> None:
    d1(session).send([Statement(sql) for sql in statements])


BULK: Bulk = replace(
    SQLITE, together=_together, unlocked=_unlocked, pace=2.0, capturing=replace(SQLITE.capturing, changed=_changed),
    hopeful=False,
    # Charged for, and limited a day on the free plan (developers.cloudflare.com/d1/platform/pricing).
    charges={
        "rows_read": lambda session: d1(session).usage.rows_read,
        "rows_written": lambda session: d1(session).usage.rows_written,
    },
)  # fmt: skip
