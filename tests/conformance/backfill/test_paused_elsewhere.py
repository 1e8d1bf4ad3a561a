"""A pause from another process: the run that is going on stops after its portion, and goes on where it was."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import Target

ROWS, SIZE = 20_000, 5
TABLE = "table: {}\ncolumns: {{id: {{type: bigint, not_null: true}}}}\nprimary_key: [id]\n"
# Portions that never end where they are small; what is once larger ends soon.
WORK = """\
backfill: fill
source: {{table: events, key: [id], live_writes: frozen}}
do: {{insert_select: {{into: copies, columns: {{id: id}}}}}}
chunk: {{size: {size}, min: {size}, max: {most}}}
idempotency: {{strategy: target_key, key: [id], on_conflict: error}}
verify: [{{name: all_there, equal: {{left: select count(*) from events, right: select count(*) from copies}}}}]
"""


def test_a_pause_from_another_process(sqlite: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    project = Project(tmp_path, sqlite)
    project.apply(TABLE.format("events"), TABLE.format("copies"))
    sqlite.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
        " INSERT INTO events SELECT i FROM n"
    )
    project.plan(TABLE.format("events"), TABLE.format("copies"), WORK.format(size=SIZE, most=SIZE))
    place = ("fill", "-C", project.folder, "-e", "here")
    with ThreadPoolExecutor(1) as another:
        run = another.submit(reconcile, "backfill", "run", *place)
        while not run.done() and not _at(sqlite, "batches > 3"):
            time.sleep(0.05)
        asked = reconcile("backfill", "pause", *place).ok()
        stopped = run.result(120).ok(6)
    assert "to pause" in asked.out or "paused" in asked.out
    assert "backfill.fill is paused: somebody asked for a pause" in stopped.err
    ((batches, read, cursor),) = _at(sqlite, "state = 'paused'")
    assert 0 < read < ROWS
    assert (read, cursor) == (batches * SIZE, f"[{read}]")
    there = [(read, 1, read)]
    assert sqlite.query("SELECT count(*), min(id), max(id) FROM copies") == there
    reconcile("backfill", "run", *place).ok(6)
    assert sqlite.query("SELECT count(*), min(id), max(id) FROM copies") == there

    # Whoever reads a row again writes it again, which is an error here.
    project.plan(TABLE.format("events"), TABLE.format("copies"), WORK.format(size=SIZE, most=ROWS))
    reconcile("backfill", "resume", *place).ok()
    reconcile("backfill", "run", *place).ok()
    ((again, every, _),) = _at(sqlite, "state = 'done'")
    assert (every, again > batches) == (ROWS, True)
    assert sqlite.query("SELECT count(*), min(id), max(id) FROM copies") == [(ROWS, 1, ROWS)]


def _at(target: Target, condition: str) -> list[tuple[int, int, str]]:
    """Return portions, rows and cursor of the work where it is so; nothing before there is a ledger."""
    if not target.query("SELECT 1 FROM sqlite_schema WHERE name = '_reconcile_backfill'"):
        return []
    rows = target.query(f"SELECT batches, rows_read, at_key FROM _reconcile_backfill WHERE {condition}")
    return [(batches, read, key) for batches, read, key in rows]
