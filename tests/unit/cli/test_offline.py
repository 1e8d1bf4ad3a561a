"""types, schema and init: what they print, what they make, and that a new project can be planned right away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.dialects import NAMES
from reconciler.model.types import PORTABLE
from tests.guards.tree import ROOT


def test_every_portable_type_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["types", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["result"]["types"]
    assert {row["portable"].partition("(")[0].partition(",")[0] for row in rows} == set(PORTABLE)
    found = {row["portable"]: row["dialects"] for row in rows}
    assert all(set(dialects) == set(NAMES) for dialects in found.values())
    assert found["decimal(12,2)"]["sqlite"]["native"] == "DECIMAL(12,2)"
    assert found["bigint, identity"]["sqlite"]["native"] == "INTEGER"
    assert found["timestamptz"]["postgres"]["native"] == "timestamp with time zone"
    assert found["enum(mood)"]["sqlite"] == {"native": "TEXT", "with": ["check"], "notes": []}
    assert found["array(int)"]["sqlite"]["native"] is None
    assert found["array(int)"]["sqlite"]["notes"]


def test_the_table_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["types"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    heads = [line.replace(",", " ").split() for line in lines if line.startswith(" portable")]
    assert [word for head in heads for word in head if word != "portable"] == list(NAMES)


def test_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    kinds = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"spec", "table", "view", "enum", "project", "plan", "removed"} <= set(kinds)
    for kind in kinds:
        assert main(["schema", kind]) == 0
        text = capsys.readouterr().out
        assert text in {path.read_text("utf-8") for path in (ROOT / "schemas").glob("*.json")}
        assert main(["schema", kind, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["result"] == {"kind": kind, "schema": json.loads(text)}


def test_an_unknown_schema_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "tabel"]) == 64
    assert "did you mean 'table'?" in capsys.readouterr().err


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "ds103"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith(" DS103  drops a column\n")
    assert "\n     removed:\n       column.legacy_code: {reason: unused since 2025-11}\n" in text
    assert "--allow DS103:ADDRESS" in text
    assert main(["explain", "MF104", "--json"]) == 0
    assert "cannot be allowed" in json.loads(capsys.readouterr().out)["result"]["allow"]
    assert main(["explain", "--json"]) == 0
    known = {one["code"] for one in json.loads(capsys.readouterr().out)["result"]["codes"]}
    assert {"DS103", "SPEC006", "RUN004", "BF106"} <= known
    assert main(["explain", "SPEC06"]) == 64
    assert "`reconcile explain` lists them" in capsys.readouterr().err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "It's: a #shop"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_project_works_right_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    out = capsys.readouterr().out
    assert "reconcile plan" in out.splitlines()[-1]
    made = content(folder)
    assert {"reconcile.yaml", "schema/example.yaml", ".gitignore", ".vscode/settings.json"} <= set(made)
    assert made[".reconcile/schema/table.json"] == (ROOT / "schemas" / "table.json").read_bytes()
    assert main(["validate"]) == 0
    assert main(["fmt", "--check"]) == 0
    assert main(["plan", "--detailed-exitcode"]) == 2
    assert main(["apply", "--auto-approve"]) == 0
    assert main(["check"]) == 0


def test_the_second_time_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    before = content(folder)
    capsys.readouterr()
    assert main(["init", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["result"]["files"]
    assert {file["status"] for file in files} == {"there"}
    assert content(folder) == before


def test_what_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".vscode").mkdir()
    (folder / ".vscode/settings.json").write_text('{\n  // mine\n  "editor.rulers": [100]\n}\n')
    (folder / "reconcile.yml").write_text("reconcile: 1\nproject: mine\ndialects: [postgres]\n")
    (folder / ".gitignore").write_text("*.log")
    assert main(["init"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"!  reconcile\.yml +kept\n", out)
    assert 'add to it: "yaml.schemas"' in out
    found = content(folder)
    assert b"mine" in found[".vscode/settings.json"]
    assert b"project: mine" in found["reconcile.yml"]
    assert found[".gitignore"].startswith(b"*.log\n.reconcile/\n")
    assert not {"reconcile.yaml", "schema/example.yaml"} & set(found)


def test_old_schemas_are_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".reconcile/schema").mkdir(parents=True)
    (folder / ".reconcile/schema/table.json").write_text("{}")
    assert main(["init"]) == 0
    assert re.search(r"~  \.reconcile/schema/table\.json +updated\n", capsys.readouterr().out)


def test_a_place_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".vscode").write_text("a file")
    assert main(["init"]) == 1
    assert ".vscode" in capsys.readouterr().err
