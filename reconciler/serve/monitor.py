"""A way to look at a database in, the last thing seen out at any time; one look at a time, in a thread of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping

from reconciler.serve.seen import Seen

# Looks of many servers that were started together drift apart by this part of the time between two.
_JITTER = 0.1
_LOG = logging.getLogger("reconciler.serve")


class Monitor:
    """Looks at a database again and again. Whoever asks gets what was seen last, and waits for nothing."""

    def __init__(self, look: Callable[[], Seen], refresh: float) -> None:
        self._look = look
        self.refresh = refresh
        self._seen: Seen | None = None
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._first = threading.Event()
        # Since when each difference is seen, by its address; as long as this process looks.
        self.since: Mapping[str, str] = {}

    @property
    def seen(self) -> Seen | None:
        """What was seen last, None before the first look is done."""
        return self._seen

    @property
    def age(self) -> float | None:
        """How many seconds ago that was."""
        return None if self._seen is None else time.monotonic() - self._seen.at

    @property
    def stale(self) -> bool:
        """Whether the last look is so old that something hinders a new one."""
        return self.age is not None and self.age > 5 * self.refresh

    def start(self) -> None:
        """Begin to look; harmless when it has begun."""
        if self._thread is None or not self._thread.is_alive():
            self._ended.clear()
            self._thread = threading.Thread(target=self._run, name="reconcile-monitor", daemon=True)
            self._thread.start()

    def soon(self) -> None:
        """Look again as soon as the look at hand, if there is one, is done."""
        self._wake.set()

    def first(self, seconds: float) -> Seen | None:
        """Wait so long for the first look."""
        self._first.wait(seconds)
        return self._seen

    def stop(self) -> None:
        """Look no more; a look at hand ends by itself."""
        self._ended.set()
        self._wake.set()

    def take(self, seen: Seen) -> None:
        """Keep what was seen; differences that were there before keep the time at which they were seen first."""
        if seen.reached:
            now = str(seen.wellness["timestamp"])
            self.since = {one["address"]: self.since.get(one["address"], now) for one in seen.check["drift"]}
        self._seen = seen

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            try:
                self.take(self._look())
            except Exception:  # a bug in one look is no reason to be blind from now on; the age tells
                _LOG.exception("a look at the database failed")
            self._first.set()
            self._wake.wait(self.refresh * random.uniform(1 - _JITTER, 1 + _JITTER))
