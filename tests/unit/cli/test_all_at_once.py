"""Whatever is wrong with specs is told in one go: a slip in one place hides nothing that is wrong in another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.cli import main

PROJECT = 'reconcile: 1\nproject: p\ndialects: [sqlite]\nenvironments: {local: {url: "sqlite:///p.db"}}\n'
FORM = "table: a\ncolumns:\n  id: {type: int, nul: true}\n"
TWICE = "table: b\ncolumns:\n  id: {type: intt}\n  c: {type: int, references: nope.id}\n  c: {type: int}\n"
LOOSE = "table: c\ncolumns:\n  id: {type: int}\nprimary_key: [zz]\n"
MISFIT = "table: e\ncolumns:\n  n: {type: int, default: abc}\n"
QUERY = "view: v\nquery: selec 1\n"
TO_A = "table: f\ncolumns:\n  a: {type: int, references: a.id}\n  z: {type: int, references: nope.id}\n"


def told(files: Mapping[str, str], capsys: pytest.CaptureFixture[str], command: str = "validate") -> list[str]:
    Path("reconcile.yaml").write_text(PROJECT)
    for name, text in files.items():
        Path(name).write_text(text)
    assert main([command]) == 65
    err = capsys.readouterr().err
    return [
        " ".join(pair) for pair in zip(re.findall(r"error\[(\w+)\]", err), re.findall(r"--> (\S+)", err), strict=True)
    ]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_wrong_form_hides_no_wrong_word(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"a.yaml": FORM, "b.yaml": TWICE, "c.yaml": LOOSE, "e.yaml": MISFIT, "v.yaml": QUERY}
    assert told(files, capsys, command) == [
        "SPEC011 a.yaml:3:19", "SPEC020 b.yaml:3:14", "SPEC030 b.yaml:4:30", "SPEC006 b.yaml:5:3",
        "SPEC031 c.yaml:4:15", "SPEC200 e.yaml:3:27", "SPEC200 v.yaml:2:8",
    ]  # fmt: skip


def test_a_wrong_name_hides_nothing_that_the_dialect_cannot_have(capsys: pytest.CaptureFixture[str]) -> None:
    found = told({"all.yaml": "---\n".join([LOOSE, MISFIT, QUERY])}, capsys)
    assert found == ["SPEC031 all.yaml:4:15", "SPEC200 all.yaml:8:27", "SPEC200 all.yaml:11:8"]


@pytest.mark.parametrize(
    ("broken", "first"),
    [
        ("table: a\ncolumns: {id: int}\n", "SPEC013 a.yaml:2:15"),
        ("table: a\ncolumns: [id]\n", "SPEC013 a.yaml:2:10"),
        ("table: a\ncolumns: {id: {type: int}\n", "SPEC004 a.yaml:2:10"),
    ],
    ids=["a column", "a document", "a file"],
)
def test_what_only_misses_something_broken_is_not_blamed(
    broken: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told({"a.yaml": broken, "e.yaml": MISFIT, "f.yaml": TO_A}, capsys) == [first, "SPEC200 e.yaml:3:27"]


def test_a_slip_beside_a_name_leaves_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    slip = "table: a\ncolumns:\n  id: {type: int, not_null: yes}\nprimary_key: [id]\n"
    assert told({"a.yaml": slip, "f.yaml": TO_A}, capsys) == ["SPEC013 a.yaml:3:29", "SPEC030 f.yaml:4:30"]
