"""A fresh project on a fresh SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.driver import Project
from tests.target import Target


@pytest.fixture
def project(sqlite: Target, tmp_path: Path) -> Project:
    return Project(tmp_path, sqlite)
