"""The database of these tests: a fresh one, once on MySQL and once on MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.driver import Project
from tests.conformance.mysql.whole_server import alone_with
from tests.target import Target, fresh, servers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `my` on each flavor."""
    if "my" in metafunc.fixturenames:
        names = servers(["mysql", "mariadb"], every=metafunc.config.getoption("--every-server"))
        marks = {name: pytest.mark.live(name.partition("-")[0]) for name in names}
        metafunc.parametrize("my", [pytest.param(name, id=name, marks=marks[name]) for name in names], indirect=True)


@pytest.fixture
def my(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """A fresh database of the flavor."""
    with fresh(request.param, tmp_path) as database:
        yield database


@pytest.fixture
def project(my: Target, tmp_path: Path) -> Project:
    """A project on that database."""
    return Project(tmp_path, my)


@pytest.fixture
def alone(my: Target) -> Iterator[None]:
    """Keep other tests that change or read what holds for the whole server waiting."""
    with alone_with(my):
        yield
