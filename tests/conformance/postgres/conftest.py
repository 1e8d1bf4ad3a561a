"""The database of these tests: a PostgreSQL one, on every server version when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.target import Target, fresh, servers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `pg` or `shared_pg` on each server."""
    for fixture in {"pg", "shared_pg"} & set(metafunc.fixturenames):
        names = servers(["postgres"], every=metafunc.config.getoption("--every-server"))
        params = [pytest.param(name, marks=pytest.mark.live("postgres")) for name in names]
        metafunc.parametrize(fixture, params, indirect=True, scope="module" if fixture == "shared_pg" else None)


@pytest.fixture
def pg(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh PostgreSQL database."""
    with fresh(request.param, tmp_path) as database:
        yield database


@pytest.fixture(scope="module")
def shared_pg(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One PostgreSQL database for all tests of a module, which leave nothing behind."""
    with fresh(request.param, tmp_path_factory.mktemp("shared")) as database:
        yield database
