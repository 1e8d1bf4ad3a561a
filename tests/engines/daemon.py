"""A server that runs in the background for several processes: a command in, its process found, started and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.engines.places import EngineMissingError


@dataclass(frozen=True, slots=True)
class Daemon:
    """A server's home directory, its command, and the part of it by which its process is known."""

    home: Path
    command: Sequence[str]
    sign: str

    def start(self, ready: Callable[[], bool]) -> None:
        """Start the server and wait until it is ready. Raises EngineMissingError with the end of its log."""
        log = self.home / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", start_new_session=True
            )
        (self.home / "pid").write_text(str(process.pid))
        _await(lambda: ready() or process.poll() is not None)
        if process.poll() is not None:
            tail = log.read_text(errors="replace")[-2000:]
            raise EngineMissingError(f"a server did not start:\n{tail}\nIf its data is damaged, delete {self.home}.")
        # It outlives this process when others use it, so nobody waits for it.
        process.returncode = 0

    def running(self) -> bool:
        """Say whether its process lives."""
        return self._process() is not None

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        pid = self._process()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            _await(lambda: not self.running())

    def _process(self) -> int | None:
        try:
            pid = int((self.home / "pid").read_text())
            told = subprocess.run(
                ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
        except (OSError, ValueError):
            return None
        return pid if self.sign in told.stdout and not told.stdout.startswith("Z") else None


def _await(happened: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise EngineMissingError(f"a server did not get ready, or did not stop, within {seconds:.0f} seconds")
        time.sleep(0.05)
