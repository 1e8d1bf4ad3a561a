"""What an apply tells while it runs in, signs of life on stderr out: drawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.cli.events import watched
from reconciler.execute.batches import Progress
from reconciler.plan.step import Step
from reconciler.report.layout import counted, cut_middle, duration, plain
from reconciler.report.outcome import StepDone, step_lines
from reconciler.report.problems import safe

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

HEARTBEAT = 10.0


@dataclass(slots=True, kw_only=True)
class Journal:
    """What has happened so far. A step that is finished counts only once its transaction is committed.

    `shown` says that the committed steps have been told one by one already.
    """

    progress: Progress = field(default_factory=Progress)
    total: int = 0
    current: str = ""
    finished: dict[int, StepDone] = field(default_factory=dict)
    done: list[StepDone] = field(default_factory=list)
    shown: bool = False


@contextmanager
def telling(desk: Desk) -> Iterator[Journal]:
    """Give a journal whose progress is told on stderr; after an error, what is committed is told too."""
    journal = Journal()
    with (_drawn if desk.animates else _in_lines)(desk, journal):
        try:
            with watched(journal.progress, desk.events, lambda: journal.total) as progress:
                journal.progress = progress
                yield journal
        except BaseException:
            if not journal.shown:
                desk.say("".join(f"{line}\n" for line in step_lines(journal.done, desk.look)))
            raise


def _progress(
    journal: Journal, began: Callable[[str], None], kept: Callable[[list[StepDone]], None], waits: Callable[[str], None]
) -> Progress:
    """Return what the execution calls; it keeps the journal and passes on what is to be told."""

    def started(number: int, step: Step) -> None:
        of = f" of {journal.total}" if journal.total else ""
        journal.current = f"step {number}{of}: {step.action} {safe(str(step.subject))}"
        began(journal.current)

    def finished(number: int, step: Step, rows: int, seconds: float, ways: Sequence[str]) -> None:
        done = StepDone(number=number, step=step, rows=rows, seconds=seconds, ways=tuple(ways))
        journal.finished[number] = done

    def committed(steps: int) -> None:
        new = [journal.finished[number] for number in range(len(journal.done) + 1, steps + 1)]
        journal.done += new
        kept(new)

    return Progress(started=started, finished=finished, waiting=lambda text: waits(safe(text)), committed=committed)


@contextmanager
def _in_lines(desk: Desk, journal: Journal) -> Iterator[None]:
    """Tell by lines: one at the start, one every ten seconds, one at the end."""
    begun, over = time.monotonic(), threading.Event()

    def began(current: str) -> None:
        if not heart.is_alive() and not over.is_set():
            desk.note(" applying\n" if not journal.total else f" applying {counted(journal.total, 'step')}\n")
            heart.start()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            desk.note(f" still at {journal.current}, {duration(time.monotonic() - begun)}\n")

    heart = threading.Thread(target=beat, daemon=True)
    journal.progress = _progress(journal, began, lambda new: None, lambda text: desk.note(f" waiting: {text}\n"))
    try:
        yield
    finally:
        over.set()
        if heart.is_alive():
            heart.join()
            desk.note(f" {counted(len(journal.done), 'step')} committed, {duration(time.monotonic() - begun)}\n")


@contextmanager
def _drawn(desk: Desk, journal: Journal) -> Iterator[None]:
    """Draw one line that moves, and above it each step as it is committed."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(20), MofNCompleteColumn())
    console = Console(stderr=True, highlight=False, no_color=desk.look.paint is plain)
    bar: Any = Bar(*columns, TimeElapsedColumn(), console=console, transient=True)
    tasks: list[Any] = []

    def began(current: str) -> None:
        # What stands beside it: the spinner, the bar, the count and the time.
        shown = cut_middle(current, max(desk.look.width - 45, 20))
        if not tasks:
            bar.start()
            tasks.append(bar.add_task(shown, total=journal.total or None))
        bar.update(tasks[0], description=shown, completed=len(journal.finished))

    def kept(new: list[StepDone]) -> None:
        journal.shown = True
        bar.stop()
        desk.say("".join(f"{line}\n" for line in step_lines(new, desk.look)))
        tasks.clear()

    journal.progress = _progress(journal, began, kept, lambda text: desk.say(f" waiting: {text}\n"))
    try:
        yield
    finally:
        bar.stop()
