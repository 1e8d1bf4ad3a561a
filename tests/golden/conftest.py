"""Golden files: a text in, equality with the file of that name out; `pytest --update` writes them, never in CI."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file."""
    update = bool(request.config.getoption("--update"))

    def compare(name: str, text: str) -> None:
        path = HERE / name
        if update:
            assert not os.environ.get("CI"), "golden files are not written in CI: look at them before they count"
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8"), f"{name} differs; if that is right, pytest --update"

    return compare
