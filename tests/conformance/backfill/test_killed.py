"""Killed at random moments, again and again, while somebody writes: every row is there once. Torn apart, it is not."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reconciler.execute.failpoints import BACKFILL_POINTS
from reconciler.model.backfills import Backfill, Chunk, Idempotency
from tests.conformance.backfill.at_work import copied, source, sums
from tests.conformance.backfill.child import start
from tests.target import Target

ROWS, KILLS = 20_000, 6
# D1 is asked over HTTP: fewer portions, each larger.
QUICK = {"d1": Chunk(size=1500, minimum=1200, maximum=2000), "": Chunk(size=400, minimum=300, maximum=500)}


def _tables(target: Target, rows: int) -> None:
    key = "INTEGER PRIMARY KEY" if target.dialect in ("sqlite", "d1") else "BIGINT PRIMARY KEY"
    target.execute(
        f"CREATE TABLE logs (id {key}, user_id BIGINT NOT NULL, reason VARCHAR(20) NOT NULL, delta BIGINT NOT NULL);"
        "CREATE TABLE balances (user_id BIGINT NOT NULL, bucket VARCHAR(20) NOT NULL, amount BIGINT NOT NULL,"
        " PRIMARY KEY (user_id, bucket));"
        f"CREATE TABLE events (id {key}, body VARCHAR(40));"
        # Without a key: what is written twice is there twice.
        "CREATE TABLE facts (event_id BIGINT NOT NULL, body VARCHAR(40), kind VARCHAR(10));"
    )
    for first in range(0, rows, 2000):
        numbers = range(first + 1, min(first + 2000, rows) + 1)
        target.execute(
            f"INSERT INTO logs VALUES {', '.join(f'({n * 2}, {n % 50}, {_reason(n)}, {n})' for n in numbers)};"
        )
        target.execute(f"INSERT INTO events VALUES {', '.join(f'({n}, {n})' for n in numbers)};")


def _reason(number: int) -> str:
    return "'grant'" if number % 2 else "'use'"


def _works(target: Target) -> list[Backfill]:
    chunk = QUICK.get(target.dialect, QUICK[""])
    once = Idempotency(strategy="cursor", confirmed="a test")
    plain = copied(idempotency=once, source=source("events"), chunk=chunk, workers=2)
    summed = sums(chunk=chunk, source=source("logs", live_writes="dual_write"))
    return [plain, summed]


@contextmanager
def _written(target: Target) -> Iterator[None]:
    """Let an application write meanwhile, between the keys that are worked off; it claims what it writes itself."""
    opening, closing = {"d1": ("", ""), "sqlite": ("BEGIN IMMEDIATE;", "COMMIT;")}.get(
        target.dialect, ("START TRANSACTION;", "COMMIT;")
    )
    add = "ON CONFLICT (user_id, bucket) DO UPDATE SET amount = balances.amount + 3;"
    if target.dialect in ("mysql", "mariadb"):
        add = "ON DUPLICATE KEY UPDATE amount = amount + 3;"
    ended = threading.Event()

    def write() -> None:
        for number in random.sample(range(ROWS), ROWS):
            if ended.is_set():
                return
            key = number * 2 + 1
            target.execute(
                f"{opening} INSERT INTO logs VALUES ({key}, {number % 50}, 'use', 3);"
                f"INSERT INTO _reconcile_applied VALUES ('logs_to_balances', '{key}', 'app');"
                f"INSERT INTO balances VALUES ({number % 50}, 'used', 3) {add} {closing}"
            )
            time.sleep(0.005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_killed_at_random_while_somebody_writes(target: Target) -> None:
    _tables(target, ROWS)
    works = _works(target)
    process = start(target, works, failpoint="batch_committed:hit=2:kill")  # the ledger's tables are there then
    process.join(60)
    assert process.exitcode == -9
    killed = 0
    with _written(target):
        for attempt in range(100):
            process = start(target, works)
            if attempt < KILLS:
                process.join(random.uniform(0.05, 0.5))
                process.kill()
            process.join(120)
            killed += process.exitcode == -9
            if process.exitcode == 0:
                break
            assert process.exitcode == -9, "it stopped by itself"
    assert killed
    assert target.query("SELECT count(*), count(DISTINCT event_id), min(event_id), max(event_id) FROM facts") == [
        (ROWS, ROWS, 1, ROWS)
    ]
    expected = target.query(
        "SELECT user_id, CASE reason WHEN 'use' THEN 'used' ELSE 'granted' END AS b, sum(delta) FROM logs GROUP BY 1, 2"
    )
    assert sorted((user, bucket, int(amount)) for user, bucket, amount in expected) == sorted(
        map(tuple, target.query("SELECT user_id, bucket, amount FROM balances"))
    )
    claimed = target.query("SELECT count(*) FROM _reconcile_applied")
    assert claimed == target.query("SELECT count(*) FROM logs")


@pytest.mark.parametrize("together", ["", "torn_apart"])
def test_the_proof_can_fail(target: Target, together: str) -> None:
    """Rows and cursor in two transactions (on D1 two batches): whoever dies between them writes the rows twice."""
    _tables(target, 1000)
    plain = [replace(_works(target)[0], chunk=Chunk(size=100, minimum=100, maximum=100))]
    process = start(target, plain, failpoint="batch_rows:hit=3:kill", together=together)
    process.join(60)
    assert process.exitcode == -9
    process = start(target, plain, together=together)
    process.join(60)
    assert process.exitcode == 0
    ((rows, distinct),) = target.query("SELECT count(*), count(DISTINCT event_id) FROM facts")
    assert distinct == 1000
    assert (rows > 1000) == bool(together)


@pytest.mark.parametrize("point", BACKFILL_POINTS)
def test_killed_at_every_point(sqlite: Target, point: str) -> None:
    _tables(sqlite, 500)
    works = _works(sqlite)
    process = start(sqlite, works, failpoint=f"{point}:kill")
    process.join(60)
    assert process.exitcode == -9
    process = start(sqlite, works)
    process.join(60)
    assert process.exitcode == 0
    assert sqlite.query("SELECT count(*), count(DISTINCT event_id) FROM facts") == [(500, 500)]
    assert sqlite.query("SELECT sum(amount) FROM balances") == sqlite.query("SELECT sum(delta) FROM logs")
