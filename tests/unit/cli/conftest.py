"""Fixtures for tests of the commands."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.reviews import project
from tests.unit.cli.forge import Repository, cloned
from tests.unit.cli.shops import BEFORE, SPECS


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a column to add and one to drop, and the current directory in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "RECONCILE_ENV", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return project(tmp_path, SPECS, BEFORE)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone on the branch `change`, with a project in `db`."""
    return cloned(tmp_path)
