"""The documentation holds together: its reference says what the code does, commands parse, links lead somewhere."""

from __future__ import annotations

import re
import runpy
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reconciler.cli.parser import COMMANDS, Misused, parse
from tests.guards.tree import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PLACEHOLDER = re.compile(r"[…|\[\]<>]|\b[A-Z]{2,}\b")


def typed(text: str) -> list[list[str]]:
    """Return the commands of ours that a page shows as they are typed, those with a placeholder left out."""
    lines = [line[2:] for _, block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]
    return [*_words(lines)]


def _words(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        words = re.split(r";| [|>&#]", line.removesuffix("\\"))[0]
        if words.startswith("reconcile ") and not _PLACEHOLDER.search(words.replace("DS1", "")):
            yield shlex.split(words)[1:]


def test_the_reference_is_what_the_code_says() -> None:
    """`scripts/reference` writes it."""
    texts = runpy.run_path(str(ROOT / "scripts" / "reference"))["texts"]()
    held = {name: (ROOT / "docs" / name).read_text("utf-8") for name in texts}
    assert held == texts, "run scripts/reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_one(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("schema", "shop", "db"):
        (tmp_path / name).mkdir()
    wrong = {}
    text = page.read_text("utf-8")
    named = re.findall(r"`(reconcile [^`]+)`", _BLOCK.sub("", text))
    for words in [*typed(text), *_words(named)]:
        try:
            parse(words)
        except Misused as error:
            if "Missing" not in error.message or words in typed(text):  # a sentence may name a command alone
                wrong[shlex.join(words)] = error.message
    assert wrong == {}


def test_every_command_has_a_place_in_the_readme_or_the_docs() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES if page.name != "commands.md")
    assert [name for name in COMMANDS if not re.search(rf"reconcile {name}\b|`{name}[ `|]", text)] == []


def test_links_lead_somewhere() -> None:
    lost = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _BLOCK.sub("", page.read_text("utf-8"))):
            if not target.startswith(("http", "mailto:")) and not (page.parent / target).exists():
                lost.append(f"{page.name}: {target}")
    assert lost == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"({page.name})" not in index] == ["index.md"]
