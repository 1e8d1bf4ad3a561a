"""A session on a D1 database in, the signs of its service and size out; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.health import Sign, ok, warn
from reconciler.dialects.sqlite.d1 import limits
from reconciler.dialects.sqlite.d1.session import d1


def examine(session: Session, target: Target) -> Sequence[Sign]:
    """Return what is to be known of a database of D1, which tells neither its version nor what a token may do."""
    session.query("SELECT 1")
    return [
        ok("server", "Cloudflare D1, supported"),
        ok("privileges", "the token may read; whether it may write is known when something is written"),
        ok("settings", "foreign keys are always checked"),
        *_size(d1(session).usage.size),
    ]


def _size(size: int) -> Iterator[Sign]:
    """Yield how full a database is, where the service counts that."""
    words = f"{size:,} of {limits.DATABASE:,} bytes are used"
    if size > limits.DATABASE // 2:
        yield warn("size", f"{words}: a large table cannot be rebuilt any more", "move rows to another database")
    elif size:
        yield ok("size", words)
