"""A backfill is stopped and goes on where it was: asked from elsewhere, interrupted, cut off, held back, or waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from reconciler import dialects
from reconciler.backfill import hand, ledger
from reconciler.backfill.run import carry_out
from reconciler.backfill.throttles import refused
from reconciler.backfill.work import Watch
from reconciler.dialects import base
from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import Portion
from reconciler.execute import failpoints, interrupt
from reconciler.model.backfills import Backfill, Chunk, OnError, Rejects, Standing, Throttle
from reconciler.model.values import Sql
from tests.conformance.backfill.at_work import copied, ledger_of, source, sums, work_on
from tests.conformance.backfill.child import carried_out_by
from tests.target import Target, mysql_connection

SMALL = Chunk(size=5, minimum=5, maximum=5)
ROWS = 40


def _tables(target: Target) -> None:
    key = "INTEGER PRIMARY KEY" if target.dialect in ("sqlite", "d1") else "BIGINT PRIMARY KEY"
    target.execute(
        f"CREATE TABLE events (id {key}, body VARCHAR(40));"
        "CREATE TABLE facts (event_id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(40), kind VARCHAR(10));"
    )
    target.execute(f"INSERT INTO events VALUES {', '.join(f'({n}, {n})' for n in range(1, ROWS + 1))};")


def _asked(target: Target, word: str) -> None:
    """Ask something of the backfill as another machine would: without the lock of runs."""
    dialect = dialects.dialect(target.dialect)
    where = base.Target(dialect=dialect.name, url=target.url, label="here", access="write")
    with closing(dialect.connect(where)) as session:
        assert ledger.want(dialect, session, ledger_of(target), "events_to_facts", word)


def _standing(target: Target) -> Standing:
    dialect = dialects.dialect(target.dialect)
    with closing(dialect.connect(base.Target(dialect=dialect.name, url=target.url, label="here"))) as session:
        return ledger.standings(session, ledger_of(target))["events_to_facts"]


def _run(target: Target, backfill: Backfill, watch: Watch | None = None) -> Standing:
    with work_on(target, backfill, watch=watch) as work:
        return carry_out(work).standing


def _after(batches: int, do: Callable[[], None]) -> Watch:
    def advanced(standing: Standing) -> None:
        if standing.batches == batches and standing.state == "running":
            do()

    return Watch(advanced=advanced)


def test_a_pause_from_elsewhere_stops_after_the_batch_and_it_goes_on_where_it_was(target: Target) -> None:
    _tables(target)
    work = copied(chunk=SMALL)
    paused = _run(target, work, _after(3, lambda: _asked(target, "pause")))
    assert (paused.state, paused.batches, paused.read, paused.cursor) == ("paused", 3, 15, "[15]")
    assert replace(_standing(target), updated_at=paused.updated_at) == paused
    assert _run(target, work).state == "paused"
    assert target.query("SELECT count(*) FROM facts") == [(15,)]
    _asked(target, "run")
    cancelled = _run(target, work, _after(4, lambda: _asked(target, "cancel")))
    assert (cancelled.state, cancelled.batches) == ("cancelled", 4)
    _asked(target, "run")
    done = _run(target, work)
    assert (done.state, done.read, done.written, done.batches) == ("done", ROWS, ROWS, ROWS // 5)
    # Begun anew, because its definition is another one.
    with work_on(target, work, digest="another") as anew:
        assert carry_out(anew).standing.written == 0
    assert ledger.standings(dialects.dialect("sqlite").connect(_nowhere()), ledger_of(target)) == {}


def _nowhere() -> base.Target:
    return base.Target(dialect="sqlite", url="sqlite://", label="")


def test_a_wish_to_end_waits_for_the_batch(sqlite: Target) -> None:
    _tables(sqlite)
    interrupt.forget()
    try:
        with pytest.raises(KeyboardInterrupt):
            _run(sqlite, copied(chunk=SMALL), _after(2, lambda: setattr(interrupt._STATE, "wish", KeyboardInterrupt)))
    finally:
        interrupt.forget()
    stopped = _standing(sqlite)
    assert (stopped.state, stopped.batches) == ("interrupted", 2)
    assert _run(sqlite, copied(chunk=SMALL)).read == ROWS


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_a_commit_of_which_nobody_knows_is_looked_for(
    server: str, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.target import fresh

    with fresh(server, tmp_path) as target:
        _tables(target)
        together, calls = dialects.dialect(server).bulk().together, iter(range(100))

        def cut(session: Session, portion: Portion) -> Mapping[str, int]:
            if next(calls) != 2:
                return together(session, portion)
            if kept:
                together(session, portion)
            session.abandon()
            raise DatabaseError("the connection was lost", lost=True)

        with work_on(target, copied(chunk=SMALL)) as work:
            done = carry_out(carried_out_by(work, cut)).standing
        assert (done.state, done.read, done.written, done.batches) == ("done", ROWS, ROWS, ROWS // 5)
        monkeypatch.setattr(failpoints, "_POINT", failpoints._Armed("batch_cursor", "drop_conn", 2))
        again = _run(target, copied(chunk=SMALL, generation=2))
        assert (again.state, again.read, again.written) == ("done", ROWS, 0)


@pytest.mark.parametrize("server", ["postgres", "mysql", "mariadb", "sqlite"])
def test_who_waits_for_a_lock_in_vain_tries_again(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one holds a row that is to be written, until we say that we wait for it."""
    from tests.target import fresh

    monkeypatch.setattr(hand, "LOCK_SECONDS", 0.2)
    with fresh(server, tmp_path) as target:
        _tables(target)
        other = _connection(target)
        other.execute("BEGIN IMMEDIATE" if server == "sqlite" else "BEGIN")
        other.execute("INSERT INTO facts VALUES (17, 'theirs', 'x')")
        told: list[str] = []

        def waiting(sentence: str) -> None:
            told.append(sentence)
            if sentence:
                other.execute("COMMIT")

        watch = Watch(waiting=waiting)
        if server == "sqlite":  # nobody else writes at all, the ledger neither: it begins in the middle
            other.execute("ROLLBACK")
            watch = replace(_after(2, lambda: None if told else other.execute("BEGIN IMMEDIATE")), waiting=waiting)
        done = _run(target, copied(chunk=SMALL, on_error=OnError(retries=3)), watch)
        assert (done.state, done.read) == ("done", ROWS)
        assert any("trying again" in sentence for sentence in told)
        assert target.query("SELECT count(*) FROM facts") == [(ROWS,)]
        other.close()


