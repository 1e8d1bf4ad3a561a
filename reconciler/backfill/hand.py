"""A backfill at work: its connections, its row of the ledger, and one transaction with both; it knows no order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from reconciler.backfill import ledger
from reconciler.backfill.keys import Key, kept, read
from reconciler.backfill.ledger import PROGRESS, Progress
from reconciler.backfill.work import Work
from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import Part, Portion, overtaken
from reconciler.execute import interrupt
from reconciler.execute.failpoints import reach
from reconciler.execute.ledger import now
from reconciler.model.backfills import Standing

# Seconds that a statement of a transaction waits for a lock, and how often the time that it is to take it may take.
LOCK_SECONDS = 2.0
_OVERTIME = 10

# How much of a new measurement counts, and how fast a portion grows and shrinks.
_NEW, _SHRINK, _GROW = 0.4, 0.5, 1.2


class Stopped(Exception):
    """The work stops here: its state from now on, and why, in a sentence."""

    def __init__(self, state: str, reason: str = "") -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class TooMuch(Exception):
    """A portion has more than may be held at a time; so many rows of it may."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(slots=True)
class Hand:
    """Who works on one shard.

    `row` is what the ledger holds; `at` is the last key that is done, which may be further: where nothing had to be
    written. `size` is how many rows the next portion has, `ema` how many seconds one took lately. `alone` is
    true until a row that is written turns out to be there. `sentence` is what it waits for.
    `dense` says that its keys are numbers without many gaps. `others` gives the rows of all other shards; `halted`
    says that no other portion is to be begun. `told` is called with each commit. `stack` closes what was opened
    meanwhile.
    """

    work: Work
    session: Session
    source: Session
    row: Progress
    stack: ExitStack
    told: Callable[[Standing], None]
    at: Key | None = None
    size: int = 0
    ema: float = 0.0
    failures: int = 0
    waited: float = 0.0
    batches: int = field(default=0)
    alone: bool = field(default=True)
    dense: bool = field(default=False)
    others: Callable[[], Sequence[Progress]] = tuple
    sentence: str = ""
    halted: Callable[[], bool] = lambda: False

    @property
    def standing(self) -> Standing:
        """How far the backfill is, with what other workers did and do."""
        return ledger.standing([self.row, *self.others()])

    @property
    def here(self) -> Work:
        """The work on the connections of this hand."""
        work = self.work
        if self.session is work.target.session and self.source is work.source.session:
            return work
        target = replace(work.target, session=self.session)
        source = target if work.source is work.target else replace(work.source, session=self.source)
        return replace(work, target=target, source=source)

    @property
    def pace(self) -> float:
        """Seconds that one transaction is to take."""
        return self.work.backfill.chunk.target_time or self.work.target.dialect.bulk().pace

    @property
    def batch_id(self) -> str:
        """A word for the next transaction that no other one has."""
        return f"{self.row.owner}:{self.row.generation}.{self.row.shard}.{self.row.fence}.{self.batches}"


def begin(hand: Hand) -> None:
    """Take size and place from the ledger's row."""
    chunk = hand.work.backfill.chunk
    hand.at = read(hand.row.at_key) or read(hand.row.from_key)
    hand.size = hand.row.batch_size or min(max(chunk.size, 1), chunk.maximum)
    hand.ema = hand.row.ema_ms / 1000


def save(hand: Hand, row: Progress) -> None:
    """Write the row down outside of any portion."""
    hand.row = ledger.store(hand.session, hand.work.ledger, row)
    hand.told(hand.standing)


# Counts that are added beside what statements change; None for as many as rows are written.
More = Mapping[str, int | None]


def commit(hand: Hand, parts: Sequence[Part], high: Key, more: More) -> None:
    """Carry parts out in one transaction with the cursor, which is at `high` then.

    A commit of which nobody knows whether it was kept is looked for: cursor and rows changed together, or not at all.

    Raises DatabaseError: nothing of it was kept.
    """
    hand.batches += 1
    target = hand.work.target.dialect.bulk()
    portion = _portion(hand, parts, kept(high), more)
    try:
        with interrupt.held():
            counts = target.together(hand.session, portion)
    except DatabaseError as error:
        if not error.lost:
            raise
        if not _was_kept(hand, kept(high), error):
            raise DatabaseError(error.message, code=error.code, retryable=True) from error
    else:
        hand.row = _advanced(hand, kept(high), _sums(more, counts))
    hand.at = high
    reach("batch_committed", hand.session)
    hand.told(hand.standing)


