"""A command in, what it cost as a process of its own out: wall time, CPU time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RECONCILE = (sys.executable, "-m", "reconciler")
FLOOR = (sys.executable, "-m", "benchmarks.floors")
SCRIPT = (sys.executable, "-m", "benchmarks.script")

# What getrusage counts memory in: kilobytes, on macOS bytes (getrusage(2)).
_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost: seconds by the clock, seconds of CPU of its own, megabytes at its peak."""

    wall: float
    cpu: float
    peak: float


def measured(command: Sequence[str | Path], *, folder: Path, output: Path | None = None) -> Cost:
    """Run a command to its end, compiled as what is installed is: a setting that keeps Python from it is left out.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        output: where its standard output goes; nowhere by default.

    Raises:
        RuntimeError: when it ends with another exit code than 0, with what it said.
    """
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    errors = folder / "errors.txt"
    with (output or Path(os.devnull)).open("wb") as out, errors.open("wb") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env=environ | {"PYTHONPATH": paths},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = errors.read_text("utf-8", "replace")[-2000:]
        raise RuntimeError(f"exit {process.returncode}: {' '.join(map(str, command))}\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _UNIT / 1e6)
