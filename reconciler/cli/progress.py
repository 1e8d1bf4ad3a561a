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
from reconciler.model.backfills import Standing
from reconciler.plan.step import Step
from reconciler.report.layout import counted, cut_middle, duration, plain
from reconciler.report.outcome import StepDone, step_lines
from reconciler.report.pace import pace, pace_words, rows_words
from reconciler.report.problems import safe, width

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

HEARTBEAT = 10.0

# Cells of the spinner, the slash between two numbers, the time and what is between; of the numbers of steps; of the
# bar, which is half as wide where there is less room than that.
_BESIDE, _STEPS, _BAR, _ROOM = 15, 10, 20, 100


@dataclass(slots=True, kw_only=True)
class Journal:
    """What has happened so far. A step that is finished counts only once its transaction is committed.

    `shown` says that the committed steps have been told one by one already. `at` is where the backfill at hand stands,
    `since` where it stood at first, and when that was. `held` is what everything waits for now, "" for nothing.
    """

    progress: Progress = field(default_factory=Progress)
    total: int = 0
    current: str = ""
    finished: dict[int, StepDone] = field(default_factory=dict)
    done: list[StepDone] = field(default_factory=list)
    shown: bool = False
    at: Standing | None = None
    since: tuple[float, Standing] | None = None
    held: str = ""

    def committed(self, steps: int) -> list[StepDone]:
        """Return the steps up to this one that are committed now; a backfill that is not done is none of them."""
        told = {one.number for one in self.done}
        new = [one for number, one in sorted(self.finished.items()) if number <= steps and number not in told]
        self.done += new
        return new

    def reached(self, standing: Standing) -> None:
        """Keep where a backfill stands."""
        if self.since is None or self.since[1].name != standing.name:
            self.since = time.monotonic(), standing
        self.at = standing

    def waits(self, reason: str) -> bool:
        """Keep what everything waits for, "" for nothing; return whether that is to be told."""
        before, self.held = self.held, reason
        return reason not in ("", before)

    def now(self) -> str:
        """Return what is being done, and how far it is."""
        if self.at is None or self.since is None:
            return ", ".join(filter(None, [self.current, f"waiting: {self.held}" if self.held else ""]))
        words = f"{rows_words(self.at)}, {self.speed()}".rstrip(", ")
        return f"{self.current}, {words}" if self.current else f"backfill.{safe(self.at.name)}, {words}"

    def ended(self) -> str:
        """Return how far it came in the end: in steps, or without any in the rows of the backfill at hand."""
        if self.at is not None and not self.total:
            return f"backfill.{safe(self.at.name)} {self.at.state}, {rows_words(self.at)}"
        return f"{counted(len(self.done), 'step')} committed"

    def speed(self) -> str:
        """Return how fast the backfill at hand goes, and how long it will take; or what it waits for."""
        if self.held:
            return f"waiting: {self.held}"
        if self.at is None or self.since is None:
            return ""
        begun, first = self.since
        return pace_words(pace(first, self.at, time.monotonic() - begun))


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
    journal: Journal,
    began: Callable[[str], None],
    kept: Callable[[list[StepDone]], None],
    waits: Callable[[str], None],
    moved: Callable[[Standing], None],
) -> Progress:
    """Return what the execution calls; it keeps the journal and passes on what is to be told."""

    def started(number: int, step: Step) -> None:
        of = f" of {journal.total}" if journal.total else ""
        what = (
            safe(str(step.subject)) if step.action == step.subject.kind else f"{step.action} {safe(str(step.subject))}"
        )
        journal.current, journal.at, journal.since = f"step {number}{of}: {what}", None, None
        began(journal.current)

    def advanced(standing: Standing) -> None:
        journal.reached(standing)
        moved(standing)

    def finished(number: int, step: Step, rows: int, seconds: float, ways: Sequence[str]) -> None:
        done = StepDone(number=number, step=step, rows=rows, seconds=seconds, ways=tuple(ways))
        journal.finished[number] = done

    def committed(steps: int) -> None:
        kept(journal.committed(steps))

    def waiting(text: str) -> None:
        if journal.waits(safe(text)):
            waits(journal.held)
        if journal.at is not None:
            moved(journal.at)

    return Progress(started=started, finished=finished, waiting=waiting, committed=committed, advanced=advanced)


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
            desk.note(f" still at {journal.now()}, {duration(time.monotonic() - begun)}\n")

    heart = threading.Thread(target=beat, daemon=True)
    journal.progress = _progress(
        journal, began, lambda new: None, lambda text: desk.note(f" waiting: {text}\n"),
        lambda standing: began(journal.now()),
    )  # fmt: skip
    try:
        yield
    finally:
        over.set()
        if heart.is_alive():
            heart.join()
            desk.note(f" {journal.ended()}, {duration(time.monotonic() - begun)}\n")


@contextmanager
def _drawn(desk: Desk, journal: Journal) -> Iterator[None]:
    """Draw one line that moves, and above it each step as it is committed."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(_bar(desk.look.width)))
    console = Console(stderr=True, highlight=False, no_color=desk.look.paint is plain)
    bar: Any = Bar(*columns, MofNCompleteColumn(), TimeElapsedColumn(), console=console, transient=True)
    tasks: list[Any] = []

    def began(current: str) -> None:
        shown = cut_middle(current, _room(desk.look.width, _STEPS))
        if not tasks:
            bar.start()
            tasks.append(bar.add_task(shown, total=journal.total or None))
        bar.update(tasks[0], description=shown, completed=len(journal.finished), total=journal.total or None)

    def kept(new: list[StepDone]) -> None:
        journal.shown = True
        bar.stop()
        desk.say("".join(f"{line}\n" for line in step_lines(new, desk.look)))
        while tasks:
            bar.remove_task(tasks.pop())

    def moved(standing: Standing) -> None:
        words = _backfill_words(standing, journal.speed(), desk.look.width)
        if not tasks:
            began(words)
        bar.update(tasks[0], description=words, completed=standing.read, total=standing.estimate or None)

    journal.progress = _progress(journal, began, kept, lambda text: desk.say(f" waiting: {text}\n"), moved)
    try:
        yield
    finally:
        bar.stop()


def _bar(columns: int) -> int:
    return _BAR if columns >= _ROOM else _BAR // 2


def _room(columns: int, numbers: int) -> int:
    """Return the cells for words beside a bar and numbers of so many cells."""
    return max(columns - _BESIDE - _bar(columns) - numbers, 20)


def _backfill_words(standing: Standing, speed: str, columns: int) -> str:
    """Return a backfill and its speed as they fit beside the bar and the rows; of a long name, its end."""
    room = _room(columns, 2 * len(str(max(standing.estimate or 0, standing.read))))
    name = cut_middle(f"backfill.{safe(standing.name)}", max(room - width(speed) - 2, 10))
    return cut_middle(f"{name}  {speed}".rstrip(), room)
