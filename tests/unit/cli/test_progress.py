"""Signs of life: only what is committed is told as done, and a terminal is drawn on only where there is one."""

from __future__ import annotations

import io
import re
import sys
import time
from dataclasses import replace

import pytest

from reconciler.cli import progress
from reconciler.cli.desk import Desk
from reconciler.cli.options import Output
from reconciler.model.backfills import Standing
from reconciler.model.change import Create
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.plan.step import Step

STEPS = [
    Step(subject=column.ref, action="create", statements=(), changes=(Create(column),))
    for column in (Column(ref=Ref.parse(f"table.t.column.c{n}"), type=Type("int")) for n in range(3))
]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


each_stream = pytest.mark.parametrize("stream", [Terminal, io.StringIO], ids=["terminal", "pipe"])


def listening(monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]) -> io.StringIO:
    """Put a stream in the place of stderr, in an environment that forbids nothing."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    told = stream()
    monkeypatch.setattr(sys, "stderr", told)
    return told


def carry_out(journal: progress.Journal, number: int) -> None:
    """Report one step as begun and finished."""
    journal.progress.started(number, STEPS[number - 1])
    journal.progress.finished(number, STEPS[number - 1], number, 0.01, ())


@each_stream
def test_only_what_is_committed_counts(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = listening(monkeypatch, stream)
    telling = progress.telling(Desk(output=Output()))
    journal = telling.__enter__()
    carry_out(journal, 1)
    carry_out(journal, 2)
    journal.progress.committed(2)
    carry_out(journal, 3)
    error = ZeroDivisionError()
    assert not telling.__exit__(type(error), error, None)
    assert [one.number for one in journal.done] == [1, 2]
    told = [line for line in stderr.getvalue().splitlines() if "✔" in line]
    assert len(told) == 2
    assert "table.t.column.c2" not in "".join(told)


@each_stream
def test_a_segment_that_is_tried_again_counts_once(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = listening(monkeypatch, stream)
    with progress.telling(Desk(output=Output())) as journal:
        carry_out(journal, 1)
        journal.progress.waiting("database is locked; trying again")
        carry_out(journal, 1)
        journal.progress.committed(1)
    assert [one.number for one in journal.done] == [1]
    assert "waiting: database is locked" in stderr.getvalue()


@each_stream
def test_nothing_to_do_says_nothing(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = listening(monkeypatch, stream)
    with progress.telling(Desk(output=Output())) as journal:
        journal.progress.committed(0)
    assert "✔" not in stderr.getvalue()
    assert "appl" not in stderr.getvalue()


def test_a_pipe_gets_lines_at_the_start_now_and_then_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listening(monkeypatch, io.StringIO)
    monkeypatch.setattr(progress, "HEARTBEAT", 0.01)
    with progress.telling(Desk(output=Output())) as journal:
        journal.total = 3
        journal.progress.started(1, STEPS[0])
        deadline = time.monotonic() + 10
        while stream.getvalue().count("still at") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        journal.progress.finished(1, STEPS[0], 0, 0.1, ())
        journal.progress.committed(1)
    lines = stream.getvalue().splitlines()
    assert lines[0] == " applying 3 steps"
    assert lines[1].startswith(" still at step 1 of 3: create table.t.column.c0, ")
    assert lines[-1].startswith(" 1 step committed, ")
    assert not {"\r", "\x1b"} & set(stream.getvalue())


def test_a_build_server_gets_no_animation(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listening(monkeypatch, Terminal)
    monkeypatch.setenv("CI", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.telling(Desk(output=Output())) as journal:
        carry_out(journal, 1)
        journal.progress.committed(1)
    assert "\x1b[?25l" not in stream.getvalue()
    assert "\r" not in stream.getvalue()


LONG = Standing(
    name="quota_logs_to_user_quota_balances", generation=1, digest="d", state="running", estimate=1_000_000
)  # fmt: skip


def work_off(journal: progress.Journal) -> None:
    """Report a backfill that has done 4,000 rows in two seconds, and is held back."""
    journal.progress.advanced(LONG)
    journal.since = time.monotonic() - 2, LONG
    journal.progress.advanced(replace(LONG, read=4000))
    journal.progress.waiting("replicas are 9 s behind, above 5")


SPEED = r"…a_balances  [12]\.\dk rows/s, [89]m \d+s left"


@pytest.mark.parametrize(("released", "drawn"), [(True, SPEED), (False, "9 s behind, above 5")])
def test_a_terminal_gets_the_speed_and_what_is_left_or_the_reason_of_a_wait(
    released: bool, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line of 80 cells, however long the name is."""
    stream = listening(monkeypatch, Terminal)
    monkeypatch.setenv("COLUMNS", "80")
    with progress.telling(Desk(output=Output())) as journal:
        work_off(journal)
        if released:
            journal.progress.waiting("")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "\n", plain).splitlines()
    assert any(re.search(f"{drawn} ━+ +4000/1000000 ", line) for line in lines), lines
    assert " waiting: replicas are 9 s behind, above 5" in lines
    assert max(map(len, lines)) <= 80


def test_a_pipe_gets_the_same_in_its_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = listening(monkeypatch, io.StringIO)
    with progress.telling(Desk(output=Output())) as journal:
        work_off(journal)
        name = f"backfill.{LONG.name}, 0%, 4,000 of ~1,000,000 rows, "
        assert journal.now() == f"{name}waiting: replicas are 9 s behind, above 5"
        journal.progress.waiting("")
        assert re.fullmatch(f"{re.escape(name)}.* rows/s, .* left", journal.now())
        journal.progress.advanced(replace(LONG, read=1_000_000, state="done"))
    lines = stream.getvalue().splitlines()
    assert lines[:2] == [" applying", " waiting: replicas are 9 s behind, above 5"]
    assert re.fullmatch(f" backfill.{LONG.name} done, 100%, 1,000,000 of ~1,000,000 rows, .*s", lines[-1])
