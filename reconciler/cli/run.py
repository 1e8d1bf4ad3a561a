"""The words of a command line in, an exit code out: parse, run, tell; every error ends here as a sentence."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

from reconciler.cli.desk import Desk, look, write
from reconciler.cli.options import Format, Output, Sink
from reconciler.cli.parser import COMMANDS, Invocation, Misused, parse
from reconciler.cli.report import Report, failed
from reconciler.errors import Ended, Interrupted, ReconcileError, Unexpected, UsageError
from reconciler.execute import interrupt


class Terminated(KeyboardInterrupt):
    """Somebody wants this process to end; raised so that locks and transactions are released on the way out."""


def run_words(words: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    # A command makes objects by the million and ends: with Python's own threshold of 700 a sixth of a large plan's time
    # goes into looking for circles among them.
    gc.set_threshold(200_000, 20, 100)
    for stream in (sys.stdout, sys.stderr):
        # A character that a stream's encoding lacks must not end a command half-way.
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        parsed = parse(words) if words else _help()
    except Misused as error:
        return _misused(error, words)
    except BrokenPipeError:
        return 0
    return parsed if isinstance(parsed, int) else run(parsed)


def _help() -> int:
    """Show the help to somebody who said nothing: wrong usage, and stdout is for results."""
    with contextlib.redirect_stdout(sys.stderr):
        parse(["--help"])
    return UsageError.exit_code


def _misused(error: Misused, words: Sequence[str]) -> int:
    command = next((word for word in words if word in COMMANDS), "")
    output = Output(sinks=(Sink(Format.JSON),) if _wants_json(words) else ())
    report = failed(UsageError(error.message, hint=f"see {error.usage}"))
    return _deliver(Invocation(command, output, lambda desk: report), report)


def _wants_json(words: Sequence[str]) -> bool:
    """Say whether words that could not be parsed ask for JSON on stdout."""
    pairs = {("-o", "json"), ("--output", "json")} & set(pairwise(words))
    return bool(pairs or {"--json", "-ojson", "--output=json"} & set(words))


def run(invocation: Invocation) -> int:
    """Run a command, tell its result, and return its exit code."""
    desk = Desk(output=invocation.output)
    try:
        with _interruptible(desk):
            report = invocation.action(desk)
    except KeyboardInterrupt as wish:
        report = failed(_ended(type(wish)))
    except ReconcileError as error:
        # A driver may turn the exception of a signal handler into an error of its own.
        wanted = interrupt.urgent()
        report = failed(_ended(wanted) if wanted else error)
    except Exception as error:
        report = failed(_unexpected(error))
    return _deliver(invocation, report)


def _ended(wish: interrupt.Wish) -> Interrupted:
    if wish is Terminated:
        return Ended("ended: nothing is left locked; run it again")
    return Interrupted("interrupted: nothing is left locked; run it again")


@contextlib.contextmanager
def _interruptible(desk: Desk) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM unwind the stack; while statements run, the first one waits for the one at hand."""
    interrupt.forget()

    def handle(number: int, frame: FrameType | None) -> None:
        wish = Terminated if number == signal.SIGTERM else KeyboardInterrupt
        if not interrupt.postponed(wish):
            raise wish
        if desk.output.detail >= 0:
            # What is buffered may be half-written just now; the descriptor is not.
            with contextlib.suppress(OSError):
                os.write(2, b" ending after this statement; once more ends it at once\n")

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        # Whoever started us may want a signal ignored (nohup, a shell's background job).
        for number in (number for number, handler in before.items() if handler is not signal.SIG_IGN):
            signal.signal(number, handle)
    except ValueError:  # not in the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unexpected(error: Exception) -> Unexpected:
    words = " ".join(str(error).split())
    message = f"unexpected {type(error).__name__}{f': {words}' if words else ''}"
    unexpected = Unexpected(message, hint="this is a bug; please report it with the output of the same command and -vv")
    unexpected.__cause__ = error
    return unexpected


# --- telling ----------------------------------------------------------------------------------------------------------


def _deliver(invocation: Invocation, report: Report) -> int:
    """Give the result to everyone who wants it, stdout first, and say on stderr what went wrong."""
    try:
        texts = [_rendered(sink, report, invocation) for sink in invocation.output.sinks]
    except ReconcileError as error:  # there is a result, and no such form of it
        report = failed(error)
        texts = [_rendered(sink, report, invocation) for sink in invocation.output.sinks]
    code = report.exit_code
    for sink, text in zip(invocation.output.sinks, texts, strict=True):
        if sink.path is None:
            write(sys.stdout, text)
        else:
            code = _to_file(sink.path, text) or code
    if report.error is not None:
        write(sys.stderr, _what_went_wrong(report.error, invocation.output))
    return code


def _what_went_wrong(error: ReconcileError, output: Output) -> str:
    from reconciler.report.failure import failure_text
    from reconciler.report.scrub import scrubbed

    text = failure_text(error, output.detail)
    return text + scrubbed("".join(traceback.format_exception(error))) if output.detail > 1 else text


def _rendered(sink: Sink, report: Report, invocation: Invocation) -> str:
    form = {Format.TEXT: report.text, **report.forms}.get(sink.format)
    if form is not None:
        return form(look(None if sink.path else sys.stdout, invocation.output))
    if sink.format is Format.MARKDOWN:
        from reconciler.report.failure import failure_markdown

        return failure_markdown(invocation.command, report.error) if report.error else ""
    if sink.format is Format.SQL:
        return ""
    from reconciler.report.json import document, envelope

    data: Mapping[str, Any] | None = report.data()
    return document(envelope(invocation.command, report.exit_code, data, report.problems))


def _to_file(path: Path, text: str) -> int:
    """Write a rendering to a file; an exit code other than 0 says that it could not be written."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        write(sys.stderr, f"error[RUN041]: the result cannot be written to {path}: {error.strerror or error}\n")
        return 1
    return 0
