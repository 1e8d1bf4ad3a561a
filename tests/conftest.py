"""What every test can ask for: a fresh database, the command line. The registry of dialects decides where it runs."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import warm
from tests.examples import register
from tests.process import Reconcile, Result, run_process, surroundings
from tests.target import Target, close_connections, dialect_of, fresh, servers

# What a test makes of specs is nobody's to keep, and nothing of an earlier run is to be met.
os.environ.setdefault("RECONCILE_CACHE", "off")

register()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let conformance be tested on further server versions of this machine too, and golden files be written anew."""
    parser.addoption(
        "--every-server", action="store_true", help="run what is of one dialect on every server version found"
    )
    parser.addoption("--update", action="store_true", help="write the golden files anew; look at what git says then")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `target` or `dialect` once for each dialect of the registry."""
    if "target" not in metafunc.fixturenames and "dialect" not in metafunc.fixturenames:
        return
    from reconciler.dialects import NAMES

    if "target" in metafunc.fixturenames:
        every = metafunc.config.getoption("--every-server") and _of_one_dialect(metafunc.definition.path)
        names = servers(sorted(NAMES), every=every)
        metafunc.parametrize("target", [_param(name) for name in names], indirect=True)
    else:
        metafunc.parametrize("dialect", sorted(NAMES))


def _of_one_dialect(path: Path) -> bool:
    """Say whether a test is about what one database does, which its versions do differently."""
    from reconciler.dialects import NAMES

    return "conformance" in path.parts and path.parent.name in NAMES


def _param(server: str) -> Any:
    return pytest.param(server, id=server, marks=pytest.mark.live(dialect_of(server)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Leave no connection behind, once what needs it is put away: a warning is an error here."""
    close_connections()
    warm.close()


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
def d1(tmp_path: Path) -> Iterator[Target]:
    """A fresh D1 database."""
    with fresh("d1", tmp_path) as database:
        yield database


@pytest.fixture
def sqlite_url(sqlite: Target) -> str:
    """The URL of a fresh SQLite database."""
    return sqlite.url


@pytest.fixture
def postgres_url(postgres: Target) -> str:
    """The URL of a fresh PostgreSQL database."""
    return postgres.url


# Read by Python or the loader when a process starts: a forked one is past that.
_AT_START = ("PYTHON", "LD_", "DYLD_")


@pytest.fixture
def reconcile(tmp_path: Path) -> Reconcile:
    """The command line, forked from one that is imported; its directory is the test's own unless another is given."""

    def run(
        *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> Result:
        if any(name.startswith(_AT_START) for name in env or {}):
            return started(*arguments, cwd=cwd or tmp_path, env=env, stdin=stdin)
        words = [str(word) for word in arguments]
        return warm.start(words, cwd=cwd or tmp_path, environ=surroundings(env), stdin=stdin).result()

    return run


@pytest.fixture
def installed(tmp_path: Path) -> Reconcile:
    """The command line as a user starts it, by an interpreter of its own: where the start is part of what is tested."""
    return functools.partial(started, cwd=tmp_path)


def started(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run `python -m reconciler ARGUMENTS…`."""
    return run_process([sys.executable, "-m", "reconciler", *map(str, arguments)], cwd=cwd, env=env, stdin=stdin)
