"""Each strategy moves each row once, on every database: run again it does nothing, and what was left out is told."""

from __future__ import annotations

from reconciler.backfill import ledger
from reconciler.backfill.run import carry_out, estimate
from reconciler.model.backfills import Backfill, Chunk, Standing
from tests.conformance.backfill.at_work import copied, doubled, ledger_of, sums, work_on
from tests.target import Target

SMALL = Chunk(size=7, minimum=3, maximum=11)
LOGS = 60


def _tables(target: Target) -> None:
    key = "INTEGER PRIMARY KEY" if target.dialect in ("sqlite", "d1") else "BIGINT PRIMARY KEY"
    target.execute(
        f"CREATE TABLE logs (id {key}, user_id BIGINT NOT NULL, reason VARCHAR(20) NOT NULL, delta BIGINT NOT NULL);"
        "CREATE TABLE balances (user_id BIGINT NOT NULL, bucket VARCHAR(20) NOT NULL, amount BIGINT NOT NULL,"
        " PRIMARY KEY (user_id, bucket));"
        f"CREATE TABLE events (id {key}, body VARCHAR(40));"
        "CREATE TABLE facts (event_id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(40), kind VARCHAR(10));"
        f"CREATE TABLE numbers (id {key}, a BIGINT, b BIGINT);"
    )
    reasons = {0: "use", 1: "grant", 2: "grant"}
    logs = ", ".join(f"({n}, {n % 4}, '{reasons[n % 3]}', {n})" for n in range(1, LOGS + 1))
    target.execute(f"INSERT INTO logs VALUES {logs};")
    target.execute(f"INSERT INTO events VALUES {', '.join(f'({n}, {n * 3})' for n in range(1, 41))};")
    target.execute(f"INSERT INTO numbers VALUES {', '.join(f'({n * 2}, {n}, NULL)' for n in range(-20, 21))};")


def _run(target: Target, backfill: Backfill, *, digest: str = "d") -> Standing:
    with work_on(target, backfill, digest=digest) as work:
        return carry_out(work).standing


def test_every_strategy_does_each_row_once(target: Target) -> None:
    _tables(target)
    expected = (
        "SELECT user_id, CASE reason WHEN 'use' THEN 'used' ELSE 'granted' END, sum(delta) FROM logs GROUP BY 1, 2"
    )
    balances = "SELECT user_id, bucket, amount FROM balances"
    for again in range(2):
        done = _run(target, sums(chunk=SMALL, generation=1 + again))
        assert (done.state, done.reason) == ("done", "")
        assert sorted(map(tuple, target.query(balances))) == sorted(
            (user, bucket, int(amount)) for user, bucket, amount in target.query(expected)
        )
        assert done.read == LOGS
        assert (done.written > 0) == (not again)
        copy = _run(target, copied(chunk=SMALL, generation=1 + again))
        assert (copy.state, copy.read, copy.written) == ("done", 40, 0 if again else 40), copy
        assert target.query("SELECT count(*), min(kind), max(body) FROM facts") == [(40, "it's", "99")]
        changed = _run(target, doubled(chunk=SMALL, generation=1 + again))
        assert (changed.state, changed.read, changed.written) == ("done", 41, 0 if again else 41), changed
        assert target.query("SELECT count(*) FROM numbers WHERE b = a * 2") == [(41,)]
    with work_on(target, sums()) as work:
        assert estimate(work) is not None
        assert {name: one.generation for name, one in ledger.standings(work.target.session, work.ledger).items()} == {
            "doubled": 2, "events_to_facts": 2, "logs_to_balances": 2,
        }  # fmt: skip
    assert ledger_of(target).project == "tests"


def test_rows_that_meet_no_condition_are_told_and_not_moved(target: Target) -> None:
    """And what the example of the specification verifies holds: every row is claimed or left out."""
    _tables(target)
    target.execute("INSERT INTO logs VALUES (1000, 1, 'gift', 5), (1001, 1, 'gift', 5), (1002, 2, 'use', 1);")
    done = _run(target, sums(chunk=SMALL))
    assert (done.state, done.rejected) == ("done", 2)
    assert sorted(target.query("SELECT backfill, source_key, reason FROM __rc_rejects")) == [
        ("logs_to_balances", "1000", "no condition of bucket is met"),
        ("logs_to_balances", "1001", "no condition of bucket is met"),
    ]
    key = "CAST(q.id AS char(20))" if target.dialect in ("mysql", "mariadb") else "CAST(q.id AS text)"
    unaccounted = f"""
        SELECT q.id FROM logs q
        LEFT JOIN _reconcile_applied a ON a.backfill = 'logs_to_balances' AND a.source_key = {key}
        LEFT JOIN __rc_rejects r ON r.backfill = 'logs_to_balances' AND r.source_key = {key}
        WHERE a.source_key IS NULL AND r.source_key IS NULL"""
    assert target.query(unaccounted) == []
    moved = f"SELECT sum(q.delta) FROM logs q JOIN _reconcile_applied a ON a.source_key = {key}"
    assert target.query(moved) == target.query("SELECT sum(amount) FROM balances")
