"""The words of a command line in, an exit code out: parse, run, tell; every error ends here as a sentence."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, pairwise
from types import FrameType
from typing import Any

from reconciler.cli.desk import Desk, look, write
from reconciler.cli.events import Stream, opened
from reconciler.cli.options import FINDINGS, Format, Output, Sink
from reconciler.cli.parser import COMMANDS, Invocation, Misused, parse
from reconciler.cli.report import Report, failed
from reconciler.errors import Ended, FileError, Interrupted, Problem, ReconcileError, Unexpected, UsageError
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
    output = Output(sinks=tuple(Sink(form) for form in (Format.JSON, Format.NDJSON) if _wants(form, words))[:1])
    report = failed(UsageError(error.message, hint=f"see {error.usage}"))
    return run(Invocation(command, output, lambda desk: report))


def _wants(form: Format, words: Sequence[str]) -> bool:
    """Say whether words that could not be parsed ask for a format on stdout."""
    pairs = {("-o", form.value), ("--output", form.value)} & set(pairwise(words))
    return bool(pairs or {f"--{form}", f"-o{form}", f"--output={form}"} & set(words))


def run(invocation: Invocation) -> int:
    """Run a command, tell its result, and return its exit code."""
    try:
        with opened(invocation.output, invocation.command) as events, _traced(invocation.command) as ended:
            code = _deliver(invocation, _report(invocation, Desk(output=invocation.output, events=events)), events)
            ended(code)
            return code
    except FileError as error:
        return _deliver(invocation, failed(error), Stream())


def _traced(command: str) -> contextlib.AbstractContextManager[Callable[[int], None]]:
    """Let a command be a span where somebody collects them; what that takes is loaded only then."""
    if not any(name.startswith("OTEL_EXPORTER_OTLP") for name in os.environ):
        return contextlib.nullcontext(lambda code: None)
    from reconciler.workflow.tracing import traced

    return traced(command)


def _report(invocation: Invocation, desk: Desk) -> Report:
    """Run a command; every error is a report."""
    try:
        with _interruptible(desk):
            return invocation.action(desk)
    except KeyboardInterrupt as wish:
        return failed(_ended(type(wish)))
    except ReconcileError as error:
        # A driver may turn the exception of a signal handler into an error of its own.
        wanted = interrupt.urgent()
        return failed(_ended(wanted) if wanted else error)
    except Exception as error:
        return failed(_unexpected(error))


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


def _deliver(invocation: Invocation, report: Report, events: Stream) -> int:
    """Give the result to everyone who wants it, stdout first, and say on stderr what went wrong."""
    with contextlib.ExitStack() as files:
        try:
            rendered = _all_rendered(report, invocation, files)
            _end(events, report, invocation)
        except Exception as error:
            # There is a result and no such form of it, or a bug: what is told instead holds nothing that fails again.
            report = failed(error if isinstance(error, ReconcileError) else _unexpected(error))
            rendered = _all_rendered(report, invocation, files)
            _end(events, report, invocation)
        code = report.exit_code
        for sink, pieces in rendered:
            code = _told(sink, pieces) or code
    if report.error is not None:
        write(sys.stderr, _what_went_wrong(report.error, invocation.output))
    return code


def _end(events: Stream, report: Report, invocation: Invocation) -> None:
    """Tell those who read events what is not told yet; the last line is the envelope."""
    if not events.wanted:
        return
    from reconciler.report.events import diagnostic_events, result_event

    last = result_event(_envelope(report, invocation))
    events.tell(chain(report.events(), diagnostic_events(report.problems), [last]))


def _envelope(report: Report, invocation: Invocation) -> dict[str, Any]:
    from reconciler.report.json import envelope

    return envelope(invocation.command, report.exit_code, report.data(), report.problems)


def _what_went_wrong(error: ReconcileError, output: Output) -> str:
    from reconciler.report.failure import failure_text
    from reconciler.report.scrub import scrubbed

    text = failure_text(error, output.detail)
    return text + scrubbed("".join(traceback.format_exception(error))) if output.detail > 1 else text


def _all_rendered(
    report: Report, invocation: Invocation, files: contextlib.ExitStack
) -> list[tuple[Sink, Iterable[str]]]:
    """Return every rendering in pieces, all of it made before any of it is told; `files` closes what it waits in."""
    sinks = (sink for sink in invocation.output.sinks if sink.format is not Format.NDJSON)
    return [(sink, _rendered(sink, report, invocation, files)) for sink in sinks]


def _rendered(sink: Sink, report: Report, invocation: Invocation, files: contextlib.ExitStack) -> Iterable[str]:
    form = {Format.TEXT: report.text, **report.forms}.get(sink.format)
    if form is not None:
        return [form(look(None if sink.path else sys.stdout, invocation.output))]
    if sink.format in FINDINGS:
        return [_findings(sink.format, report, invocation)]
    if sink.format is not Format.JSON:
        return [_failure(sink.format, invocation.command, report.error)] if report.error else []
    from reconciler.report.json import document

    return _kept(document(_envelope(report, invocation)), files)


def _findings(form: Format, report: Report, invocation: Invocation) -> str:
    from reconciler.report.findings import FORMS, Findings

    found, passed = report.findings() if report.findings else (report.problems, ())
    error = report.error.problems() if report.error and report.findings else ()
    problems = tuple(dict.fromkeys((*found, *error)))
    return FORMS[form](Findings(command=invocation.command, problems=problems, passed=tuple(passed)))


def _failure(form: Format, command: str, error: ReconcileError) -> str:
    """Return an error where a result was expected; "" where none can stand."""
    if form is Format.MARKDOWN:
        from reconciler.report.failure import failure_markdown

        return failure_markdown(command, error)
    if form is Format.HTML:
        from reconciler.report.html.failure_page import failure_html

        return failure_html(command, error)
    return ""


# Characters of a rendering that are kept in memory; what is larger waits in a temporary file.
_IN_MEMORY = 4_000_000


def _kept(pieces: Iterable[str], files: contextlib.ExitStack) -> Iterator[str]:
    """Return pieces once all of them are made. Raises FileError when there is no room for them."""
    from tempfile import SpooledTemporaryFile

    file = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")  # noqa: SIM115  # `files` closes it
    files.enter_context(file)
    try:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
    except OSError as error:
        message = f"there is no room for the result in the folder for temporary files: {error.strerror or error}"
        raise FileError([Problem(code="RUN041", message=message, hint="let TMPDIR name another folder")]) from None
    return iter(partial(file.read, 1 << 16), "")


def _told(sink: Sink, pieces: Iterable[str]) -> int:
    """Give a rendering to who wants it; an exit code other than 0 says that it could not be written."""
    if sink.path is None:
        for piece in pieces:
            write(sys.stdout, piece)
        return 0
    try:
        with sink.path.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
    except OSError as error:
        write(sys.stderr, f"error[RUN041]: the result cannot be written to {sink.path}: {error.strerror or error}\n")
        return 1
    return 0
