"""One step of a pass: the next portion is read, written, and tried again, halved or left out when it fails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from reconciler.backfill import claims, reading, writing
from reconciler.backfill.hand import Hand, Stopped, TooMuch, awake, commit, paced, slept
from reconciler.backfill.keys import Key, kept, shown
from reconciler.backfill.reading import Ahead, Range
from reconciler.dialects.base import DatabaseError
from reconciler.dialects.bulk import DATA, OVERTAKEN, RETRY, Part

# Returns the statements that write a portion.
Writer = Callable[[claims.Turn], Sequence[Part]]

# Seconds that are slept before the same is tried again: random, up to so many, doubled with each time.
_PAUSE, _LONGEST = 0.1, 5.0
# The share of numbers in a row that are keys of rows, from which on they have no gaps to speak of.
_DENSE = 0.9


def step(hand: Hand, writer: Writer, high: Key, missing: bool) -> bool:
    """Do the next portion, however often that takes; say whether there was one.

    Args:
        hand: who works.
        writer: what makes the statements.
        high: the last key at all.
        missing: only what is not done is looked for.

    Raises:
        Stopped: where the work cannot go on.
        DatabaseError: where the connection is gone, or another run is at work.
    """
    while True:
        ahead = _ahead(hand, high, missing)
        if ahead is None:
            return False
        begun, before = time.monotonic(), hand.row.rows_read
        try:
            _done(hand, writer, ahead, missing)
        except TooMuch as error:
            hand.size = max(1, min(error.rows, hand.size - 1))
        except DatabaseError as error:
            _failed(hand, ahead, error, missing)
        else:
            hand.failures = 0
            awake(hand)
            _measured(hand, ahead.range, hand.row.rows_read - before)
            paced(hand, time.monotonic() - begun)
            _few_rejects(hand)
            return True


def _ahead(hand: Hand, high: Key, missing: bool) -> Ahead | None:
    """Return the next portion; where keys have no gaps its end needs no looking for: what is written counts rows."""
    if hand.at is not None and kept(hand.at) == kept(high):
        return None
    if hand.dense and not missing and _hopes(hand) and writing.counts_rows(hand.work):
        found = reading.leap(hand.work, hand.at, high, hand.size)
        if found is not None:
            return found
    return reading.ahead(hand.work, hand.source, hand.at, high, hand.size)


def _measured(hand: Hand, range_: Range, rows: int) -> None:
    """Take note whether keys are numbers without many gaps."""
    numbers = reading.width(range_)
    if numbers is not None:
        hand.dense = rows >= numbers * _DENSE


def _done(hand: Hand, writer: Writer, ahead: Ahead, missing: bool) -> None:
    turn = claims.Turn(range=ahead.range, batch_id=hand.batch_id, missing=missing, alone=_hopes(hand))
    parts = writer(turn)
    if missing and not parts:
        hand.at = ahead.range.high
        return
    commit(hand, parts, ahead.range.high, {} if missing else {"rows_read": ahead.rows})


def _hopes(hand: Hand) -> bool:
    """Say whether rows are added as if none were there: where one is, the portion fails, and is done with care."""
    work = hand.work
    by_key = work.backfill.idempotency.strategy == "target_key" and work.backfill.insert_select is not None
    return by_key and hand.alone and not work.backfill.captures and work.target.dialect.bulk().hopeful


def _failed(hand: Hand, ahead: Ahead, error: DatabaseError, missing: bool) -> None:
    """Make the next try a smaller one, later. Raises what ends the work."""
    if error.code == OVERTAKEN or error.lost:
        raise error
    kind = hand.work.target.dialect.bulk().failure(error)
    if kind == DATA and _hopes(hand):
        hand.alone = False
    elif kind == RETRY:
        _later(hand, ahead, error)
    elif kind == DATA and hand.work.backfill.on_error.split:
        _closer(hand, ahead, error, missing)
    else:
        raise Stopped("failed", _told(ahead, error))


def _later(hand: Hand, ahead: Ahead, error: DatabaseError) -> None:
    """Halve the portion and sleep a while; at the smallest one that is tried a few times."""
    least = hand.work.backfill.chunk.minimum
    if hand.size <= least:
        hand.failures += 1
    if hand.failures >= max(hand.work.backfill.on_error.retries, 1):
        raise Stopped("failed", f"{_told(ahead, error)}, {hand.failures} times in {hand.size} rows")
    hand.size = max(min(least, hand.size), hand.size // 2)
    seconds = random.uniform(_PAUSE, min(_LONGEST, 4 * _PAUSE * 2.0**hand.failures))
    slept(hand, seconds, f"{error.message}; trying again")


def _closer(hand: Hand, ahead: Ahead, error: DatabaseError, missing: bool) -> None:
    """Halve the portion down to the row that is at fault, and leave that one out."""
    rows = ahead.rows or hand.size
    if rows > 1 and hand.size > 1:
        hand.size = max(1, min(hand.size, rows) // 2)
        return
    on_error = hand.work.backfill.on_error
    if on_error.poison != "quarantine":
        raise Stopped("failed", _told(ahead, error))
    if hand.standing.poisoned >= on_error.most:
        raise Stopped("failed", f"more than {on_error.most} rows cannot be written; {_told(ahead, error)}")
    turn = claims.Turn(range=ahead.range, batch_id=hand.batch_id, missing=missing)
    reason = f"{error.message} ({error.code})" if error.code else error.message
    commit(hand, [claims.left_out(hand.work, turn, reason)], ahead.range.high, {"rows_read": 0 if missing else 1})


def _told(ahead: Ahead, error: DatabaseError) -> str:
    code = f" ({error.code})" if error.code else ""
    return f"beyond key {shown(ahead.range.low)} up to {shown(ahead.range.high)}: {error.message}{code}"


def _few_rejects(hand: Hand) -> None:
    """Raise Stopped where more rows are rejected than the author expects."""
    rejects = hand.work.backfill.rejects
    rejected = hand.standing.rejected
    if rejected > rejects.most:
        state = "paused" if rejects.on_exceed == "pause" else "failed"
        reason = f"{rejected} rows are rejected, more than {rejects.most}; they are in __rc_rejects"
        raise Stopped(state, reason)
