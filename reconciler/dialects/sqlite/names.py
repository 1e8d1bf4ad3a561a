"""Names as SQLite sees them: letter case does not count, and some beginnings are taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from reconciler.dialects.sql import REJECTS, ours
from reconciler.model.ref import Ref

# SQLite's own (sqlite.org/fileformat2.html#internal_schema_objects), and what Cloudflare keeps in a D1 file.
_THEIRS = ("sqlite_", "_cf_")

_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@lru_cache(maxsize=65536)
def fold(name: str) -> str:
    """Return a name without letter case: SQLite knows that of the letters A to Z alone, so Ä and ä are two names."""
    return name.lower() if name.isascii() else name.translate(_LOWER)


def folded(ref: Ref) -> Ref:
    """Return an address without letter case; itself when there is none in it, as in most."""
    parts = tuple(map(fold, ref.parts))
    return ref if parts == ref.parts else Ref(ref.schema, parts)


def spellings(refs: Iterable[Ref]) -> Mapping[Ref, Ref]:
    """Return the addresses by what they are without letter case."""
    return {folded(ref): ref for ref in refs}


def hidden(table: str) -> bool:
    """Say whether a table is no business of the specs: the ledger's, SQLite's own, Cloudflare's."""
    return fold(table).startswith(("_reconcile_", REJECTS, *_THEIRS))


def taken(name: str) -> str:
    """Return the beginning that makes a name no name for a user's table, view or index, "" when there is none."""
    folded = fold(name)
    if folded.startswith(_THEIRS):
        return next(prefix for prefix in _THEIRS if folded.startswith(prefix))
    return ours(name)