def _connection(target: Target) -> Any:
    if target.dialect == "sqlite":
        import sqlite3

        return sqlite3.connect(target.url.removeprefix("sqlite:///"), isolation_level=None)
    if target.dialect == "postgres":
        import psycopg

        return psycopg.connect(target.url, autocommit=True)
    return mysql_connection(target.url).cursor()


@pytest.mark.parametrize("server", ["postgres", "mysql", "mariadb"])
def test_what_is_committed_late_is_found(server: str, tmp_path: Path) -> None:
    """A key below the upper bound, of a transaction that is still at work when the cursor passes it."""
    from tests.target import fresh

    with fresh(server, tmp_path) as target, closing(_connection(target)) as late:
        _tables(target)
        target.execute("DELETE FROM events WHERE id = 7;")
        late.execute("BEGIN")
        late.execute("INSERT INTO events VALUES (7, 'late')")
        told: list[str] = []

        def waiting(sentence: str) -> None:
            told.append(f"{sentence}: {target.query('SELECT count(*) FROM facts')}")
            late.execute("COMMIT")

        done = _run(target, copied(chunk=SMALL), Watch(waiting=waiting))
        assert (done.state, done.written) == ("done", ROWS)
        # The main pass was over. Others may be at work on the same server, and are waited for too.
        assert told[0].startswith("waiting for")
        assert told[-1].startswith(": ")  # it is over
        assert told[0].endswith(f": [({ROWS - 1},)]")
        assert target.query("SELECT body FROM facts WHERE event_id = 7") == [("late",)]
        # Without anything that tells what is missing, one waits before.
        target.execute("DELETE FROM events WHERE id = 7; DELETE FROM facts;")
        late.execute("BEGIN")
        late.execute("INSERT INTO events VALUES (7, 'late')")
        patient = copied("cursor", chunk=SMALL, settle=0.1)
        paused = _run(target, patient)
        assert paused.state == "paused"
        assert "began before" in paused.reason
        late.execute("COMMIT")
        assert _run(target, replace(patient, settle=20.0)).written == ROWS


def test_two_workers_do_what_one_does(target: Target) -> None:
    """Each in its range, with its cursor; paused in the middle, and gone on with by both. One file has one writer."""
    _tables(target)
    many = ", ".join(f"({n}, {n})" for n in range(101, 101 + 5 * ROWS))
    target.execute(f"INSERT INTO events VALUES {many};")
    if target.dialect == "postgres":
        target.execute("ANALYZE events;")
    if target.dialect in ("mysql", "mariadb"):
        target.query("ANALYZE TABLE events")
    both = copied(chunk=Chunk(size=10, minimum=10, maximum=10), workers=2)
    paused = _run(target, both, Watch(advanced=lambda one: _asked(target, "pause") if one.batches == 6 else None))
    assert paused.state == "paused"
    assert 40 <= paused.read < 6 * ROWS  # a step over a gap has fewer
    _asked(target, "run")
    done = _run(target, both)
    assert (done.state, done.read, done.written, done.upper) == ("done", 6 * ROWS, 6 * ROWS, f"[{100 + 5 * ROWS}]")
    assert target.query("SELECT count(*) FROM facts") == [(6 * ROWS,)]
    shards = {shard for (shard,) in target.query("SELECT shard FROM _reconcile_backfill")}
    assert shards == ({0} if target.dialect in ("sqlite", "d1") else {0, 1, 2})
    assert _run(target, replace(both, generation=2)).written == 0


