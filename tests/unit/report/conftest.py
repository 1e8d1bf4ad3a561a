"""What several tests of reports look at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.report.facts import Review
from tests.reviews import project, review
from tests.unit.report.hostile import HOSTILE


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A plan on a real database in which every name, comment and text is hostile."""
    monkeypatch.chdir(tmp_path)
    names = [name for name in HOSTILE if "\x1b" not in name]
    specs = []
    for number, name in enumerate(names):
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
        specs.append(
            f"table: t{number}\ncomment: {quoted}\ncolumns:\n  {quoted}: {{type: text, default: {quoted}}}\n"
            f"  kept: {{type: text}}\nremoved:\n  column.gone{number}: {{reason: {quoted}}}\n"
        )
    made_before = "".join(f"create table t{n} (kept text, gone{n} text);" for n in range(len(names)))
    folder = project(tmp_path, "---\n".join(specs), made_before)
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        for number, name in enumerate(HOSTILE):
            connection.execute('create table "u{} {}" (x)'.format(number, name.replace('"', '""')))
    return review(folder)
