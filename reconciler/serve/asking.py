"""What changes between two looks in: past runs, backfills, the diagram; asked when wanted, not twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from reconciler.errors import ReconcileError
from reconciler.report.backfills import backfills_data
from reconciler.report.graph.svg import svg
from reconciler.report.graph.tables import readable
from reconciler.report.history import history_data, run_in_full
from reconciler.workflow.backfilling import backfills
from reconciler.workflow.drawing import drawing
from reconciler.workflow.opening import Request
from reconciler.workflow.past import history, past_run

T = TypeVar("T")

# Past runs that are told, and seconds for which an answer is given again: a page that asks for itself every few seconds
# in many windows asks the database once.
RUNS = 50
_FRESH = 2.0


class Shared(Generic[T]):
    """An answer that everybody who asks within some seconds shares; an error is not kept."""

    def __init__(self, ask: Callable[[], T], fresh: float = _FRESH) -> None:
        self._ask, self._fresh = ask, fresh
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > self._fresh:
                answer = self._ask()
                self._kept = (time.monotonic(), answer)
            return self._kept[1]


def or_empty(ask: Callable[[], Mapping[str, Any]], key: str) -> list[Any]:
    """Return what is asked for; of a database that does not answer the last look tells."""
    try:
        return list(ask()[key])
    except ReconcileError:
        return []


def past_runs(request: Request) -> Shared[dict[str, Any]]:
    """Return who tells of the last runs."""
    return Shared(lambda: history_data(history(request, RUNS)))


def data_work(request: Request) -> Shared[dict[str, Any]]:
    """Return who tells how the backfills stand."""
    return Shared(lambda: backfills_data(backfills(request)))


def diagram(request: Request) -> Shared[str]:
    """Return who draws the declared tables; the specs are read again at most every minute."""
    return Shared(lambda: svg(readable(drawing(request, "erd", ()))), 60.0)


def one_run(request: Request, word: str) -> Mapping[str, Any]:
    """Return one run with its steps. Raises UsageError when there is none."""
    return run_in_full(past_run(request, word))
