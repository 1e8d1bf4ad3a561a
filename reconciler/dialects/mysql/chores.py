"""MySQL's and MariaDB's figures about tables in, what keeps them in shape out; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.dialects.base import Session
from reconciler.dialects.chores import Chore, share
from reconciler.dialects.mysql.lexer import quoted
from reconciler.model.ref import Ref

# A table is written anew when so many bytes of it are free, and more than one in so many: InnoDB gives back none.
_FREE_BYTES, _ONE_IN = 64 << 20, 4

_FIGURES = """
SELECT coalesce(data_free, 0), coalesce(data_length, 0) + coalesce(index_length, 0)
FROM information_schema.tables WHERE table_schema = database() AND table_name = :name AND table_type = 'BASE TABLE'"""


def chores(session: Session, tables: Sequence[Ref]) -> Sequence[Chore]:
    """Return what tables need (MySQL manual, "ANALYZE TABLE Statement", "OPTIMIZE TABLE Statement")."""
    return [chore for ref in tables for chore in _of(session, ref)]


def _of(session: Session, ref: Ref) -> Iterator[Chore]:
    name = quoted(ref.name)
    for free, used in session.query(_FIGURES, {"name": ref.name}):
        if int(free) >= _FREE_BYTES and int(free) * _ONE_IN >= int(free) + int(used):
            why = f"{share(int(free) >> 20, (int(free) + int(used)) >> 20)} MB are free"
            yield Chore(ref=ref, sql=f"OPTIMIZE NO_WRITE_TO_BINLOG TABLE {name}", why=why, failure=_failure)
        else:
            sql = f"ANALYZE NO_WRITE_TO_BINLOG TABLE {name}"
            yield Chore(ref=ref, sql=sql, why="figures for the query planner", failure=_failure)


def _failure(rows: Sequence[tuple[Any, ...]]) -> str:
    """Return what went wrong: these statements raise nothing, they answer with table, operation, kind and text."""
    return "; ".join(str(text) for _, _, kind, text in rows if str(kind).lower() == "error")