def _sums(more: More, counts: Mapping[str, int]) -> Mapping[str, int]:
    known = {name: counts["rows_written"] if number is None else number for name, number in more.items()}
    return known | {name: known.get(name, 0) + number for name, number in counts.items()}


def _advanced(hand: Hand, key: str, counts: Mapping[str, int]) -> Progress:
    row = hand.row
    added = {name: getattr(row, name) + number for name, number in counts.items()}
    return replace(
        row, at_key=key, batches=row.batches + 1, batch_size=hand.size, ema_ms=round(hand.ema * 1000),
        waited_ms=round(hand.waited * 1000), updated_at=now(), **added,
    )  # fmt: skip


def _portion(hand: Hand, parts: Sequence[Part], key: str, more: More) -> Portion:
    work, row = hand.work, hand.row
    text = work.target.dialect.bulk().literal
    table = f"{work.ledger.prefix}{PROGRESS}"
    where = (
        f"project = {text(work.ledger.project)} AND name = {text(row.name)} AND generation = {row.generation}"
        f" AND shard = {row.shard} AND fence = {row.fence} AND at_key = {text(row.at_key)}"
    )

    def close(counts: Mapping[str, int]) -> str:
        new = _advanced(hand, key, {})
        sets = [f"{name} = {name} + {number}" for name, number in _sums(more, counts).items()]
        sets += [
            f"at_key = {text(key)}", "batches = batches + 1", f"batch_size = {new.batch_size}",
            f"ema_ms = {new.ema_ms}", f"waited_ms = {new.waited_ms}", f"updated_at = {text(new.updated_at)}",
        ]  # fmt: skip
        return f"UPDATE {table} SET {', '.join(sets)} WHERE {where}"

    return Portion(
        parts=tuple(parts), ours=f"EXISTS (SELECT 1 FROM {table} WHERE {where})",
        add=lambda name, amount: f"UPDATE {table} SET {name} = {name} + {amount} WHERE {where}", close=close,
        reached=lambda point: reach(point, hand.session), lock=LOCK_SECONDS, seconds=hand.pace * _OVERTIME,
        steady=work.backfill.idempotency.strategy == "mark_source",
    )  # fmt: skip


def _was_kept(hand: Hand, key: str, error: DatabaseError) -> bool:
    """Connect anew and look where the cursor is: at the new place, or at the old one."""
    if hand.work.target.dialect.rehearsed:
        raise error  # another session does not know which batch of ours was the last
    hand.session = _again(hand, error)
    if hand.work.source is hand.work.target:
        hand.source = hand.session
    found = ledger.current(hand.session, hand.work.ledger, hand.row.name, hand.row.generation, hand.row.shard)
    if found is None or found.fence != hand.row.fence:
        raise overtaken() from error
    moved = found.at_key == key != hand.row.at_key
    hand.row = found
    return moved


def _again(hand: Hand, error: DatabaseError) -> Session:
    from reconciler.errors import ReconcileError

    try:
        return hand.stack.enter_context(hand.work.target.another())
    except (DatabaseError, ReconcileError):
        raise error from None


def paced(hand: Hand, seconds: float) -> None:
    """Let the next portion be as large as one that takes the time that it is to take."""
    chunk = hand.work.backfill.chunk
    hand.ema = _NEW * seconds + (1 - _NEW) * hand.ema if hand.ema else seconds
    wish = hand.size * min(max(hand.pace / max(hand.ema, 0.001), _SHRINK), _GROW)
    # A portion of a few rows would not grow by a fifth of one.
    hand.size = int(min(max(wish, hand.size + 1 if wish > hand.size else 1, chunk.minimum), chunk.maximum))


def heard(hand: Hand) -> None:
    """Read what is wanted. Raises Stopped where that is an end, DatabaseError where another run is at work."""
    found = ledger.current(hand.session, hand.work.ledger, hand.row.name, hand.row.generation, hand.row.shard)
    if found is None or (found.fence, found.at_key) != (hand.row.fence, hand.row.at_key):
        raise overtaken()
    hand.row = found
    if found.wanted == "pause":
        raise Stopped("paused", "somebody asked for a pause")
    if found.wanted == "cancel":
        raise Stopped("cancelled", "somebody asked for an end")


def slept(hand: Hand, seconds: float, sentence: str) -> None:
    """Wait, say why, and count the time apart."""
    hand.sentence = sentence
    hand.work.watch.waiting(sentence)
    begun = time.monotonic()
    time.sleep(seconds)
    hand.waited += time.monotonic() - begun
    interrupt.heed()


def awake(hand: Hand) -> None:
    """Say that a wait is over, if there was one."""
    if hand.sentence:
        hand.sentence = ""
        hand.work.watch.waiting("")
