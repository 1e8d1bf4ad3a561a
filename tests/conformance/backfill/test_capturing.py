"""Triggers carry live writes along while a backfill is killed again and again: in the end target and source agree."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reconciler import dialects
from reconciler.backfill import captures, run
from reconciler.backfill.work import Watch
from reconciler.dialects.capturing import Caught
from reconciler.execute.failpoints import BACKFILL_POINTS
from reconciler.model.backfills import (
    Assignment,
    Backfill,
    Case,
    Chunk,
    Classification,
    Idempotency,
    InsertSelect,
    Mapped,
    Standing,
    Update,
    Verification,
)
from reconciler.model.values import Literal, Sql
from tests.conformance.backfill.at_work import ref, source, table, work_on
from tests.conformance.backfill.child import start
from tests.target import Target

ROWS, KILLS = 2_000, 2
CHUNK = {"d1": Chunk(size=400, minimum=300, maximum=500), "": Chunk(size=60, minimum=40, maximum=80)}
# Of the rows with a user; the others are no business of the work.
EXPECTED = """
SELECT id * 2, upper(body), CASE WHEN user_id < 5 THEN 'low' ELSE 'high' END FROM events WHERE user_id IS NOT NULL"""
WRONG = "SELECT id FROM events WHERE user_id IS NOT NULL AND (shouted IS NULL OR shouted <> upper(body))"


def _tables(target: Target, rows: int = ROWS) -> None:
    key = "INTEGER PRIMARY KEY" if target.dialect in ("sqlite", "d1") else "BIGINT PRIMARY KEY"
    target.execute(
        f"CREATE TABLE events (id {key}, user_id BIGINT, body VARCHAR(40), shouted VARCHAR(40));"
        f"CREATE TABLE facts (event_id {key}, body VARCHAR(40), class VARCHAR(10) NOT NULL);"
    )
    for first in range(0, rows, 1500):
        numbers = range(first + 1, min(first + 1500, rows) + 1)
        target.execute(f"INSERT INTO events VALUES {', '.join(f'({n}, {n % 10}, {_word(n)}, NULL)' for n in numbers)};")


def _word(number: int) -> str:
    return f"'it''s {number}'"


def _mirrored(target: Target, **more: object) -> Backfill:
    """Return the work that keeps a row of each row that has a user, whatever becomes of it."""
    columns = (
        Mapped(column="event_id", expression=Sql("events.id * 2")),
        Mapped(column="body", expression=Sql("upper(body)")),
        Mapped(column="class", classification="class"),
    )
    low = Case(when=Sql("user_id < 5"), then=Literal("low"))
    classes = (Classification(name="class", cases=(low,), otherwise=Literal("high")),)
    found = Backfill(
        ref=ref("mirrored"), source=source("events", where="user_id IS NOT NULL", live_writes="trigger"),
        idempotency=Idempotency(strategy="target_key", key=("event_id",), on_conflict="update"),
        insert_select=InsertSelect(into=table("facts"), columns=columns, classify=classes), deletes="mirror",
        chunk=CHUNK.get(target.dialect, CHUNK[""]),
        verify=(
            Verification(
                name="same", kind="equal", left=Sql(EXPECTED), right=Sql("SELECT event_id, body, class FROM facts")
            ),
        ),
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def _shouted(target: Target) -> Backfill:
    """Return the work that changes the rows themselves."""
    return Backfill(
        ref=ref("shouted"), source=source("events", live_writes="trigger"),
        idempotency=Idempotency(strategy="converge"), capture="before_write",
        update=Update(assignments=(Assignment(column="shouted", value=Sql("upper(body)")),),
                      where=Sql("user_id IS NOT NULL")),
        chunk=CHUNK.get(target.dialect, CHUNK[""]),
        verify=(Verification(name="all", kind="zero_rows", left=Sql(WRONG), right=Sql(WRONG)),),
    )  # fmt: skip


@contextmanager
def _written(target: Target) -> Iterator[list[str]]:
    """Let an application add, change, move and delete rows meanwhile, all over the keys; what it meets is returned."""
    ended, met = threading.Event(), list[str]()
    chance = random.Random(7)

    def write() -> None:
        fresh = ROWS
        while not ended.is_set():
            fresh += 1
            some = chance.sample(range(1, fresh), 6)
            texts = [
                f"INSERT INTO events (id, user_id, body) VALUES ({fresh}, {fresh % 10}, 'new')",
                f"UPDATE events SET body = 'changed {fresh}', user_id = 3 WHERE id = {some[0]}",
                f"UPDATE events SET user_id = NULL WHERE id = {some[1]}",
                f"DELETE FROM events WHERE id IN ({some[2]}, {some[3]})",
                f"UPDATE events SET id = {fresh + 1_000_000} WHERE id = {some[4]}",
            ]
            if target.dialect in ("postgres", "mysql", "mariadb"):  # several of them at once, in one transaction
                texts = ["START TRANSACTION", *texts, "COMMIT"]
            try:
                target.execute("; ".join(texts) + ";")
            except Exception as error:  # a deadlock or a busy file is the application's to repeat
                met.append(str(error))
                _over(target)
            time.sleep(0.01)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield met
    finally:
        ended.set()
        thread.join()


def _over(target: Target) -> None:
    if target.dialect in ("postgres", "mysql", "mariadb"):
        target.execute("ROLLBACK;")


def _triggers(target: Target) -> dict[str, Caught]:
    """Return the helper triggers that are there."""
    dialect = dialects.dialect(target.dialect)
    with work_on(target, _shouted(target)) as work:
        return dict(dialect.bulk().capturing.found(work.target.session, work.ledger.prefix))


def test_killed_at_random_while_somebody_adds_changes_and_deletes(target: Target) -> None:
    _tables(target)
    hits = 2 if target.dialect == "d1" else 8
    with _written(target) as met:
        for work in (_mirrored(target), _shouted(target)):
            for _ in range(KILLS if work.update is None else 1):
                point = random.choice(("batch_rows", "batch_cursor", "batch_committed"))
                _killed(target, work, f"{point}:hit={random.randint(1, hits)}:kill", met)
            # Proven while somebody writes, and killed before the triggers are gone.
            _killed(target, work, "backfill_done:kill", met)
    assert _agree(target)
    assert target.query("SELECT count(*) FROM events WHERE body LIKE 'changed%'") != [(0,)]
    assert not [text for text in met if "lock" not in text.lower()], met
    assert len(_triggers(target)) == 5
    with work_on(target, _shouted(target)) as prepared:
        side = prepared.target
        assert not [ref for ref in side.model if "__rc_" in str(ref)]  # they are no drift
        captures.cleared(side.dialect, side.session, prepared.ledger, [(prepared.backfill, "d")])
    assert not _triggers(target)


def _killed(target: Target, backfill: Backfill, failpoint: str, met: list[str]) -> None:
    process = start(target, [backfill], failpoint=failpoint)
    process.join(120)
    assert process.exitcode == -9, ("it stopped by itself", failpoint, met[:3])


def _agree(target: Target) -> bool:
    facts = sorted(map(tuple, target.query("SELECT event_id, body, class FROM facts")))
    return facts == sorted(map(tuple, target.query(EXPECTED))) and not target.query(WRONG)


@pytest.mark.parametrize("live_writes", ["trigger", "append_only"])
def test_the_proof_can_fail(sqlite: Target, live_writes: str) -> None:
    """Without triggers what was changed behind the cursor stays as it was, and the verification says so."""
    _tables(sqlite, 500)
    work = _mirrored(sqlite)
    work = replace(work, source=replace(work.source, live_writes=live_writes), deletes="mirror")

    def advanced(standing: Standing) -> None:
        if standing.batches == 3:
            sqlite.execute("UPDATE events SET body = 'other' WHERE id = 1; DELETE FROM events WHERE id = 2;")

    with work_on(sqlite, work, watch=Watch(advanced=advanced)) as prepared:
        state = run.carry_out(prepared).standing.state
    assert (state, _facts_agree(sqlite)) == (("done", True) if live_writes == "trigger" else ("verify_failed", False))


def _facts_agree(target: Target) -> bool:
    return target.query("SELECT event_id, body, class FROM facts ORDER BY 1") == target.query(f"{EXPECTED} ORDER BY 1")


def test_killed_at_every_point_and_found_again(sqlite: Target) -> None:
    """The next run finds what is there and goes on with it; triggers that somebody took away are no longer believed."""
    _tables(sqlite, 300)
    for number, point in enumerate(BACKFILL_POINTS, 1):
        work = _mirrored(sqlite, generation=number)
        _killed(sqlite, work, f"{point}:kill", [])
        left = _triggers(sqlite)
        assert len(left) == 3
        sqlite.execute(f"UPDATE events SET body = 'after {point}' WHERE id IN (1, 299);")
        if point == "batch_committed":
            sqlite.execute(f"{min(left.values(), key=lambda one: one.drop).drop};")
            sqlite.execute("UPDATE events SET body = 'unseen' WHERE id = 2; DELETE FROM events WHERE id = 3;")
            sqlite.execute("DELETE FROM facts WHERE event_id = 6;")  # nobody saw it go
        process = start(sqlite, [work])
        process.join(60)
        assert process.exitcode == 0
        with work_on(sqlite, work) as prepared:
            captures.cleared(prepared.target.dialect, prepared.target.session, prepared.ledger, ())
        assert not _triggers(sqlite)
        assert _facts_agree(sqlite)
