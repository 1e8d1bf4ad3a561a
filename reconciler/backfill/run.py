"""A backfill in, carried out from where it stands and proven out: passes, late commits, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

from reconciler.backfill import captures, copying, ledger, reading, throttles, workers, writing
from reconciler.backfill.claims import Turn
from reconciler.backfill.hand import Hand, Stopped, awake, begin, heard, save, slept
from reconciler.backfill.keys import Key, NoKey, below, kept, read
from reconciler.backfill.ledger import Progress
from reconciler.backfill.steps import Writer, step
from reconciler.backfill.verifying import verify
from reconciler.backfill.work import Work
from reconciler.dialects.base import DatabaseError
from reconciler.dialects.bulk import Part
from reconciler.errors import ApplyFailed, PlanError
from reconciler.execute import interrupt
from reconciler.execute.failpoints import Injected, reach
from reconciler.execute.ledger import now
from reconciler.plan.outcome import Verified, Worked

# The passes: nothing is bounded yet, all rows in the order of their keys, what was missed, nothing more.
FIRST, MAIN, SWEEP, END = "", "main", "sweep", "end"

# Seconds for which transactions are waited for that began before the upper bound was read, and between two looks.
_SETTLE, _LOOK = 300.0, 0.5
# How often one looks for rows that were added meanwhile.
_ROUNDS = 20
# Seconds between two questions whether the lock of the run is ours.
_HELD = 1.0


def carry_out(work: Work) -> Worked:
    """Begin a backfill or go on with it, until it is done and proven, or stops; the ledger's tables are made.

    Returns:
        Where it stands: done, paused, cancelled, failed or verify_failed, with the reason, and what was verified.

    Raises:
        ApplyFailed: when another run does the same work, or holds the lock.
        KeyboardInterrupt: when somebody wants an end; what is committed stays, and the state is interrupted.
    """
    begun = time.monotonic()
    ledger.bootstrap(work.target.session, work.ledger)
    with ExitStack() as stack:
        hand = _hand(work, stack)
        verified: tuple[Verified, ...] = ()
        try:
            _passes(hand)
            verified = _proven(hand)
            _concluded(hand, verified)
        except Injected:
            raise
        except Stopped as stop:
            _ended(hand, stop.state, stop.reason)
        except (NoKey, PlanError) as error:
            _ended(hand, "failed", str(error))
        except DatabaseError as error:
            _broken(hand, error)
        except BaseException:
            _ended(hand, "interrupted", "")
            raise
    return Worked(standing=hand.standing, verified=verified, seconds=time.monotonic() - begun)


def estimate(work: Work) -> int | None:
    """Return about how many rows there are to work off, None when nobody knows."""
    side = work.source
    return side.dialect.bulk().estimate(side.session, reading.table_of(side, work.backfill.source.table))


def _hand(work: Work, stack: ExitStack) -> Hand:
    row = _opened(work)
    every = ledger.rows_of(work.target.session, work.ledger, row.name)
    shards = [one for one in every if one.generation == row.generation and one.shard]
    return Hand(
        work=work, session=work.target.session, source=work.source.session, row=row, stack=stack,
        told=work.watch.advanced, waited=row.waited_ms / 1000, others=lambda: shards,
    )  # fmt: skip


def _opened(work: Work) -> Progress:
    """Take the ledger's row over, or begin anew where there is none of this definition, or it is done."""
    backfill, session = work.backfill, work.target.session
    found = ledger.current(session, work.ledger, backfill.ref.name, backfill.generation, 0)
    # Until a helper has its place there is something to look after, even if all rows are filled.
    on = found is not None and (found.state != "done" or work.backfill.beside)
    if found is not None and found.digest == work.digest and on:
        again = _looked_for(work) if found.state == "verify_failed" else {}
        if again.get("pass_") == MAIN:
            ledger.forget(session, work.ledger, backfill.ref.name, backfill.generation)
        row = replace(found, state="running", reason="", owner=work.run_id, fence=found.fence + 1, **again)  # type: ignore[arg-type]
        return ledger.store(session, work.ledger, row)
    ledger.forget(session, work.ledger, backfill.ref.name, backfill.generation)
    row = Progress(
        name=backfill.ref.name, generation=backfill.generation, shard=0, digest=work.digest, state="pending",
        owner=work.run_id, fence=found.fence + 1 if found else 1, started_at=now(),
        wanted=found.wanted if found else "run",
    )  # fmt: skip
    return ledger.store(session, work.ledger, row)


