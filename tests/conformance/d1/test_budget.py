"""A budget of rows that D1 charges for: each run of a backfill stops at it and says so, the next one goes on."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reconciler import dialects
from reconciler.backfill import throttles
from reconciler.backfill.run import carry_out
from reconciler.model.backfills import Chunk, Throttle
from tests.conformance.backfill.at_work import copied, work_on
from tests.target import Target

ROWS, PORTION, BUDGET = 60, 5, 60


def test_each_run_keeps_to_its_budget(d1: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttles, "INTERVAL", 0.0)
    d1.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, body VARCHAR(40));"
        "CREATE TABLE facts (event_id BIGINT NOT NULL PRIMARY KEY, body VARCHAR(40), kind VARCHAR(10));"
        f"INSERT INTO events VALUES {', '.join(f'({n}, {n})' for n in range(1, ROWS + 1))};"
    )
    budget = Throttle(kind="load", metric="rows_written", most=BUDGET)
    backfill = copied(chunk=Chunk(size=PORTION, minimum=PORTION, maximum=PORTION), throttle=(budget,))
    charged, read = [], [0]
    for _ in range(20):
        with work_on(d1, backfill) as work:
            found = carry_out(work).standing
            usage = work.target.dialect.usage(work.target.session)
        assert usage is not None
        charged.append(usage.rows_written)
        read.append(found.read)
        if found.state == "done":
            break
        assert found.state == "paused"
        assert f"and its budget {BUDGET}" in found.reason
    assert (found.state, found.read, found.written) == ("done", ROWS, ROWS)
    assert len(charged) > 2
    # One portion writes rows of the table, of its index and of the ledger, and only then is it known how many.
    assert max(charged) <= BUDGET + 4 * PORTION
    assert all(after > before for before, after in pairwise(read)), read
    assert d1.query("SELECT count(*), count(DISTINCT event_id) FROM facts") == [(ROWS, ROWS)]


def test_no_other_database_has_it() -> None:
    for name in ("sqlite", "postgres", "mysql", "mariadb"):
        assert "no metric" in throttles.refused(
            dialects.dialect(name), Throttle(kind="load", metric="rows_written", most=1.0)
        )
