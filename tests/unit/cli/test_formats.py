"""Several formats at once, each whole in its place; a format that a command does not give is wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli import main


def test_text_and_markdown_and_json_at_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-o", "text", "-o", "markdown=plan.md", "-o", "json=plan.json"]) == 0
    out = capsys.readouterr().out
    assert " PLAN  pl_" in out
    assert Path("plan.md").read_text().startswith("<!-- reconcile:plan:")
    assert json.loads(Path("plan.json").read_text())["result"]["plan_id"] in out


def test_markdown_alone_takes_the_place_of_text(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-o", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("<!-- reconcile:plan:")


def test_a_failure_is_told_in_each_format(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("shop.yaml").write_text("table: a\ncolour: red\n")
    assert main(["plan", "-o", "markdown=plan.md", "--json"]) == 65
    assert "unknown key" in Path("plan.md").read_text()
    assert json.loads(capsys.readouterr().out)["exit_code"] == 65


@pytest.mark.parametrize("words", [["fmt", "-o", "markdown"], ["types", "-o", "markdown=x.md"]], ids=" ".join)
def test_a_format_that_is_not_given(words: list[str], shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 64
    assert f"{words[0]} gives text and json, not markdown" in capsys.readouterr().err
    assert not Path("x.md").exists()
