"""The database of these tests: a fresh PostgreSQL one, on every server version when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.target import Target, fresh, servers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `pg` on each server."""
    if "pg" in metafunc.fixturenames:
        names = servers(["postgres"], every=metafunc.config.getoption("--every-server"))
        metafunc.parametrize(
            "pg", [pytest.param(name, marks=pytest.mark.live("postgres")) for name in names], indirect=True
        )


@pytest.fixture
def pg(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh PostgreSQL database."""
    with fresh(request.param, tmp_path) as database:
        yield database
