"""The tutorial as it is typed, and every other command that the documentation shows, run on a project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.guards.test_docs import PAGES, typed
from tests.process import ROOT, surroundings

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROJECT = """\
reconcile: 1
project: shop
specs: [schema]
dialects: [sqlite]
environments:
  local: {url: "sqlite:///shop.db", default: true, disposable: true, policy: {approve: never}}
  production: {url: "sqlite:///production.db"}
"""
# They go on until somebody ends them; these tests run them.
ELSEWHERE = {"serve": "tests/unit/serve", "watch": "tests/unit/watch"}


def _said(folder: Path, command: str, tools: Path) -> tuple[str, Path]:
    """Run a command as a shell does; return what it printed, and where the shell stands then."""
    env = {**surroundings({"PYTHONPATH": str(ROOT), "COLUMNS": "80"})}
    env["PATH"] = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{command}\necho; echo __at $PWD"], cwd=folder, capture_output=True, text=True, env=env,
        timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    said, _, place = done.stdout.rpartition("__at ")
    return said, Path(place.strip())


def _found(shown: list[str], said: str) -> list[str]:
    """Return the lines of a page that were not printed, in their order; `…` stands for anything."""
    pattern = [".*".join(map(re.escape, line.split("…"))) for line in shown if line.strip() and line != "…"]
    lost, at = [], 0
    for wanted in pattern:
        match = re.compile(f"^{wanted}$", re.MULTILINE).search(said, at)
        lost += [] if match else [wanted]
        at = match.end() if match else at
    return lost


def test_the_tutorial_is_what_happens(tmp_path: Path) -> None:
    tools, place = tmp_path / "bin", tmp_path
    tools.mkdir()
    (tools / "reconcile").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reconciler "$@"\n')
    (tools / "reconcile").chmod(0o755)
    for sort, block in _BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8")):
        if sort == "yaml":
            (place / block.partition("\n")[0].removeprefix("# ")).write_text(block)
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            said, place = _said(place, command, tools)
            assert _found(shown, said) == [], f"{command}\n{said}"
    assert (place / "plan.html").exists()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two databases, a commit called main, and what the pages speak of."""
    shutil.copytree(ROOT / "specs" / "quickstart", tmp_path / "schema", ignore=shutil.ignore_patterns("*.db*", "*.md"))
    (tmp_path / "schema" / "reconcile.yaml").unlink()
    (tmp_path / "reconcile.yaml").write_text(PROJECT)
    for name in ("shop.db", "production.db"):
        subprocess.run([sys.executable, str(tmp_path / "schema" / "before.py"), name], cwd=tmp_path, check=True)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "a"], ["branch", "origin/main"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RECONCILE_ENV", "local")
    return tmp_path


def test_every_command_of_the_pages_runs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fax = "DS103:table.customers.column.fax"
    assert main(["apply", "--auto-approve", "--allow", fax]) == 0
    wrong, ran = {}, 0
    for page in PAGES:
        for words in typed(page.read_text("utf-8")) if page.name != "tutorial.md" else []:
            if words[0] in ELSEWHERE:
                continue
            capsys.readouterr()
            code = main([*words, "--no-input"] if words[0] not in ("fmt", "init", "explain") else words)
            told = capsys.readouterr().err
            ran += 1
            if code in (64, 65) or "RUN000" in told:
                wrong[f"{page.name}: {shlex.join(words)}"] = told
    assert wrong == {}
    assert ran > 15
