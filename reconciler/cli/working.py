"""Long work that tells in words how far it is in, signs of life on stderr out: drawn on a terminal, or in lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.cli.progress import HEARTBEAT
from reconciler.report.layout import cut, duration, plain
from reconciler.report.problems import safe

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk


@contextmanager
def working(desk: Desk, what: str) -> Iterator[Callable[[str], None]]:
    """Give what is to be told how far the work is; the words stand behind what it is."""
    with (_drawn if desk.animates else _in_lines)(desk, what) as told:
        yield told


@contextmanager
def _in_lines(desk: Desk, what: str) -> Iterator[Callable[[str], None]]:
    """Tell by lines: one at the start, and one every ten seconds."""
    begun, over, words = time.monotonic(), threading.Event(), [what]

    def told(text: str) -> None:
        words[0] = f"{what}, {safe(text)}"

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            desk.note(f" still {words[0]}, {duration(time.monotonic() - begun)}\n")

    desk.note(f" {what}\n")
    heart = threading.Thread(target=beat, daemon=True)
    heart.start()
    try:
        yield told
    finally:
        over.set()
        heart.join()


@contextmanager
def _drawn(desk: Desk, what: str) -> Iterator[Callable[[str], None]]:
    """Draw one line that moves, and is gone in the end."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False, no_color=desk.look.paint is plain)
    columns: tuple[Any, ...] = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda text: bar.update(task, description=cut(f"{what}, {safe(text)}", max(desk.look.width - 15, 20)))