def _looked_for(work: Work) -> Mapping[str, str | int]:
    """Return where work goes on that could not be proven: it may lack a row; a copied one may have changed."""
    again = work.backfill.copy is not None or work.backfill.captures
    if again and work.backfill.idempotency.on_conflict.startswith("update"):
        return {"pass_": MAIN, "at_key": "", "rows_read": 0, "rejected": 0, "poisoned": 0}
    return {"pass_": SWEEP, "at_key": ""} if writing.can_miss(work) else {}


def _passes(hand: Hand) -> None:
    """Go over the rows, then over what was missed."""
    heard(hand)
    throttles.admitted(hand)
    captures.held(hand)
    if hand.row.pass_ == FIRST:
        reach("before_bounds", hand.session)
        _bounded(hand)
    begin(hand)
    work = hand.work
    sweeps = writing.can_miss(work) and work.backfill.source.live_writes != "frozen"
    if hand.row.pass_ == MAIN:
        if not sweeps:
            _settled(hand)
        _work_off(hand)
        reach("between_passes", hand.session)
        if sweeps:
            _settled(hand)
        save(hand, replace(hand.row, pass_=SWEEP if sweeps else END, at_key=""))
        begin(hand)
    if hand.row.pass_ == SWEEP:
        _pass(hand, read(hand.row.to_key), missing=True)
        save(hand, replace(hand.row, pass_=END))
    _still_frozen(hand)
    if work.backfill.copy is not None:
        copying.numbered(hand.here, work.backfill.copy)


def _bounded(hand: Hand) -> None:
    """Fix where the work begins and ends."""
    work, source = hand.work, hand.work.backfill.source
    late = source.live_writes not in ("frozen", "trigger")
    horizon = work.source.dialect.bulk().horizon(hand.source) if late else ""
    high = reading.upper(work, hand.source)
    first = reading.least(work, hand.source) if work.backfill.script else None
    low = below(first) if first else None
    if first and low is None:
        raise Stopped("failed", "there is no value before the first key, which the statement has to be given as :lo")
    frozen = reading.counted(work, hand.source) if _counted_first(work) else None
    save(
        hand,
        replace(hand.row, pass_=MAIN, state="running", from_key=kept(low), to_key=kept(high), horizon=horizon,
                estimate=estimate(work), source_rows=frozen),
    )  # fmt: skip


def _work_off(hand: Hand) -> None:
    """Do the main pass, and where rows are added meanwhile what came since, until nothing did, or this often: it has to
    end, and each round is as short as the one before allowed.
    """
    source = hand.work.backfill.source
    grows = source.live_writes == "append_only" or source.bound == "open"
    workers.shared(hand, lambda one: _pass(one, read(one.row.to_key), missing=False))
    for _ in range(_ROUNDS):
        _pass(hand, read(hand.row.to_key), missing=False)
        if not grows:
            return
        horizon = hand.work.source.dialect.bulk().horizon(hand.source)
        high = kept(reading.upper(hand.work, hand.source))
        if high == hand.row.to_key:
            return
        save(hand, replace(hand.row, to_key=high, horizon=horizon, at_key=kept(hand.at)))
        if not writing.can_miss(hand.work):
            _settled(hand)


def _pass(hand: Hand, high: Key | None, *, missing: bool) -> None:
    if high is None:
        return
    writer = _writer(hand)
    looked, asked = throttles.Looked(), time.monotonic()
    while True:
        if time.monotonic() - asked > _HELD:
            asked = time.monotonic()
            _locked(hand)
        throttles.hold(hand, looked)
        heard(hand)
        before = hand.row.batches
        if hand.halted() or not step(hand, writer, high, missing):
            return
        if hand.row.batches != before:
            _looked_at(hand)
        interrupt.heed()


def _looked_at(hand: Hand) -> None:
    """Ask what is to be asked after so many transactions, up to where they are. Raises Stopped where that fails."""
    asked = tuple(one for one in hand.work.backfill.verify if one.every and hand.row.batches % one.every == 0)
    if asked and not hand.row.shard:  # below where one of several workers is, others are still at work
        here = hand.here
        _all_pass(verify(replace(here, backfill=replace(here.backfill, verify=asked)), hand.at or ()))


