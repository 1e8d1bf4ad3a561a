"""Ctrl-C and SIGTERM: the first ends after the statement at hand, the second at once; nothing stays locked."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pytest

from reconciler.cli.desk import Desk
from reconciler.cli.options import Output
from reconciler.cli.parser import Invocation
from reconciler.cli.report import Report
from reconciler.cli.run import run
from reconciler.dialects.base import DatabaseError, Target
from reconciler.dialects.sqlite.session import connect
from reconciler.errors import TargetError
from tests.process import Reconcile
from tests.reviews import project
from tests.unit.cli.shops import ALLOW, columns

ROWS = 2000
# Each row of the index costs milliseconds, so that its one statement takes seconds.
TABLE = "table: a\ncolumns: {id: {type: bigint, identity: true}, old: {type: text}}\nprimary_key: [id]\n"
SLOW = TABLE + """indexes: {slow: [{sql: "length(replace(hex(zeroblob(50000 + id % 9)), '0', 'ab'))"}]}\n"""
FILL = (
    TABLE.replace("text}}", "text}, size: {type: int}}")
    + """\
---
backfill: sizes
source: {table: a, key: [id], live_writes: frozen}
do: {update: {set: {size: "length(replace(hex(zeroblob(50000 + id % 9)), '0', 'ab'))"}}}
idempotency: {strategy: converge}
chunk: {size: 100, min: 100, max: 100}
verify: [{name: all, zero_rows: select id from a where size is null}]
"""
)
FILLED = """
create table a (id integer primary key, old text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows}) insert into a select i, 'x' from n;
"""
WORDS = (130, signal.SIGINT), (143, signal.SIGTERM)


# What a shell runs in the background ignores Ctrl-C, and so does all that this starts; these children are to heed it.
HEED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
MAIN = HEED + "import runpy; runpy.run_module('reconciler', run_name='__main__')"


@contextmanager
def started(folder: Path, *words: str, until: str, failpoint: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run a command; wait until it says something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILE_", "CI"))}
    command = [sys.executable, "-c", MAIN, *words]
    environ = kept | ({"RECONCILE_FAILPOINT": failpoint} if failpoint else {})
    with subprocess.Popen(
        command, cwd=folder, text=True, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            said(process.stderr, until)
            time.sleep(0.5)
            yield process
        finally:
            process.kill()


def said(stream: IO[str] | None, words: str) -> None:
    """Read until a line has these words."""
    assert stream is not None
    for line in stream:
        if words in line:
            return
    raise AssertionError(f"never said {words!r}")


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A project with an index that is slow to make."""
    return project(tmp_path, SLOW, FILLED.format(rows=ROWS), approve="never")


def indexes(folder: Path) -> int:
    """Return how many slow indexes there are, from the database itself."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        ((count,),) = connection.execute("select count(*) from sqlite_schema where name = 'slow'")
        return int(count)


@pytest.mark.parametrize(("code", "number"), WORDS)
def test_the_first_waits_for_the_statement(slow: Path, code: int, number: signal.Signals) -> None:
    with started(slow, "apply", "--allow", "*", until="applying") as process:
        process.send_signal(number)
        said(process.stderr, "ending after this statement")
        begun = time.monotonic()
        err = process.communicate(timeout=120)[1]
    assert process.returncode == code
    assert time.monotonic() - begun > 0.5
    assert "nothing is left locked" in err
    assert "Traceback" not in err
    assert indexes(slow) == 0


def test_a_backfill_ends_after_the_portion_at_hand_and_goes_on(tmp_path: Path, reconcile: Reconcile) -> None:
    folder = project(tmp_path, FILL, FILLED.format(rows=600), approve="never")
    with started(folder, "apply", "--allow", "*", until="applying") as process:
        while filled(folder)[0] == 0:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        err = process.communicate(timeout=120)[1]
    assert (process.returncode, "Traceback" in err) == (143, False)
    rows, state = filled(folder)
    assert (rows % 100, 0 < rows < 600, state) == (0, True, "interrupted")
    reconcile("backfill", "run", "sizes", cwd=folder).ok()
    assert filled(folder) == (600, "done")


def filled(folder: Path) -> tuple[int, str]:
    """Return how many rows a backfill has written, and where it says that it is."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        states = connection.execute("select state from _reconcile_backfill").fetchall()
        ((count,),) = connection.execute("select count(size) from a") if states else ((0,),)
        return int(count), "".join(state for (state,) in states)


@pytest.mark.parametrize(("code", "number"), WORDS)
def test_the_second_does_not(slow: Path, code: int, number: signal.Signals, reconcile: Reconcile) -> None:
    with closing(sqlite3.connect(slow / "shop.db")) as connection:
        # The statement would take a quarter of an hour.
        connection.execute(f"insert into a select a.id + {ROWS} * b.id, 'y' from a, a as b where b.id < 300")
        connection.commit()
    with started(slow, "apply", "--allow", "*", until="applying") as process:
        process.send_signal(number)
        said(process.stderr, "ending after this statement")
        process.send_signal(number)
        err = process.communicate(timeout=120)[1]
    assert process.returncode == code
    assert "Traceback" not in err
    assert indexes(slow) == 0
    (slow / "shop.yaml").write_text(TABLE)
    reconcile("plan", "--lock-timeout", "1s", cwd=slow).ok()


def test_a_statement_that_sleeps_is_ended_by_the_second(shop: Path, reconcile: Reconcile) -> None:
    words = ("apply", "--auto-approve", "--allow", ALLOW)
    with started(shop, *words, until="applying", failpoint="after_statement:sleep") as process:
        process.send_signal(signal.SIGTERM)
        said(process.stderr, "ending after this statement")
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert columns(shop) == ["id", "old"]
    reconcile(*words, "--lock-timeout", "1s", cwd=shop).ok()
    assert columns(shop) == ["id", "name"]


def test_while_nothing_runs_the_first_ends_at_once(shop: Path) -> None:
    words = ("apply", "--auto-approve", "--allow", ALLOW)
    with started(shop, *words, until="PLAN", failpoint="after_lock:sleep") as process:
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "interrupted: nothing is left locked" in err
    assert columns(shop) == ["id", "old"]


def test_a_question_is_ended_by_the_first() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILE_")}
    command = HEED + "from tests.unit.cli.test_interrupt import asked; asked()"
    with subprocess.Popen(
        [sys.executable, "-c", command], cwd=Path(__file__).parents[3], env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        said(process.stdout, "asking")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
    assert process.returncode == 130, err


def asked() -> None:
    """Run a command that does nothing but ask SQLite a question that never ends."""

    def action(desk: Desk) -> Report:
        session = connect(Target(dialect="sqlite", url="sqlite://", label=""))
        sys.stdout.write("asking\n")
        sys.stdout.flush()
        try:
            session.query("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n")
        except DatabaseError as error:
            raise TargetError(error.message) from error
        return Report()

    sys.exit(run(Invocation("plan", Output(), action)))
