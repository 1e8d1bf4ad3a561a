"""A whole project as a page: everything that is declared stands on it, and no name does anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.report.declared import Declared
from reconciler.report.facts import Review
from reconciler.report.graph.needs import deps
from reconciler.report.graph.tables import erd
from reconciler.report.html.schema_page import schema_html
from reconciler.report.problems import safe
from tests.guards.tree import ROOT
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.pages import Page


def _page(words: list[str], path: Path) -> Page:
    assert main(["graph", *words, "-o", f"html={path}", "-q"]) == 0
    found = Page(path.read_text("utf-8"))
    assert found.odd == []
    assert {target[1:] for target in found.targets} <= set(found.ids)
    return found


def test_a_project_is_documented_whole_or_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "specs" / "platform")
    monkeypatch.delenv("RECONCILE_ENV", raising=False)
    found = _page([], tmp_path / "a.html")
    assert {"erd", "deps"} <= set(found.ids)
    tables = [name for name in found.ids if name.startswith("table.")]
    assert len(tables) > 3
    quick = _page(["-C", str(ROOT / "specs" / "quickstart")], tmp_path / "c.html")
    assert "Whoever has ordered something, or might." in quick.text  # which SQLite does not keep
    assert found.source.count("<svg") == 2
    one = _page(["--select", tables[0]], tmp_path / "b.html")
    assert [name for name in one.ids if name.startswith("table.")] == tables[:1]
    assert main(["graph", "-o", "html", "--select", "table.nothing*"]) == 64


def test_hostile_names_stay_text(hostile: Review) -> None:
    model = hostile.desired.model
    text = schema_html(
        Declared(project="</style><script>", dialect="sqlite", desired=hostile.desired,
                 tables=erd(model, "x"), needs=deps(model, (), "x"), comments=dict.fromkeys(model, "</td><script>"))
    )  # fmt: skip
    found = Page(text)
    assert found.odd == []
    # A default, a comment and a name of each; a blank at either end is kept.
    assert all(safe(name) in found.text for name in HOSTILE if "\x1b" not in name)
