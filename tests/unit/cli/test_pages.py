"""Pages of plans and runs, asked for as a format; what stands on them is tests/unit/report's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.process import ROOT
from tests.unit.report.pages import Page


def _page(path: str) -> Page:
    found = Page(Path(path).read_text("utf-8"))
    assert found.odd == []
    return found


def test_a_plan_a_saved_plan_and_a_difference(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-o", "html=a.html", "--out", "plan.json"]) == 0
    assert " PLAN  pl_" in capsys.readouterr().out
    assert main(["show", "plan.json", "-o", "html=b.html"]) == 0
    assert main(["diff", "empty", "spec", "-o", "html=c.html"]) == 0
    assert main(["plan", "--against", "empty", "-o", "html"]) == 0
    assert "<!doctype html>" in capsys.readouterr().out
    planned, saved = _page("a.html"), _page("b.html")
    assert planned.ids == saved.ids
    assert "picture" in planned.ids
    assert "apply plan.json" in saved.text
    assert "reconcile apply" not in _page("c.html").text


def test_a_failure_is_a_page_too(shop: Path) -> None:
    Path("shop.yaml").write_text("table: a\n<script>: red\n")
    assert main(["plan", "-o", "html=a.html"]) == 65
    assert "unknown key" in _page("a.html").text


def test_what_makes_pages_is_not_loaded_by_who_wants_none(shop: Path) -> None:
    words = "import sys; from reconciler.cli import main; main(['plan', '-q']); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=shop,
                          env={"PYTHONPATH": str(ROOT), "PATH": ""})  # fmt: skip
    assert {"jinja2", "pygments", "reconciler.report.graph.svg"}.isdisjoint(done.stdout.split())
