"""The main pass of several workers: ranges of keys with a cursor each, in threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from reconciler.backfill import ledger
from reconciler.backfill.hand import Hand, begin, save
from reconciler.backfill.keys import Key, kept, key_of, read
from reconciler.backfill.ledger import Progress
from reconciler.backfill.reading import boundary

# Does all that one hand has to do.
Run = Callable[[Hand], None]

# A shard that is done.
_DONE = "end"
# Seconds between two questions whether the lock of the run is ours.
_LOOK = 1.0


@dataclass(slots=True)
class _Board:
    """Where every worker writes how far it is; one at a time."""

    rows: dict[int, Progress]
    halted: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


def shared(hand: Hand, run: Run) -> None:
    """Do what several workers can do at a time, each in a range of its own, up to where the first hand goes on alone.

    Raises what one of them raises, once all have stopped.
    """
    rows = _shards(hand)
    if not rows or hand.row.at_key:
        return
    board = _Board({row.shard: row for row in rows})
    try:
        with ThreadPoolExecutor(max(hand.work.backfill.workers, 1)) as pool:
            futures = [pool.submit(_worked, hand, row, board, run) for row in rows if row.pass_ != _DONE]
            _watched(hand, board, futures)
    finally:
        hand.others = lambda: tuple(board.rows.values())
    for future in futures:
        future.result()
    hand.at = read(rows[-1].to_key)
    save(hand, replace(hand.row, at_key=rows[-1].to_key))


def _watched(hand: Hand, board: _Board, futures: Sequence[Future[None]]) -> None:
    """Wait for the workers; when one fails, or the lock is lost, or somebody wants an end, none begins another one."""
    try:
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_LOOK, return_when=FIRST_EXCEPTION)
            if any(one.exception() for one in done) or not hand.work.held():
                board.halted.set()
                wait(pending)
                return
    except BaseException:
        board.halted.set()
        raise


def _shards(hand: Hand) -> list[Progress]:
    """Return the shards that there are, or make them; none where one worker does it all."""
    work, row = hand.work, hand.row
    every = ledger.rows_of(hand.session, work.ledger, row.name)
    found = [one for one in every if one.generation == row.generation and one.shard]
    high = read(row.to_key)
    if found or high is None or row.at_key or not work.target.dialect.bulk().parallel:
        return found
    ranges = _divided(hand, high)
    if len(ranges) < 2:
        return []
    return [
        ledger.store(
            hand.session, work.ledger,
            Progress(
                name=row.name, generation=row.generation, shard=number, digest=row.digest, state="running",
                wanted=row.wanted, pass_=row.pass_, from_key=kept(low), to_key=kept(end), started_at=row.started_at,
            ),
        )
        for number, (low, end) in enumerate(ranges, 1)
    ]  # fmt: skip


def _divided(hand: Hand, high: Key) -> list[tuple[Key | None, Key]]:
    """Return ranges with about as many rows each, in order; few rows are not worth a second worker."""
    workers, low = hand.work.backfill.workers, read(hand.row.from_key)
    size = (hand.row.estimate or 0) // workers
    ranges: list[tuple[Key | None, Key]] = []
    while size > hand.work.backfill.chunk.size and len(ranges) < workers - 1:
        found = hand.source.query(boundary(hand.here, low, high, size))
        if not found or key_of(found[0]) == high:
            break
        ranges.append((low, key_of(found[0])))
        low = ranges[-1][1]
    return [*ranges, (low, high)]


def _worked(first: Hand, row: Progress, board: _Board, run: Run) -> None:
    with ExitStack() as stack:
        work = replace(first.work, held=lambda: True)  # whoever started us asks
        session = stack.enter_context(work.target.another())
        alike = work.source is work.target
        source = session if alike else stack.enter_context(work.source.another())
        row = replace(row, owner=work.run_id, fence=row.fence + 1)
        hand = Hand(
            work=work, session=session, source=source, row=ledger.store(session, work.ledger, row), stack=stack,
            told=lambda standing: None, halted=board.halted.is_set,
            others=lambda: [one for number, one in board.rows.items() if number != row.shard],
        )  # fmt: skip

        def told(_: object) -> None:
            with board.lock:
                board.rows[row.shard] = hand.row
                first.told(ledger.standing([first.row, *board.rows.values()]))

        hand.told = told
        begin(hand)
        run(hand)
        if not hand.halted():
            save(hand, replace(hand.row, pass_=_DONE))
