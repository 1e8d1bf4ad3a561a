"""Findings as forges and build servers read them; names that were made up to be read as something else stay names."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from reconciler.cli import main
from reconciler.errors import Position, Problem
from reconciler.report.findings import FORMS, Findings
from tests.unit.cli.shops import BEFORE
from tests.unit.cli.shops import SPECS as SHOP

HOSTILE = (
    "x\n::error file=a,line=1::owned\r\n##[add-path]/tmp %0A%25 :,; ]]> <script>&amp; "
    "\x1b[2J \u202e \ud800 \uffff \0 'q' \""
)
PROBLEMS = (
    Problem(code="SPEC201", message="lost", severity="warning", position=Position("b.yaml", 9, 1)),
    Problem(code="DS103", message=HOSTILE, hint=HOSTILE, address="table.t.column.a", severity="error",
            position=Position("a:b,c %1é/x y.yaml", 3, 5, 9), also=(Position("b.yaml", 1, 1),)),
    Problem(code="MY130", message="as it is", address="table.t", severity="info"),
    Problem(code="RUN010", message="postgresql://me:hunter2@host cannot be reached"),
    Problem(code="ZZ999", message="of a code without a page"),
)  # fmt: skip
FOUND = Findings(command="lint", problems=PROBLEMS)

# What the SARIF 2.1.0 schema asks of the parts that are written here (sarif-schema-2.1.0.json).
_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_FROM_ONE = {"type": "integer", "minimum": 1}
_LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "logicalLocations": {"type": "array", "items": {"required": ["fullyQualifiedName"]}},
        "physicalLocation": {
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {"properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9%_.~/-]+$"}}},
                "region": {
                    "required": ["startLine", "startColumn", "endLine", "endColumn"],
                    "additionalProperties": _FROM_ONE,
                },
            },
        },
    },
}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {"help": _TEXT, "shortDescription": _TEXT},
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "ruleIndex"],
                            "properties": {
                                "message": _TEXT,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "locations": {"type": "array", "items": _LOCATION},
                                "relatedLocations": {"type": "array", "items": _LOCATION},
                            },
                        }
                    },
                },
            },
        },
    },
}


def commands_in(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub's runner does (actions/runner, src/Runner.Common/ActionCommand.cs)."""
    found = []
    for line in text.splitlines():
        assert line.startswith("::")
        head, message = line[2:].split("::", 1)
        command, _, rest = head.partition(" ")
        values = dict(pair.split("=", 1) for pair in rest.split(","))
        plain = {
            name: value.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",")
            .replace("%25", "%")
            for name, value in values.items()
        }  # fmt: skip
        found.append((command, plain, message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")))
    return found


def test_annotations_are_one_line_each_and_nothing_escapes() -> None:
    text = FORMS["github"](FOUND)
    found = commands_in(text)
    assert [command for command, _, _ in found] == ["error", "error", "error", "warning", "notice"]
    values, message = found[0][1:]
    assert values["file"] == "a:b,c %1é/x y.yaml"
    assert (values["line"], values["col"], values["endColumn"]) == ("3", "5", "9")
    assert values["title"] == "DS103 drops a column"
    assert "\n::error file=a,line=1::owned\n##[add-path]/tmp %0A%25 :,;" in message
    assert "\x1b" not in text
    assert "\0" not in text
    assert "hunter2" not in text


def test_sarif_has_the_form_that_its_schema_wants() -> None:
    data = json.loads(FORMS["sarif"](FOUND))
    assert [error.message for error in Draft7Validator(SARIF).iter_errors(data)] == []
    run = data["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    first = run["results"][0]
    assert unquote(first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == "a:b,c %1é/x y.yaml"
    assert first["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 9
    }  # fmt: skip
    assert "How to allow it" in run["tool"]["driver"]["rules"][rules.index("DS103")]["help"]["markdown"]
    empty = json.loads(FORMS["sarif"](Findings(command="lint", problems=())))
    assert [error.message for error in Draft7Validator(SARIF).iter_errors(empty)] == []


def test_junit_is_well_formed_and_counts_what_fails() -> None:
    text = FORMS["junit"](replace(FOUND, passed=("assertion.a<b",)))
    suite = ElementTree.fromstring(text.encode())[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "2", "1")
    assert [case.get("name") for case in suite if case.find("error") is not None] == ["RUN010"]
    assert suite[-1].get("name") == "assertion.a<b"
    assert "]]> <script>&amp;" in (suite[0][0].text or "")
    nothing = ElementTree.fromstring(FORMS["junit"](Findings(command="lint", problems=())).encode())[0]
    assert [case.get("name") for case in nothing] == ["lint"]


def test_fingerprints_stay_when_lines_move_and_differ_between_findings() -> None:
    data = json.loads(FORMS["gitlab"](FOUND))
    assert {one["severity"] for one in data} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(one["location"]["path"] and one["location"]["lines"]["begin"] >= 1 for one in data)
    moved = tuple(
        replace(one, position=one.position and replace(one.position, line=one.position.line + 7)) for one in PROBLEMS
    )
    again = json.loads(FORMS["gitlab"](replace(FOUND, problems=(*moved, PROBLEMS[1]))))
    before = {one["fingerprint"] for one in data}
    assert len(before) == len(data)
    assert before < {one["fingerprint"] for one in again}
    assert len({one["fingerprint"] for one in again}) == len(again)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect("shop.db")) as connection:
        connection.executescript(BEFORE)
    Path("reconcile.yaml").write_text(
        "reconcile: 1\nproject: shop\nenvironments: {local: {url: 'sqlite:///shop.db'}}\n"
    )
    Path("a.yaml").write_text(SHOP + "---\nassertion: named\nquery: select id from a where id = 1\n")
    return tmp_path


def test_every_command_that_finds_something_tells_it_in_each_form(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [word for form in FORMS for word in ("-o", f"{form}=out.{form}")]
    assert main(["plan", *files, "-q"]) == 0
    assert " PLAN " in capsys.readouterr().out
    (dropped, *_) = commands_in(Path("out.github").read_text())
    assert dropped[0] == "error"
    assert dropped[1]["title"] == "DS103 drops a column"
    for form in FORMS:
        Path(f"out.{form}").unlink()
    assert main(["check", *files]) == 2
    (suite,) = ElementTree.fromstring(Path("out.junit").read_bytes())
    failed = {str(case.get("name")) for case in suite if case.find("failure") is not None}
    assert {"UD102 table.a.column.name", "UD102 table.a.column.old"} <= failed
    assert [
        error.message for error in Draft7Validator(SARIF).iter_errors(json.loads(Path("out.sarif").read_text()))
    ] == []
    capsys.readouterr()
    Path("a.yaml").write_text("table: a\ncolums: {}\n")
    assert main(["validate", "-o", "github"]) == 65
    found = {(command, values["file"], values["line"]) for command, values, _ in commands_in(capsys.readouterr().out)}
    assert ("error", "a.yaml", "2") in found
    assert main(["lint", "-o", "gitlab"]) == 65
    assert "SPEC011" in {one["check_name"] for one in json.loads(capsys.readouterr().out)}
    assert main(["fmt", "--check", "-o", "sarif"]) == 64
