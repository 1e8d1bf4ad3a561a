"""A backfill beside which others write in, the triggers that carry their writes along out: made, found, removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from reconciler.backfill import ledger
from reconciler.backfill.claims import alias_of, source_of
from reconciler.backfill.hand import LOCK_SECONDS, Hand, Stopped, awake, heard, save, slept
from reconciler.backfill.ledger import PROGRESS
from reconciler.backfill.work import Work
from reconciler.backfill.writing import carried, removed
from reconciler.dialects.base import DatabaseError, Dialect, Session
from reconciler.dialects.bulk import RETRY
from reconciler.dialects.capturing import Capture
from reconciler.execute.ledger import Ledger
from reconciler.model.backfills import Backfill
from reconciler.model.names import BESIDE, CAPTURE, helper_name, kin, kindred
from reconciler.model.objects import Column

# Seconds for which one tries to get at a table that is in use, and between two tries.
_PATIENCE, _PAUSE = 300.0, 0.5
# States in which nothing is to be carried along any more.
_OVER = ("done", "cancelled")


def held(hand: Hand) -> None:
    """See to it that all is caught that is written from now on; work whose triggers are gone begins anew.

    Raises Stopped where the table is in use for too long.
    """
    work = hand.work
    if not work.backfill.captures:
        return
    names = set(_names(work.ledger.project, work.backfill, work.digest).values())
    found = work.target.dialect.bulk().capturing.found(hand.session, work.ledger.prefix)
    if hand.row.pass_ and all(name in found and found[name].fires for name in names):
        return
    ledger.forget(hand.session, work.ledger, work.backfill.ref.name, work.backfill.generation)
    # Whoever is killed here finds nothing bounded, and makes them again.
    hand.others = tuple
    save(hand, replace(hand.row, pass_="", at_key="", to_key="", rows_read=0, rejected=0, poisoned=0))
    _patiently(hand, work.target.dialect.bulk().capturing.made(_capture(work)))


def _patiently(hand: Hand, statements: Iterable[str]) -> None:
    """Carry statements out that need a table for themselves for a moment: each who comes behind them waits too."""
    bulk, end, texts = hand.work.target.dialect.bulk(), time.monotonic() + _PATIENCE, tuple(statements)
    while True:
        try:
            bulk.capturing.changed(hand.session, texts, LOCK_SECONDS)
        except DatabaseError as error:
            if error.lost or bulk.failure(error) != RETRY:
                raise
            if time.monotonic() > end:
                raise Stopped("paused", f"{source_of(hand.work)} is in use: {error.message}") from error
            slept(hand, _PAUSE, f"waiting for {source_of(hand.work)}: {error.message}")
            heard(hand)
        else:
            awake(hand)
            return


def released(hand: Hand) -> None:
    """Remove the triggers of work that is over; where that cannot be had now, the next run does it."""
    if not hand.work.backfill.captures:
        return
    names = set(_names(hand.work.ledger.project, hand.work.backfill, hand.work.digest).values())
    _dropped(hand.work.target.dialect, hand.session, hand.work.ledger, lambda name: name in names)


def cleared(dialect: Dialect, session: Session, place: Ledger, declared: Iterable[tuple[Backfill, str]]) -> None:
    """Remove every trigger of this kind that nobody needs: its work is over, or nobody declares it like that any more.

    Args:
        dialect, session: the database; its lock is held.
        place: where its ledger is, which knows the work of other projects too.
        declared: the backfills that are, with their digests.
    """
    found = dialect.bulk().capturing.found(session, place.prefix)
    if not found:
        return
    wanted = {(one.ref.name, one.generation, digest): one for one, digest in declared if one.captures}
    kept: set[str] = set()
    for project, name, generation, digest, state in ledger.every(session, place):
        if state not in _OVER and (project != place.project or (name, generation, digest) in wanted):
            kept.update(_named(project, name, generation, digest).values())
    _dropped(dialect, session, place, lambda name: name not in kept and not (_stays(name) and found[name].fires))


def loosened(dialect: Dialect, session: Session, place: Ledger, helpers: Iterable[str]) -> None:
    """Remove the triggers that fill helpers which are to go: what they read may go, or be named otherwise, before."""
    kinds = {kin(helper) for helper in helpers}
    if kinds:
        _dropped(dialect, session, place, lambda name: _stays(name) and kin(name) in kinds)


def _stays(name: str) -> bool:
    """Say whether a trigger fills a helper: it goes with that, else writers would fill what is not there any more."""
    return name.endswith(BESIDE)


def _dropped(dialect: Dialect, session: Session, place: Ledger, which: Callable[[str], bool]) -> None:
    capturing = dialect.bulk().capturing
    found = capturing.found(session, place.prefix)
    for name in sorted(filter(which, found)):
        with suppress(DatabaseError):
            capturing.changed(session, (found[name].drop,), LOCK_SECONDS)


def _names(project: str, backfill: Backfill, digest: str) -> Mapping[str, str]:
    if backfill.beside:
        return {event: kindred(backfill.beside, f"{event}{BESIDE}") for event in backfill.captures}
    found = _named(project, backfill.ref.name, backfill.generation, digest)
    return {event: found[event] for event in backfill.captures}


def _named(project: str, name: str, generation: int, digest: str) -> Mapping[str, str]:
    """Return the names of all triggers that a definition may have: another definition has others."""
    subject = "\n".join((project, name, str(generation), digest))
    return {event: helper_name(subject, f"{event}{CAPTURE}") for event in ("insert", "update", "delete")}


def _capture(work: Work) -> Capture:
    """Return what is to happen with each row that somebody writes."""
    backfill, quote, text = work.backfill, work.target.dialect.quote, work.target.dialect.bulk().literal
    columns = work.source.model.children(backfill.source.table, Column)
    turn = f"SELECT 1 FROM {work.ledger.prefix}{PROGRESS} WHERE project = {text(work.ledger.project)}"
    capture = Capture(
        names=_names(work.ledger.project, backfill, work.digest), place=work.ledger.prefix, table=source_of(work),
        alias=alias_of(work), columns=tuple(quote(one.ref.name) for one in columns if one.generated is None),
        key=tuple(map(quote, backfill.source.key)), carried={},
        turn=f"{turn} AND name = {text(backfill.ref.name)}",
    )  # fmt: skip
    if (update := backfill.update) is not None:
        said = [one for one in update.assignments if backfill.beside in ("", one.column)]
        sets = tuple((quote(one.column), one.value.text) for one in said)
        if backfill.beside:  # any other column may go while these triggers stay
            read = tuple(name for name in capture.columns if any(name in text for _, text in sets))
            capture = replace(capture, columns=read)
        conditions = [f"({one.text})" for one in (backfill.source.where, update.where) if one is not None]
        return replace(capture, sets=sets, where=" AND ".join(conditions) or "1 = 1")
    return replace(capture, carried=_carried(work, capture))


def _carried(work: Work, capture: Capture) -> Mapping[str, tuple[str, ...]]:
    written, new, old = work.backfill.insert_select, capture.row("NEW"), capture.row("OLD")
    assert written is not None, "nothing else is carried along"
    write = carried(work, written, new)
    moved = (removed(work, written, old, new),) if work.backfill.deletes == "mirror" else ()
    return {"insert": (write,), "update": (*moved, write), "delete": (removed(work, written, old, ""),)}
