"""The schema of a D1 database in, the same without rows in a local SQLite out: transactions are rehearsed there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reconciler.dialects.base import Session
from reconciler.dialects.sqlite.copying import copied
from reconciler.dialects.sqlite.d1.fence import guard
from reconciler.dialects.sqlite.d1.wire import Statement, Wire
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.frozen import frozen_in_order
from reconciler.plan.step import Step

# The schema travels as texts that the server writes, a hundred objects each, and is held against these very texts.
_SEEN = "substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 4) <> '_cf_'"
_TEXT = "json_group_array(json_array(type, name, sql) ORDER BY rowid)"
_CHUNKS = f"SELECT rowid / 100, {_TEXT}, count(*) FROM sqlite_schema WHERE {_SEEN} GROUP BY 1 ORDER BY 1"

CHANGED = "__rc_schema"


@frozen_in_order
class Picture:
    """A schema as it was at one moment: the server's texts by number, and how many objects there are."""

    chunks: tuple[tuple[int, str], ...]
    count: int

    @property
    def stamp(self) -> str:
        """A word that is another one as soon as anything of the schema is."""
        return hashlib.sha256("\n".join(text for _, text in self.chunks).encode()).hexdigest()

    @property
    def objects(self) -> list[tuple[str, str, str | None]]:
        """Type, name and text of every object, in the order in which they were made."""
        return [tuple(row) for _, text in self.chunks for row in json.loads(text)]


def picture(wire: Wire) -> Picture:
    """Return the schema as it is now."""
    rows = wire.rows(Statement(_CHUNKS))
    return Picture(tuple((int(number), str(text)) for number, text, _ in rows), sum(int(row[2]) for row in rows))


def unchanged(seen: Picture) -> Iterator[Statement]:
    """Yield what fails, and its batch with it, when the schema is not what it was."""
    for number, text in seen.chunks:
        now = f"(SELECT {_TEXT} FROM sqlite_schema WHERE {_SEEN} AND rowid / 100 = {number})"
        yield guard(f"{now} IS ?1", CHANGED, text)
    yield guard(f"(SELECT count(*) FROM sqlite_schema WHERE {_SEEN}) = {seen.count}", CHANGED)


def rehearsal(seen: Picture) -> SqliteSession:
    """Return a database in memory with this schema; foreign keys are on there too.

    Raises DatabaseError when the library that is here cannot read a definition that D1 can.
    """
    return copied(seen.objects)


@contextmanager
def late_keys(session: Session, steps: Sequence[Step], lock_timeout: float) -> Iterator[None]:
    """Surround steps with a transaction on a copy, as a batch at D1 is one: keys are looked at when it ends."""
    session.begin()
    try:
        session.execute("PRAGMA defer_foreign_keys=ON")
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
