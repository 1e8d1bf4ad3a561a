"""What every test can ask for: a fresh database, the command line. The registry of dialects decides where it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.target import Target, close_connections, dialect_of, fresh, servers

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let live tests run on further server versions of this machine too."""
    parser.addoption("--every-server", action="store_true", help="run live tests on every server version found")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `target` or `dialect` once for each dialect of the registry."""
    if "target" not in metafunc.fixturenames and "dialect" not in metafunc.fixturenames:
        return
    from reconciler.dialects import NAMES

    if "target" in metafunc.fixturenames:
        names = servers(sorted(NAMES), every=metafunc.config.getoption("--every-server"))
        metafunc.parametrize("target", [_param(name) for name in names], indirect=True)
    else:
        metafunc.parametrize("dialect", sorted(NAMES))


def _param(server: str) -> Any:
    return pytest.param(server, id=server, marks=pytest.mark.live(dialect_of(server)))


def pytest_sessionfinish() -> None:
    """Leave no connection behind: a warning is an error here."""
    close_connections()


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh database, once on each dialect."""
    with fresh(request.param, tmp_path) as database:
        yield database


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Target]:
    """A fresh SQLite database."""
    with fresh("sqlite", tmp_path) as database:
        yield database


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Target]:
    """A fresh PostgreSQL database."""
    with fresh("postgres", tmp_path) as database:
        yield database


@pytest.fixture
def sqlite_url(sqlite: Target) -> str:
    """The URL of a fresh SQLite database."""
    return sqlite.url


@pytest.fixture
def postgres_url(postgres: Target) -> str:
    """The URL of a fresh PostgreSQL database."""
    return postgres.url


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


@pytest.fixture
def reconcile(tmp_path: Path) -> Reconcile:
    """The installed command line; the working directory is the test's own unless another is given."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Result:
        return run_process(
            [sys.executable, "-m", "reconciler", *map(str, arguments)], cwd=cwd or tmp_path, env=env, stdin=stdin
        )

    return run


def run_process(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run a command in an environment that does not depend on whose machine this is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    surroundings = kept | {"COLUMNS": "120", "NO_COLOR": "1", "PYTHONUTF8": "1"} | dict(env or {})
    done = subprocess.run(
        command, cwd=cwd, env=surroundings, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


# Variables that change what the command line or a database driver does.
_FOREIGN = ("RECONCILE_", "PG", "DATABASE_URL", "ENV", "CI", "FORCE_COLOR", "PYTHONWARNINGS")