def _writer(hand: Hand) -> Writer:
    """Return what gives the statements for a portion; none where it is looked for what is missing, and nothing is."""
    work = hand.here
    if work.backfill.copy is not None:
        return copying.writer(work, work.backfill.copy)

    def parts(turn: Turn) -> Sequence[Part]:
        nothing = turn.missing and not hand.session.query(writing.missing(work, turn.range))
        return () if nothing else writing.parts(work, turn)

    return parts


def _locked(hand: Hand) -> None:
    if not hand.work.held():
        raise ApplyFailed("the lock was lost, so nothing more is done", hint="run it again: it goes on from there")


def _settled(hand: Hand) -> None:
    """Wait for transactions that were at work when the upper bound was read: their keys may be below it."""
    work, bulk = hand.work, hand.work.source.dialect.bulk()
    limit = _SETTLE if work.backfill.settle is None else work.backfill.settle
    end = time.monotonic() + limit
    while hand.row.horizon and limit:
        try:
            sentence = bulk.waits(hand.source, hand.row.horizon)
        except DatabaseError as error:
            if error.lost or not writing.can_miss(work):
                raise
            return  # who may not ask is left with the sweep
        if not sentence:
            awake(hand)
            return
        if time.monotonic() > end:
            raise Stopped("paused", f"waited {limit:g} s for {sentence}; a row of it would be missed")
        slept(hand, _LOOK, f"waiting for {sentence}")
        heard(hand)


def _still_frozen(hand: Hand) -> None:
    """Raise Stopped where somebody wrote a source that nobody was to write."""
    work, row = hand.work, hand.row
    if work.backfill.source.live_writes != "frozen" or work.backfill.script is not None:
        return
    to_its_end = work.backfill.source.bound == "at_start"
    moved = to_its_end and kept(reading.upper(work, hand.source)) != row.to_key
    before = row.source_rows if row.source_rows is not None else hand.standing.read
    # A table is counted much quicker than a part of it.
    if row.source_rows is not None or (to_its_end and not moved and work.backfill.source.where is None):
        rows = reading.counted(work, hand.source)
    else:
        rows = reading.rows_in(work, hand.source, None, read(row.to_key))
    if rows != before or (moved and row.source_rows is None):
        was = f"it had {before} rows up to {row.to_key}, now {rows}"
        raise Stopped("failed", f"the source was to be frozen, and was written meanwhile: {was}")


def _counted_first(work: Work) -> bool:
    """Say whether rows are counted before the work: what it does may change which of them count."""
    own = work.backfill.update is not None or work.backfill.idempotency.strategy in ("mark_source", "recompute")
    return work.backfill.source.live_writes == "frozen" and (own or work.backfill.chunk.by == "range")


def _proven(hand: Hand) -> tuple[Verified, ...]:
    reach("before_backfill_verify", hand.session)
    interrupt.heed()
    if not hand.work.backfill.verify:
        return ()
    return verify(hand.here, read(hand.row.to_key) or ())


def _concluded(hand: Hand, verified: Sequence[Verified]) -> None:
    """Write down that it is done. Raises Stopped where the rows do not say what they are to say."""
    _all_pass(verified)
    save(hand, replace(hand.row, state="done", reason="", finished_at=now()))
    reach("backfill_done", hand.session)
    if not hand.work.backfill.beside:
        captures.released(hand)


def _all_pass(verified: Sequence[Verified]) -> None:
    if wrong := "; ".join(f"{one.name}: {one.message}" for one in verified if one.status != "pass"):
        raise Stopped("verify_failed", wrong)


def _ended(hand: Hand, state: str, reason: str) -> None:
    """Write down how it ended, where the connection still lets us; whoever asks is told in any case."""
    row = replace(hand.row, state=state, reason=reason, finished_at=now())
    hand.row = row
    with suppress(DatabaseError):
        hand.session.rollback()
        save(hand, row)
        if state == "cancelled":
            captures.released(hand)


def _broken(hand: Hand, error: DatabaseError) -> None:
    if error.code == "OVERTAKEN":
        raise ApplyFailed(error.message, hint="`reconcile backfill status` says who is at work") from error
    if wish := interrupt.urgent():
        _ended(hand, "interrupted", "")
        raise wish from error
    _ended(hand, "failed", error.message)
