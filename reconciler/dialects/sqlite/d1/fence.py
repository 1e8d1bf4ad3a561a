"""The row by which one run at a time may write to a D1 database, and the statements of each batch that rest on it."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.sql import text_literal
from reconciler.dialects.sqlite.d1.wire import Statement

TABLE = "_reconcile_lock"
CREATE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (name TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, holder TEXT NOT NULL, "
    "machine TEXT NOT NULL, process INTEGER NOT NULL, until INTEGER NOT NULL, turn INTEGER NOT NULL)"
)

# Seconds for which the lock is held without a word; each batch begins them anew.
LEASE = 30

# What a batch fails with that is not the next one of whoever holds the lock.
NOT_OURS = "__rc_fence"


def guard(condition: str, word: str, *values: str) -> Statement:
    """Return a query that fails when a condition does not hold, and says a word: D1 has no way to branch."""
    return Statement(f"SELECT CASE WHEN {condition} THEN 1 ELSE json_extract('{{}}', {text_literal(word)}) END", values)


def opening(owner: str, turn: int) -> Statement:
    """Return what stands before a batch: it is the next one of who holds the lock, and was not kept before."""
    return guard(f"EXISTS (SELECT 1 FROM {TABLE} WHERE owner = ?1 AND turn = {turn})", NOT_OURS, owner)


def closing(owner: str, turn: int) -> Statement:
    """Return what stands behind it: the next one is another one, and the lock is held for a while by its clock."""
    return Statement(f"UPDATE {TABLE} SET turn = {turn + 1}, until = unixepoch() + {LEASE} WHERE owner = ?1", (owner,))


def taking(owner: str, holder: str, machine: str, process: int, dead: str) -> Iterator[Statement]:
    """Yield what takes the lock where it is free, has run out, or is held by who is known to be dead."""
    yield Statement(CREATE)
    yield Statement(
        f"INSERT INTO {TABLE} (name, owner, holder, machine, process, until, turn)"
        f" VALUES ('apply', ?1, ?2, ?3, {process}, unixepoch() + {LEASE}, 0)"
        " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, holder = excluded.holder,"
        " machine = excluded.machine, process = excluded.process, until = excluded.until, turn = 0"
        f" WHERE {TABLE}.until < unixepoch() OR {TABLE}.owner IN (?1, ?4)",
        (owner, holder, machine, dead),
    )
    yield Statement(f"SELECT owner, holder, machine, process, until - unixepoch() AS seconds FROM {TABLE}")


def renewing(owner: str) -> Iterator[Statement]:
    """Yield what holds the lock for another while, and says whether it still is ours."""
    yield Statement(f"UPDATE {TABLE} SET until = unixepoch() + {LEASE} WHERE owner = ?1", (owner,))
    yield Statement(f"SELECT owner, turn FROM {TABLE}")


def releasing(owner: str) -> Statement:
    """Return what lets the lock go, if it is still ours."""
    return Statement(f"DELETE FROM {TABLE} WHERE owner = ?1", (owner,))
