"""`reconcile graph`: what is asked for in which format, without a database; the pictures are tests/unit/report's."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.process import ROOT


@pytest.fixture
def quickstart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "quickstart"
    shutil.copytree(ROOT / "specs" / "quickstart", folder, ignore=shutil.ignore_patterns("*.db*"))
    monkeypatch.chdir(folder)
    return folder


def test_every_format_of_both_pictures(quickstart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for sort in ("--erd", "--deps"):
        assert main(["graph", sort, "-o", "svg=a.svg", "-o", "mermaid=a.mmd", "-o", "dot=a.dot", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["result"]
        assert {one["address"] for one in found["nodes"]} >= {"table.customers", "table.orders"}
        assert ("view.order_totals" in {one["address"] for one in found["nodes"]}) is (sort == "--deps")
        assert {(one["source"], one["target"]) for one in found["edges"]} >= {("table.orders", "table.customers")}
        assert ET.fromstring(Path("a.svg").read_text("utf-8")).tag.endswith("svg")
        assert Path("a.mmd").read_text("utf-8").startswith("erDiagram" if sort == "--erd" else "flowchart LR")
        assert Path("a.dot").read_text("utf-8").startswith("digraph")
    assert not list(quickstart.glob("*.db"))


def test_a_part_of_it_and_a_glob_that_fits_nothing(quickstart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--select", "table.pay*", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["result"]
    assert [(one["address"], one["outside"]) for one in found["nodes"]] == [
        ("table.orders", True), ("table.payments", False),
    ]  # fmt: skip
    assert main(["graph", "--select", "table.paymnts", "-o", "svg=a.svg"]) == 64
    assert "no object of this picture fits" in capsys.readouterr().err
    assert main(["graph", "--erd", "--deps"]) == 64
    assert main(["graph", "-o", "markdown"]) == 64


def test_a_project_of_several_environments_needs_none(quickstart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("reconcile.yaml").write_text(
        "reconcile: 1\nproject: shop\ndialects: [postgres, sqlite]\nenvironments:\n"
        "  a: {url: {env: NOT_SET}, dialect: postgres}\n  b: {url: 'sqlite:///b.db'}\n"
    )
    assert main(["graph", "-o", "mermaid"]) == 0
    assert "bigint id PK" in capsys.readouterr().out
    assert main(["graph", "-o", "mermaid", "-e", "b"]) == 0
    assert "INTEGER id PK" in capsys.readouterr().out


def test_wrong_specs_are_told_and_nothing_is_drawn(quickstart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.yaml").write_text("table: a\ncolour: red\n")
    assert main(["graph", "-o", "svg"]) == 65
    told = capsys.readouterr()
    assert told.out == ""
    assert "wrong.yaml:2:1" in told.err
