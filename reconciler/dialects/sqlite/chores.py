"""SQLite's and D1's figures about a file in, what keeps it in shape out; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.chores import Chore, share
from reconciler.model.ref import Ref

# A file is written anew when so many bytes of it are free, and more than one page in so many.
_FREE_BYTES, _ONE_IN = 1 << 20, 5


def chores(session: Session, tables: Sequence[Ref]) -> Sequence[Chore]:
    """Return what a file needs (sqlite.org/lang_analyze.html, lang_vacuum.html, pragma.html#pragma_wal_checkpoint)."""
    return list(_needed(session))


def _needed(session: Session) -> Iterator[Chore]:
    yield Chore(ref=None, sql="ANALYZE", why="figures for the query planner")
    free, pages, size = (int(_one(session, f"PRAGMA {name}")) for name in ("freelist_count", "page_count", "page_size"))
    if free * size > _FREE_BYTES and free * _ONE_IN > pages:
        yield Chore(ref=None, sql="VACUUM", why=f"{share(free, pages)} pages are free")
    if _one(session, "PRAGMA journal_mode") == "wal":
        yield Chore(ref=None, sql="PRAGMA wal_checkpoint(TRUNCATE)", why="the log beside the file")


def _one(session: Session, sql: str) -> str:
    return str(session.query(sql)[0][0])


def optimized(session: Session, tables: Sequence[Ref]) -> Sequence[Chore]:
    """Return what D1 leaves to its users (developers.cloudflare.com/d1/sql-api/sql-statements/#pragma-optimize)."""
    return [Chore(ref=None, sql="PRAGMA optimize", why="figures for the query planner")]
