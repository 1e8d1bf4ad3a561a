"""fmt as a command: what it writes, lists and shows, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.guards.tree import ROOT

UGLY = "columns: {id: {identity: true, type: bigint}}  # keys\ntable: t\n"
PRETTY = "table: t\ncolumns:  # keys\n  id: {type: bigint, identity: true}\n"
BROKEN = "table: b\ncolumns: {id: {typ: bigint}}\n"
PROJECT = "project: p\nreconcile: 1\ndialects: [sqlite]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reconcile.yaml").write_text(PROJECT)
    (tmp_path / "ugly.yaml").write_text(UGLY)
    (tmp_path / "pretty.yaml").write_text(PRETTY)
    return tmp_path


def test_it_writes_what_differs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ugly.yaml").chmod(0o640)
    before = (folder / "pretty.yaml").stat()
    assert main(["fmt"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [" ~ reconcile.yaml", " ~ ugly.yaml", " 2 files formatted, 1 file in canonical form"]
    assert err == ""
    assert (folder / "ugly.yaml").read_text() == PRETTY
    assert (folder / "ugly.yaml").stat().st_mode & 0o777 == 0o640
    assert (folder / "pretty.yaml").stat().st_mtime_ns == before.st_mtime_ns
    assert (folder / "reconcile.yaml").read_text().startswith("reconcile: 1\nproject: p\n")
    assert sorted(path.name for path in folder.iterdir()) == ["pretty.yaml", "reconcile.yaml", "ugly.yaml"]
    assert main(["fmt"]) == 0
    assert capsys.readouterr().out == " 3 files in canonical form\n"


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "ugly.yaml").rename(folder / "real.txt")
    (folder / "ugly.yaml").symlink_to("real.txt")
    assert main(["fmt", "ugly.yaml"]) == 0
    assert (folder / "ugly.yaml").is_symlink()
    assert (folder / "real.txt").read_text() == PRETTY


def test_check_writes_nothing_and_exits_with_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "ugly.yaml", "pretty.yaml"]) == 1
    assert " ! ugly.yaml" in capsys.readouterr().out
    assert (folder / "ugly.yaml").read_text() == UGLY
    assert main(["fmt", "--check", "pretty.yaml"]) == 0


def test_diff_shows_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", "ugly.yaml"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "--- ugly.yaml", "+++ ugly.yaml", "@@ -1,2 +1,3 @@",
        "-columns: {id: {identity: true, type: bigint}}  # keys", " table: t",
        "+columns:  # keys", "+  id: {type: bigint, identity: true}",
    ]  # fmt: skip
    assert main(["fmt", "--diff", "--check", "--color", "always", "ugly.yaml"]) == 1
    assert "\x1b[32m+columns:" in capsys.readouterr().out
    assert (folder / "ugly.yaml").read_text() == UGLY


def test_what_is_wrong_is_told_and_the_others_are_formatted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    assert main(["fmt"]) == 65
    out, err = capsys.readouterr()
    assert " ~ ugly.yaml" in out
    assert "--> broken.yaml:2:16" in err
    assert (folder / "broken.yaml").read_text() == BROKEN
    assert (folder / "ugly.yaml").read_text() == PRETTY


def test_as_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    assert main(["fmt", "--check", "--json"]) == 65
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["exit_code"]) == (False, 65)
    assert (found["result"]["files"], found["result"]["changed"]) == (3, ["reconcile.yaml", "ugly.yaml"])
    assert found["diagnostics"][0]["range"]["start"] == {"line": 2, "column": 16}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf" + PRETTY.encode(), PRETTY.encode()),
        (UGLY.replace("\n", "\r\n").encode(), PRETTY.replace("\n", "\r\n").encode()),
        ("table: t\r\ncolumns: {a: {type: int, comment: 'x  y e\u0301 \u6f22'}}".encode(),
         "table: t\r\ncolumns:\r\n  a: {type: int, comment: \"x  y e\u0301 \u6f22\"}\r\n".encode()),
    ],
    ids=["byte order mark", "Windows line ends", "no line end at the end"],
)  # fmt: skip
def test_bytes(before: bytes, after: bytes, folder: Path) -> None:
    (folder / "x.yaml").write_bytes(before)
    assert main(["fmt", "x.yaml"]) == 0
    assert (folder / "x.yaml").read_bytes() == after
    assert main(["fmt", "--check", "x.yaml"]) == 0


def test_directories_and_globs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "deep" / ".hidden").mkdir(parents=True)
    for place in ("deep/a.yml", "deep/.hidden/b.yaml", "deep/reconcile.yaml"):
        (folder / place).write_text(PROJECT if "reconcile" in place else UGLY)
    assert main(["fmt", "--check", "deep", "*.yaml"]) == 1
    listed = capsys.readouterr().out.splitlines()[:-1]
    assert listed == [" ! deep/a.yml", " ! deep/reconcile.yaml", " ! reconcile.yaml", " ! ugly.yaml"]


def test_what_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "nowhere.yaml"]) == 65
    assert "there is no file or directory nowhere.yaml" in capsys.readouterr().err
    (folder / "reconcile.yaml").unlink()
    assert main(["fmt"]) == 64


def test_a_file_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["fmt", "ugly.yaml"]) == 1
    assert "ugly.yaml cannot be written: No space left on device" in capsys.readouterr().err
    assert (folder / "ugly.yaml").read_text() == UGLY
    assert not list(folder.glob(".ugly*"))


def test_the_specs_of_this_project_are_canonical(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", str(ROOT / "specs")]) == 0, capsys.readouterr().out
