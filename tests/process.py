"""Commands as processes of their own: arguments in, exit code and both streams out; what they do is not its affair."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[1]

# Variables that change what the command line or a database driver does.
_FOREIGN = ("RECONCILE_", "PG", "DATABASE_URL", "ENV", "CI", "FORCE_COLOR", "PYTHONWARNINGS")


@dataclass(frozen=True, slots=True)
class Result:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str

    def ok(self, *expected: int) -> Result:
        """Return this result if it ended with one of these exit codes (none given: 0), else fail and show it all."""
        assert self.code in (expected or (0,)), f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"
        return self


class Reconcile(Protocol):
    """Runs `reconcile ARGUMENTS…` as a process of its own."""

    def __call__(
        self, *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Result: ...


def surroundings(env: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return these variables in an environment that does not depend on whose machine this is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {"COLUMNS": "120", "NO_COLOR": "1", "PYTHONUTF8": "1", "RECONCILE_CACHE": "off"} | dict(env or {})


def run_process(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run a command in an environment that does not depend on whose machine this is."""
    done = subprocess.run(
        command, cwd=cwd, env=surroundings(env), input=stdin, capture_output=True, text=True, encoding="utf-8",
        check=False,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)
