"""What a command does in, lines of JSON out as it happens: each is written at once, to stdout or a file."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from reconciler.cli.options import Format, Output
from reconciler.errors import FileError, Problem

if TYPE_CHECKING:
    from reconciler.execute.batches import Progress
    from reconciler.model.backfills import Standing
    from reconciler.plan.step import Step
    from reconciler.report.events import Event
    from reconciler.report.facts import Review

HEARTBEAT = 10.0


@dataclass(slots=True)
class Stream:
    """Where events go; nowhere when nobody asked for any. `context` stands in every line."""

    outputs: list[TextIO] = field(default_factory=list)
    context: dict[str, str | None] = field(default_factory=lambda: {"run_id": None, "env": None, "target": None})
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def wanted(self) -> bool:
        """Whether anybody reads events."""
        return bool(self.outputs)

    def tell(self, events: Iterable[Event]) -> None:
        """Write events, each as soon as it is there."""
        from reconciler.cli.desk import write
        from reconciler.report.events import line

        for event in events:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            with self.lock:
                text = line(event, self.context, now)
                for output in self.outputs:
                    write(output, text)

    def say(self, type_: str, message: str, *, level: str = "info", **fields: Any) -> None:
        """Write one event."""
        if self.wanted:
            from reconciler.report.events import Event

            self.tell([Event(type=type_, message=message, level=level, fields=fields)])

    def about(self, review: Review) -> None:
        """Remember which environment and database this is about."""
        self.context.update(env=review.environment, target=review.label)


# Seconds between two words about one backfill.
_BETWEEN = 1.0


@contextmanager
def opened(output: Output, command: str) -> Iterator[Stream]:
    """Give the stream that was asked for, opened with the version; its files are closed at the end.

    Raises:
        FileError: when a file cannot be written.
    """
    paths = [sink.path for sink in output.sinks if sink.format is Format.NDJSON]
    with ExitStack() as files:
        stream = Stream([sys.stdout if path is None else files.enter_context(_file(path)) for path in paths])
        if stream.wanted:
            from reconciler.report.events import version_event

            stream.tell([version_event(command)])
        yield stream


def _file(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        message = f"the events cannot be written to {path}: {error.strerror or error}"
        raise FileError([Problem(code="RUN041", message=message)]) from None


@contextmanager
def watched(progress: Progress, stream: Stream, total: Callable[[], int]) -> Iterator[Progress]:
    """Give what the execution calls: it tells the stream as well, with a sign of life every ten seconds."""
    if not stream.wanted:
        yield progress
        return
    watch = _Watch(stream, total)
    heart = threading.Thread(target=watch.beat, daemon=True)
    heart.start()
    try:
        yield replace(
            progress,
            started=_both(progress.started, watch.started),
            finished=_both(progress.finished, watch.finished),
            waiting=_both(progress.waiting, watch.waiting),
            committed=_both(progress.committed, watch.committed),
            advanced=_both(progress.advanced, watch.advanced),
        )
    except BaseException as error:
        stream.say("apply_errored", f"{type(error).__name__}: {error}", level="error", **watch.current)
        raise
    finally:
        watch.over.set()
        heart.join()


def _both(first: Callable[..., None], second: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        first(*arguments)
        second(*arguments)

    return call


class _Watch:
    """What an apply is at, told as events; a step is complete once its transaction is committed."""

    def __init__(self, stream: Stream, total: Callable[[], int]) -> None:
        self.stream, self.total = stream, total
        self.over = threading.Event()
        self.begun = time.monotonic()
        self.current: Mapping[str, Any] = {"step": None, "address": None, "action": None}
        self.done: dict[int, Mapping[str, Any]] = {}
        self.told = 0
        self.last = float("-inf")

    def started(self, number: int, step: Step) -> None:
        self.current = {"step": number, "address": str(step.subject), "action": step.action}
        self.stream.say("apply_start", f"{step.action} {step.subject}", steps=self.total(), **self.current)

    def finished(self, number: int, step: Step, rows: int, seconds: float, ways: Sequence[str]) -> None:
        fields = {"step": number, "address": str(step.subject), "action": step.action}
        self.done[number] = {
            **fields,
            "rows": rows,
            "seconds": round(seconds, 4),
            **({"ways": list(ways)} if ways else {}),
        }

    def committed(self, steps: int) -> None:
        for number in sorted(number for number in self.done if self.told < number <= steps):
            fields = self.done[number]
            self.stream.say("apply_complete", f"{fields['action']} {fields['address']}", **fields)
        self.told = max(self.told, steps)

    def waiting(self, sentence: str) -> None:
        if sentence:
            self.stream.say("lock_wait", sentence, level="warn")

    def advanced(self, standing: Standing) -> None:
        """Tell of a backfill at most once a second."""
        if time.monotonic() - self.last < _BETWEEN:
            return
        from reconciler.report.backfills import progress_of

        self.last = time.monotonic()
        fields: Mapping[str, Any] = {
            "address": f"backfill.{standing.name}", "rows_read": standing.read, "rows_written": standing.written,
            "estimate": standing.estimate, "batch_size": standing.batch_size, "progress": progress_of(standing),
        }  # fmt: skip
        self.stream.say("backfill_progress", f"backfill.{standing.name}: {standing.read:,} rows read", **fields)

    def beat(self) -> None:
        while not self.over.wait(HEARTBEAT):
            elapsed = round(time.monotonic() - self.begun, 1)
            self.stream.say("apply_progress", f"still at work after {elapsed}s", elapsed=elapsed, **self.current)
