"""Specs as other systems write them, and names that take no cell or two: read, planned, and still in line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.report.problems import width
from tests.unit.cli.shops import ALLOW, SPECS, columns


@pytest.mark.parametrize(
    "raw",
    [SPECS.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + SPECS.encode(), SPECS.rstrip("\n").encode()],
    ids=["Windows line ends", "byte order mark", "no line end at the end"],
)
def test_they_mean_the_same(raw: bytes, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    expected = [line for line in capsys.readouterr().out.splitlines() if "PLAN" in line]
    Path("shop.yaml").write_bytes(raw)
    assert main(["plan"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if "PLAN" in line] == expected
    assert main(["apply", "--auto-approve", "--allow", ALLOW]) == 0
    assert columns(shop) == ["id", "name"]


def test_an_error_in_windows_lines_has_its_place(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("shop.yaml").write_bytes(b"\xef\xbb\xbftable: a\r\ncolumns:\r\n  id: {typ: int}\r\n")
    assert main(["validate"]) == 65
    err = capsys.readouterr().err
    assert "shop.yaml:3:8" in err
    assert "\u240d" not in err


def test_a_pipe_among_the_specs_is_told_and_not_waited_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.yaml")
    assert main(["validate"]) == 65
    err = capsys.readouterr().err
    assert "SPEC001" in err
    assert "pipe.yaml:1:1" in err


@pytest.mark.parametrize("before", ["\ufeff", "# a\x85# b\u2028# c\r# d\r\n"], ids=ascii)
def test_the_line_of_what_a_database_cannot_have_is_the_line_of_the_file(
    before: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = before + "table: sqlite_t\ncolumns: {a: {type: int}}\n"
    Path("shop.yaml").write_bytes(text.encode())
    assert main(["validate"]) == 65
    assert " | table: sqlite_t\n  |        ^^^^^^^^\n" in capsys.readouterr().err


@pytest.mark.parametrize("columns_", ["60", "80", "132"])
def test_wide_and_combining_names_keep_the_lines_in_place(
    columns_: str, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns_)
    names = ["\u6f22\u5b57" * 12, "e\u0301" * 30, "\U0001f4a1" * 9, "plain"]
    Path("shop.yaml").write_text(
        "---\n".join(f'table: "{name}"\ncolumns:\n  "{name}": {{type: int}}\n' for name in names), "utf-8"
    )
    for command in ("plan", "check"):
        main([command, "--color", "never"])
        # An address of a target is one word, as long as it is; SQL and sentences are indented and stay whole.
        lines = [line for line in capsys.readouterr().out.splitlines() if "sqlite:///" not in line]
        assert [line for line in lines if width(line) > int(columns_) and not line.startswith("       ")] == []


def test_a_long_note_fits_the_terminal(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--auto-approve", "--allow", ALLOW]) == 0
    Path("shop.yaml").write_text(SPECS.replace("name:", "the_name_of_whoever_it_is:"))
    capsys.readouterr()
    assert main(["plan"]) == 0
    told = capsys.readouterr().out.splitlines()
    noted = told[told.index(" Notes:") :]
    noted = noted[: noted.index("")]
    assert "looks like" in " ".join(noted)
    assert all(width(line) <= 80 for line in noted)
