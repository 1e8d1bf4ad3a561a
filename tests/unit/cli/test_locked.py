"""A database that somebody else holds: the wait ends in time, and the exit code says what it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.unit.cli.shops import ALLOW


@pytest.mark.parametrize(
    ("held", "command", "code"),
    [
        ("begin exclusive", ["plan"], 5),
        ("begin exclusive", ["apply", "--auto-approve", "--allow", ALLOW], 5),
        ("begin immediate", ["apply", "--auto-approve", "--allow", ALLOW], 5),
        ("begin immediate", ["plan"], 0),
    ],
)
def test_a_lock_that_is_not_had_in_time(
    held: str, command: list[str], code: int, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(shop / "shop.db", isolation_level=None)) as other:
        other.execute(held)
        assert main([*command, "--lock-timeout", "200ms"]) == code
        assert ("error[RUN005]" in capsys.readouterr().err) == bool(code)
    assert main(["apply", "--auto-approve", "--allow", ALLOW]) == 0