def test_workers_count_rejects_together(postgres: Target) -> None:
    """Each of the two has as many as are allowed to both."""
    rows = ", ".join(f"({n}, 1, '{'odd' if n % 20 == 0 else 'use'}', 1)" for n in range(1, 201))
    postgres.execute(
        "CREATE TABLE logs (id BIGINT PRIMARY KEY, user_id BIGINT, reason VARCHAR(20), delta BIGINT);"
        "CREATE TABLE balances (user_id BIGINT, bucket VARCHAR(20), amount BIGINT, PRIMARY KEY (user_id, bucket));"
        f"INSERT INTO logs VALUES {rows}; ANALYZE logs;"
    )
    work = sums(chunk=SMALL, workers=2, rejects=Rejects(most=5))
    paused = _run(postgres, work)
    assert (paused.state, paused.rejected > 5) == ("paused", True)
    done = _run(postgres, replace(work, rejects=Rejects(most=10)))
    assert (done.state, done.rejected, done.read) == ("done", 10, 200)
    assert postgres.query("SELECT amount FROM balances") == [(190,)]


def test_what_is_added_meanwhile_is_done_too(sqlite: Target) -> None:
    _tables(sqlite)
    growing = copied(chunk=SMALL, source=source("events", live_writes="append_only"))
    added = _after(2, lambda: sqlite.execute("INSERT INTO events VALUES (100, 'new');"))
    assert _run(sqlite, growing, added).written == ROWS + 1
    frozen = copied(chunk=SMALL, source=source("events", live_writes="frozen"), generation=2)
    touched = _after(2, lambda: sqlite.execute("INSERT INTO events VALUES (101, 'new');"))
    failed = _run(sqlite, frozen, touched)
    assert (failed.state, "frozen" in failed.reason) == ("failed", True)
    bounded = copied(chunk=SMALL, source=source("events", bound="sql", upper=Sql("SELECT 12")), generation=3)
    assert _run(sqlite, bounded).read == 12


@contextmanager
def _answering(*statuses: int) -> Iterator[str]:
    """Answer with each of these once, and then with the last one."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # its name there
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/may-i"
        finally:
            server.shutdown()
            thread.join()


def test_throttles_hold_it_back(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.backfill import throttles

    monkeypatch.setattr(throttles, "INTERVAL", 0.01)
    _tables(target)
    file = tmp_path / "stop"
    file.write_text("")
    told: list[str] = []

    def waiting(sentence: str) -> None:
        told.append(sentence)
        if "is there" in sentence:
            file.unlink()
        if "query" in sentence:
            target.execute("DELETE FROM facts WHERE event_id = -1;")

    target.execute("INSERT INTO facts VALUES (-1, 'busy', 'x');")
    busy = Sql("SELECT count(*) FROM facts WHERE event_id = -1")
    with _answering(503, 200) as url:
        held = (
            Throttle(kind="file", path=str(file)), Throttle(kind="query", query=busy), Throttle(kind="http", path=url)
        )  # fmt: skip
        done = _run(target, copied(chunk=SMALL, throttle=held), Watch(waiting=waiting))
    assert "127.0.0.1 answers 503" in told
    assert done.state == "done"
    assert done.waited > 0
    assert told[0].endswith("is there")
    assert "the query of a throttle says 1" in told
    assert told[-1] == ""


def test_measurements_hold_it_back(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.backfill import throttles

    monkeypatch.setattr(throttles, "INTERVAL", 0.01)
    _tables(target)
    dialect = dialects.dialect(target.dialect)
    for metric in (*dialect.bulk().loads, *dialect.bulk().rates):
        load = Throttle(kind="load", metric=metric, most=1e12, critical=-1.0)
        assert refused(dialect, load) == ""
        paused = _run(target, copied(chunk=SMALL, throttle=(load,), generation=2))
        assert (paused.state, "above the critical -1" in paused.reason) == ("paused", True), paused
    lag = Throttle(kind="replica_lag", most=5.0)
    assert bool(refused(dialect, lag)) == (target.dialect in ("sqlite", "d1"))
    lagging = _run(target, copied(chunk=SMALL, throttle=(lag,), generation=3))
    reason = refused(dialect, lag) or ("is no replica" if dialect.bulk().distant else "")
    assert (lagging.state, reason in lagging.reason) == ("failed" if reason else "done", True), lagging
    assert bool(refused(dialect, replace(lag, database="replica"))) != dialect.bulk().distant
    assert refused(dialect, Throttle(kind="load", metric="noise"))
    assert refused(dialect, Throttle(kind="window", zone="Nowhere/City"))
