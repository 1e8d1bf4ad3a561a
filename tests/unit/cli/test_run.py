"""How a command ends: exit codes, one document, one sentence, no traceback, no password."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.cli.desk import Desk, look, write
from reconciler.cli.options import Color, Format, Output, Sink
from reconciler.cli.parser import Invocation
from reconciler.cli.report import Report
from reconciler.cli.run import run
from reconciler.errors import ApplyFailed, LockTaken, PartlyApplied, ReconcileError, StalePlan, TargetError

JSON = Output(sinks=(Sink(Format.JSON),))


def raising(error: BaseException) -> Callable[[Desk], Report]:
    """Return a command that fails."""

    def action(desk: Desk) -> Report:
        raise error

    return action


@pytest.mark.parametrize(("error", "code"), [
    (TargetError("x"), 1), (StalePlan("x"), 4), (LockTaken("x"), 5), (ApplyFailed("x"), 1),
    (PartlyApplied("x"), 6), (KeyboardInterrupt(), 130), (ZeroDivisionError("x"), 1), (MemoryError(), 1),
])  # fmt: skip
def test_an_error_has_its_exit_code(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Invocation("apply", Output(), raising(error))) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error[RUN")
    assert "Traceback" not in err
    assert run(Invocation("apply", JSON, raising(error))) == code
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["exit_code"], found["result"], found["command"]) == (False, code, None, "apply")
    assert found["diagnostics"][0]["code"].startswith("RUN")


def test_a_bug_is_one_sentence_unless_more_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    error = KeyError("postgres://me:secret@db/x")
    assert run(Invocation("plan", Output(), raising(error))) == 1
    short = capsys.readouterr().err
    assert run(Invocation("plan", Output(detail=2), raising(error))) == 1
    long = capsys.readouterr().err
    assert short.startswith("error[RUN000]: unexpected KeyError")
    assert "Traceback" not in short
    assert "Traceback" in long
    assert "secret" not in short + long


@pytest.mark.parametrize("form", [Format.TEXT, Format.JSON, Format.NDJSON])
def test_a_result_that_cannot_be_rendered_is_a_failure(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> str:
        raise KeyError("a bug")

    report = Report(text=broken, data=broken)  # type: ignore[arg-type]
    output = Output(sinks=(Sink(form),))
    assert run(Invocation("plan", output, lambda desk: report)) == 1
    out, err = capsys.readouterr()
    assert err.startswith("error[RUN000]: unexpected KeyError")
    if form is not Format.TEXT:
        last = json.loads(out.splitlines()[-1] if form is Format.NDJSON else out)
        assert (last["ok"], last["exit_code"], last["result"]) == (False, 1, None)


def test_sigterm_unwinds(capsys: pytest.CaptureFixture[str]) -> None:
    released = []

    @contextmanager
    def lock() -> Iterator[None]:
        try:
            yield
        finally:
            released.append(True)

    def action(desk: Desk) -> Report:
        with lock():
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 5)
        return Report()

    before = signal.getsignal(signal.SIGTERM)
    assert run(Invocation("apply", Output(), action)) == 143
    assert released == [True]
    assert signal.getsignal(signal.SIGTERM) is before
    assert "RUN143" in capsys.readouterr().err


def test_a_result_goes_to_everyone_who_wants_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sinks = (Sink(Format.TEXT), Sink(Format.JSON, tmp_path / "a.json"), Sink(Format.TEXT, tmp_path / "a.txt"))
    report = Report(exit_code=2, text=lambda look: f"{look.width}\n", data=lambda: {"a": 1})
    assert run(Invocation("check", Output(sinks=sinks), lambda desk: report)) == 2
    assert capsys.readouterr().out.strip().isdecimal()
    assert json.loads((tmp_path / "a.json").read_text())["result"] == {"a": 1}
    assert (tmp_path / "a.txt").exists()


def test_a_large_result_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"parts": ["x" * 1000] * 5000}
    report = Report(data=lambda: data)
    assert run(Invocation("plan", Output(sinks=(Sink(Format.JSON),)), lambda desk: report)) == 0
    assert json.loads(capsys.readouterr().out)["result"] == data


def test_of_a_result_that_fails_half_way_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"parts": ["x" * 1000] * 5000, "last": lambda: 1 / 0}
    report = Report(data=lambda: data)
    assert run(Invocation("plan", Output(sinks=(Sink(Format.JSON),)), lambda desk: report)) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["result"], told["diagnostics"][0]["severity"]) == (None, "error")


def test_a_result_that_has_no_room_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    report = Report(data=lambda: {"parts": ["x" * 1000] * 5000})
    assert run(Invocation("plan", Output(sinks=(Sink(Format.JSON),)), lambda desk: report)) == 1
    assert "RUN041" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sinks = (Sink(Format.TEXT), Sink(Format.JSON, tmp_path / "nowhere" / "a.json"))
    assert run(Invocation("check", Output(sinks=sinks), lambda desk: Report(text=lambda look: "all is well\n"))) == 1
    out, err = capsys.readouterr()
    assert out == "all is well\n"
    assert "RUN041" in err


def test_an_error_can_have_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Report(exit_code=3, text=lambda look: "plan\n", data=lambda: {"a": 1}, error=ReconcileError("refused"))
    assert run(Invocation("apply", Output(), lambda desk: failed)) == 3
    out, err = capsys.readouterr()
    assert (out, err) == ("plan\n", "error[RUN001]: refused\n")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(("terminal", "color", "environ", "expected"), [
    (True, Color.AUTO, {}, True),
    (False, Color.AUTO, {}, False),
    (True, Color.AUTO, {"NO_COLOR": "1"}, False),
    (True, Color.AUTO, {"NO_COLOR": ""}, True),
    (True, Color.ALWAYS, {"NO_COLOR": "1"}, True),
    (False, Color.AUTO, {"FORCE_COLOR": "1"}, True),
    (True, Color.AUTO, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    (True, Color.NEVER, {"FORCE_COLOR": "1"}, False),
    (True, Color.AUTO, {"TERM": "dumb"}, False),
])  # fmt: skip
def test_colours(
    terminal: bool, color: Color, environ: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    assert ("\x1b" in look(stream, Output(color=color)).paint("danger", "x")) is expected


def test_a_file_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert look(None, Output(color=Color.ALWAYS)).paint("danger", "x") == "x"


@pytest.mark.parametrize(("columns", "width"), [("", 80), ("100", 100), ("0", 80), ("x", 80), ("5", 40)])
def test_width(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert look(io.StringIO(), Output()).width == width


@pytest.mark.parametrize(("environ", "output", "moves"), [
    ({}, Output(), True), ({"CI": "true"}, Output(), False), ({"TERM": "dumb"}, Output(), False),
    ({"FORCE_COLOR": "1"}, Output(), True), ({}, Output(detail=-1), False),
])  # fmt: skip
def test_what_moves(environ: dict[str, str], output: Output, moves: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert Desk(output=output).animates is moves
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert Desk(output=output).animates is False


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert Desk(output=Output()).asks
    assert not Desk(output=replace(Output(), no_input=True)).asks
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert not Desk(output=Output()).asks
    monkeypatch.setattr(sys, "stdin", None)
    assert not Desk(output=Output()).asks


def test_a_closed_stream_is_no_reason_to_stop() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        write(stream, "nobody reads this")
        write(stream, "nor this")
    write(None, "nor this")
    write(stream, "nor this")
