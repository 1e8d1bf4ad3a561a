"""Assertions on the command line: how a command ends, and what it says in each form."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.cli import main

PLAN = Draft7Validator(json.loads(files("reconciler.schemas").joinpath("plan.schema.json").read_text("utf-8")))
EVENT = Draft7Validator(json.loads(files("reconciler.schemas").joinpath("ndjson.schema.json").read_text("utf-8")))
TABLES = """table: users
columns: {id: {type: int, primary_key: true}, secret: {type: text, sensitive: true}, quota: {type: int}}
"""
HOLDS = "---\nassertion: holds\nquery: select id from users where quota is null\n"
FAILS = (
    "---\nassertion: fails\nsample: 1\nquery: select id, secret as s, quota from users where quota < 0 order by id\n"
)
WARNS = FAILS.replace("fails", "warns") + "severity: warn\n"
# Nobody declared the table, so that the specs cannot tell whether it is there.
BROKEN = "---\nassertion: broken\nquery: select id from elsewhere\n"
Specs = Callable[..., None]


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Specs:
    """A project of which two users owe something; the specs are the table and what is given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    Path("reconcile.yaml").write_text(
        "reconcile: 1\nproject: p\nenvironments: {here: {url: 'sqlite:///p.db', policy: {approve: never}}}\n"
    )
    Path("s.yaml").write_text(TABLES)
    assert main(["apply"]) == 0
    with closing(sqlite3.connect("p.db")) as connection, connection:
        connection.executemany("insert into users values (?, ?, ?)", [(1, "k\x1b[2Jey", -1), (2, "b", -2), (3, "c", 4)])

    def write(*documents: str) -> None:
        Path("s.yaml").write_text("".join((TABLES, *documents)))

    return write


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == code
    return found


@pytest.mark.parametrize(
    ("documents", "check", "apply"),
    [
        ((), 0, 0),
        ((HOLDS,), 0, 0),
        ((HOLDS, WARNS), 0, 0),
        ((HOLDS, FAILS, WARNS), 2, 1),
        ((HOLDS, BROKEN), 1, 1),
        ((BROKEN + "severity: warn\n",), 0, 0),
        ((FAILS, BROKEN), 2, 1),
    ],
)  # fmt: skip
def test_how_commands_end(specs: Specs, documents: tuple[str, ...], check: int, apply: int) -> None:
    specs(*documents)
    assert main(["check"]) == check
    assert main(["apply"]) == apply


def test_what_is_not_applied_yet_is_drift(specs: Specs, capsys: pytest.CaptureFixture[str]) -> None:
    specs("---\ntable: later\ncolumns: {id: {type: int}}\n---\nassertion: a\nquery: select id from later\n")
    found = told(capsys, "check", code=2)["result"]
    (one,) = found["assertions"]
    assert (found["pending"], one["status"], one["rows"]) == (True, "error", None)
    assert "`reconcile apply` makes" in one["message"]
    assert told(capsys, "apply", code=0)["result"]["assertions"][0]["status"] == "pass"


def test_as_text(specs: Specs, capsys: pytest.CaptureFixture[str]) -> None:
    specs(HOLDS, FAILS, BROKEN, "---\ntable: more\ncolumns: {id: {type: int}}\n")
    capsys.readouterr()
    assert main(["plan"]) == 0
    assert "Assertions (3), asked once it is applied:\n   ? assertion.broken" in capsys.readouterr().out
    assert main(["apply"]) == 1
    out, err = capsys.readouterr()
    assert "Applied 1 of 1 step" in out
    assert "Assertions (3): 1 fails, 1 could not be asked, 1 passes" in out
    assert "✗ assertion.fails   2 rows" in out
    assert "s.yaml:7" in out
    assert "id  s            quota\n        1  (sensitive)     -1\n       … 1 more row" in out
    assert "assertion.holds" not in out
    assert "everything is applied and stays so, but 1 assertion fails; 1 assertion could not be asked" in err
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert main(["check", "-v"]) == 2
    assert "✔ assertion.holds" in capsys.readouterr().out


def test_as_data(specs: Specs, capsys: pytest.CaptureFixture[str]) -> None:
    specs(HOLDS, FAILS)
    planned = told(capsys, "plan", code=0)["result"]
    assert [*PLAN.iter_errors(planned)] == []
    assert [one["status"] for one in planned["assertions"]] == ["pending", "pending"]
    expected = {
        "address": "assertion.fails", "status": "fail", "severity": "error", "rows": 2,
        "sample": [{"id": 1, "s": "(sensitive)", "quota": -1}], "message": "",
    }  # fmt: skip
    for command, code in (("check", 2), ("apply", 1)):
        found = told(capsys, command, code=code)["result"]["assertions"]
        assert {name: value for name, value in found[0].items() if name != "seconds"} == expected
        assert found[1]["status"] == "pass"
    applied = told(capsys, "apply", code=1)
    assert [*PLAN.iter_errors(applied["result"])] == []
    assert applied["diagnostics"][0]["code"] == "RUN023"


def test_as_events_and_markdown(specs: Specs, capsys: pytest.CaptureFixture[str]) -> None:
    specs(HOLDS, FAILS)
    for command, code in (("check", 2), ("apply", 1)):
        capsys.readouterr()
        assert main([command, "-o", "ndjson"]) == code
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert all(map(EVENT.is_valid, events))
        said = [(one["address"], one["status"], one["@level"]) for one in events if one["type"] == "assertion"]
        assert said == [("assertion.fails", "fail", "error"), ("assertion.holds", "pass", "info")]
    assert main(["check", "-o", "markdown"]) == 2
    out = capsys.readouterr().out
    assert "### 🔴" in out
    assert "| `assertion.fails` | error | **fails** | 2 | `id = 1, s = (sensitive), quota = -1` |" in out


def test_a_saved_plan_asks_what_it_was_made_with(specs: Specs, capsys: pytest.CaptureFixture[str]) -> None:
    specs(FAILS, "---\ntable: more\ncolumns: {id: {type: int}}\n")
    assert main(["plan", "--out", "p.json"]) == 0
    assert [*PLAN.iter_errors(json.loads(Path("p.json").read_text()))] == []
    specs()
    assert [one["address"] for one in told(capsys, "apply", "p.json", code=1)["result"]["assertions"]] == [
        "assertion.fails"
    ]
