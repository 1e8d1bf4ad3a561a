"""A D1 database in, a session out: transactions are rehearsed here, and sent as one fenced batch at their commit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from reconciler.dialects.base import DatabaseError, Server, Session, Target
from reconciler.dialects.sqlite.d1 import fence
from reconciler.dialects.sqlite.d1.rehearsal import CHANGED, Picture, picture, rehearsal, unchanged
from reconciler.dialects.sqlite.d1.spelling import inserts, positional
from reconciler.dialects.sqlite.d1.wire import Answer, Statement, Wire, place_of
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.dialects.sqlite.session import features as library_features
from reconciler.plan.outcome import Usage
from reconciler.plan.step import Step


class _Rehearsed:
    """A transaction that is open: the schema that it began with, its copy, and what is to be sent.

    `told` are the places, among what is to be sent, of those statements whose rows somebody wants to know; `blind` are
    statements that are understood and not run on the copy, because they rest on rows, of which it has none.
    """

    def __init__(self, seen: Picture) -> None:
        self.seen = seen
        self.copy: SqliteSession = rehearsal(seen)
        self.statements: list[Statement] = []
        self.told: list[int] = []
        self.blind: frozenset[str] = frozenset()


# Foreign keys are always on at D1; they are looked at when the batch ends (sqlite.org/pragma.html), and then all of
# what refers to each other may have gone.
_LATE_KEYS = Statement("PRAGMA defer_foreign_keys=ON")


class D1Session:
    """One database over HTTP. What is written outside a transaction is a batch of its own."""

    def __init__(self, wire: Wire, owner: str) -> None:
        self._wire = wire
        self._owner = owner
        self._turn = 0
        self._renewed = time.monotonic()
        self._open: _Rehearsed | None = None
        self._gone = False
        self._ahead: dict[str, list[tuple[Any, ...]]] = {}
        self.counts: Sequence[int] = ()

    @property
    def wire(self) -> Wire:
        """The way to the database."""
        return self._wire

    @property
    def usage(self) -> Usage:
        """What the answers so far counted."""
        return self._wire.usage

    @property
    def stamp(self) -> str:
        """A word that changes with the schema; inside a transaction that with which it began."""
        return (self._open.seen if self._open else picture(self._wire)).stamp

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Return every row; inside a transaction those of the copy, which has a schema and no rows."""
        self._alive()
        if self._open:
            return self._open.copy.query(sql, parameters)
        if sql in self._ahead:
            return self._ahead.pop(sql)
        if self._owner and time.monotonic() - self._renewed > fence.LEASE / 3:
            self._wire.batch(list(fence.renewing(self._owner)))
            self._renewed = time.monotonic()
        return self._wire.rows(positional(sql, parameters))

    def ask_ahead(self, questions: Sequence[str]) -> None:
        """Put several queries at once; each is answered from that when it is asked next."""
        self._alive()
        if not self._open:
            answers = self._wire.rows_of([Statement(sql) for sql in questions])
            self._ahead = dict(zip(questions, answers, strict=True))

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Run one statement, or rehearse it and keep it for the commit."""
        self._alive()
        if self._open is None:
            return self._sent([positional(sql, parameters)])[-1].changes
        self._open.copy.execute(f"EXPLAIN {sql}" if sql in self._open.blind else sql, parameters)
        self._open.statements.append(positional(sql, parameters))
        return -1

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Run statements one after the other; what rows they change inside a transaction is known after its commit."""
        for number, sql in enumerate(statements):
            try:
                self.execute(sql)
            except DatabaseError as error:
                error.before = number
                raise
            if self._open:
                self._open.told.append(len(self._open.statements) - 1)
        return [-1] * len(statements)

    def send(self, statements: Sequence[Statement]) -> Sequence[int]:
        """Send statements outside a transaction as one batch, and return how many rows each changed.

        The numbers are 0 where the batch was kept and its answer was lost.
        """
        self._alive()
        return [answer.changes for answer in self._sent(statements)]

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows, many in one statement."""
        for statement in inserts(table, columns, rows):
            self._alive()
            if self._open is None:
                self._sent([statement])
            else:
                self._open.statements.append(statement)

    def in_transaction(self) -> bool:
        """Say whether a transaction was begun and not ended."""
        return self._open is not None

    def begin(self) -> None:
        """Copy the schema as it is now."""
        self._alive()
        self.counts = ()
        self._open = _Rehearsed(picture(self._wire))

    def rehearse_blindly(self, statements: Iterable[str]) -> None:
        """Say which statements of the open transaction rest on rows."""
        if self._open:
            self._open.blind = frozenset(statements)

    def commit(self) -> None:
        """Send what was rehearsed as one batch, which fails when the schema is not what it was at the beginning."""
        self._alive()
        assert self._open is not None, "there is no transaction"
        done, self._open = self._open, None
        done.copy.close()
        if done.statements:
            before = [_LATE_KEYS, *unchanged(done.seen)]
            answers = self._sent([*before, *done.statements])[len(before) :]
            self.counts = [answers[place].changes for place in done.told]

    def rollback(self) -> None:
        """Forget the copy, if there is one; nothing was sent."""
        if self._open:
            self._open.copy.close()
            self._open = None

    def close(self) -> None:
        """Let the connection go."""
        self.rollback()
        self._wire.close()

    def abandon(self) -> None:
        """Be cut off: nothing is sent or received any more."""
        self._gone = True
        self.rollback()

    def _alive(self) -> None:
        if self._gone:
            raise DatabaseError("the connection is gone", lost=True)

    def _sent(self, statements: Sequence[Statement]) -> list[Answer]:
        """Send a batch as the next one of the run that holds the lock; one that was kept before is not kept twice."""
        if not self._owner:
            raise DatabaseError("nothing is written to D1 without the lock")
        turn = self._turn
        framed = [fence.opening(self._owner, turn), *statements, fence.closing(self._owner, turn)]
        try:
            answers = self._wire.batch(framed)[1:-1]
        except DatabaseError as error:
            self._gone = error.lost  # what comes after would not know whether this was kept
            if CHANGED in error.message:
                raise DatabaseError("the schema was changed meanwhile", retryable=True) from error
            if fence.NOT_OURS not in error.message or not self._kept(turn):
                raise
            answers = [Answer((), 0)] * len(statements)  # its answer was lost on the way, and with it its counts
        self._turn, self._renewed = turn + 1, time.monotonic()
        return answers

    def _kept(self, turn: int) -> bool:
        """Say whether a batch that is refused now was kept before. Raises DatabaseError when the lock is lost."""
        found = self._wire.rows(Statement(f"SELECT owner, turn FROM {fence.TABLE}"))
        if not found or found[0][0] != self._owner:
            raise DatabaseError("another run has taken the lock over, so nothing more is done", code="FENCE")
        return int(found[0][1]) == turn + 1


def d1(session: Session) -> D1Session:
    """Return a session as what it is here."""
    assert isinstance(session, D1Session)
    return session


def connect(target: Target) -> Session:
    """Return a session; nothing is asked yet. Raises TargetError without a token or with another URL."""
    return D1Session(Wire(place_of(target.url)), target.fence if target.access == "write" else "")


# What D1's own library can do beyond the oldest SQLite that is supported; what it rehearses with has to follow.
_FEATURES = frozenset({"drop_column", "rename_column", "strict"})


def server(session: Session) -> Server:
    """Return what answers. D1 does not tell its version."""
    place = d1(session).wire.place
    return Server(version="", host="", database=place.database, user="", memory="sqlite", features=assumed().features)


def assumed() -> Server:
    """Return what is known of every D1."""
    return Server(version="", host="", database="", user="", memory="sqlite", features=_FEATURES & library_features())


@contextmanager
def transaction(session: Session, steps: Sequence[Step], lock_timeout: float) -> Iterator[None]:
    """Surround steps with one transaction. Foreign keys are always on at D1; a rebuild is made for that."""
    session.begin()
    d1(session).rehearse_blindly(statement.sql for step in steps if step.only_rows for statement in step.statements)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
