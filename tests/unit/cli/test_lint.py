"""lint: what stands in the specs, what changed since a commit, what the project allows, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import main

PROJECT = """\
reconcile: 1
project: shop
specs: [schema]
dialects: [sqlite, postgres, mysql]
environments:
  local: {url: "sqlite:///x.db", default: true, policy: {allow: [%s]}}
"""
BEFORE = """\
table: orders
columns:
  id: {type: bigint, identity: true}
  note: {type: text}
  old: {type: text}
  mail: {type: text}
primary_key: [id]
"""
AFTER = """\
table: orders
columns:
  id: {type: bigint, identity: true}
  note: {type: text, not_null: true}
  email: {type: text, renamed_from: mail}
  price: {type: double}
primary_key: [id]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    project(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "orders.yaml").write_text(BEFORE)
    return tmp_path


def project(folder: Path, lint: str = "", allow: str = "") -> None:
    (folder / "reconcile.yaml").write_text(PROJECT % allow + (f"lint:\n{lint}" if lint else ""))


def committed(folder: Path) -> None:
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "schema" / "orders.yaml").write_text(AFTER)


def linted(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> list[dict[str, Any]]:
    assert main(["lint", "--json", *words]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    assert document["ok"] == (code == 0)
    found: list[dict[str, Any]] = document["result"]["findings"]
    return found


def told(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["code"], one["severity"]) for one in found if not one["allowed"]}


def test_findings_end_with_3_from_the_severity_on_that_is_asked(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "schema" / "orders.yaml").write_text(AFTER.replace("bigint", "int"))
    assert told(linted(capsys, code=0)) == {("TY101", "warning"), ("TY104", "warning")}
    linted(capsys, "--fail-on", "warn", code=3)
    project(shop, "  severity: {TY101: error, TY104: off}\n")
    (one,) = linted(capsys, code=3)
    assert (one["code"], one["severity"], one["dialects"]) == ("TY101", "error", ["postgres", "mysql"])
    assert one["range"]["start"] == {"line": 3, "column": 14}
    assert main(["lint", "--fail-on", "never"]) == 64


def test_since_a_commit_only_what_changed_is_told_with_its_hazards(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "schema" / "log.yaml").write_text("table: log\ncolumns: {line: {type: text}}\n")
    committed(shop)
    assert ("MY141", "warning") in told(linted(capsys, code=0))
    found = linted(capsys, "--base", "HEAD", code=3)
    assert told(found) == {
        ("DS103", "error"), ("MF104", "warning"), ("TY104", "warning"), ("MY130", "info"),
    }  # fmt: skip
    (renamed,) = (one for one in found if one["code"] == "BC102")
    assert renamed["allowed"] == "allowed by the specs"
    (dropped,) = (one for one in found if one["code"] == "DS103")
    assert (dropped["address"], dropped["dialects"]) == ("table.orders.column.old", ["sqlite", "postgres", "mysql"])
    assert dropped["range"]["file"] == "schema/orders.yaml"
    project(shop, allow="DS103:table.orders")
    assert ("DS103", "error") not in told(linted(capsys, "--base", "HEAD", code=0))
    assert main(["lint", "--base", "nowhere"]) == 64
    assert "there is no commit 'nowhere'" in capsys.readouterr().err


def test_an_allowance_has_a_reason_and_an_end(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(shop)
    allow = "  allow:\n  - {code: %s, at: table.orders.column.%s, reason: agreed, until: %s}\n"
    project(shop, allow % ("TY104", "price", "2999-12-31"))
    (one,) = linted(capsys, "--fail-on", "warn", code=0)
    assert (one["code"], one["allowed"]) == ("TY104", "allowed: agreed")
    project(shop, allow % ("TY104", "price", "2020-01-31"))
    found = linted(capsys, "--fail-on", "warn", code=3)
    assert told(found) == {("TY104", "warning"), ("SU102", "warning")}
    assert [one["range"]["start"]["line"] for one in found if one["code"] == "SU102"] == [9]
    project(shop, allow % ("TY104", "id", "2999-12-31"))
    assert told(linted(capsys, code=0)) == {("TY104", "warning"), ("SU101", "warning")}
    project(shop, allow % ("DS103", "old", "2999-12-31"))
    assert ("SU101", "warning") not in told(linted(capsys, code=0))
    assert ("DS103", "error") not in told(linted(capsys, "--base", "HEAD", code=0))


def test_an_allowance_of_an_environment_may_end_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(shop)
    assert main(["apply", "--auto-approve", "-q"]) == 0
    capsys.readouterr()
    (shop / "schema" / "orders.yaml").write_text(BEFORE.replace("  old: {type: text}\n", ""))
    for until, code in (("2999-12-31", 0), ("2020-01-31", 3)):
        project(shop, allow=f"{{code: DS103, at: table.orders, reason: agreed, until: {until}}}")
        assert main(["apply", "--auto-approve", "--dry-run", "--json"]) == code
        said = json.loads(capsys.readouterr().out)
        assert ("SU102" in {one["code"] for one in said["result"]["diagnostics"]}) == (code == 3)


@pytest.mark.parametrize(
    ("lint", "code"),
    [
        ("  severity: {XY101: off}\n", "SPEC015"),
        ("  allow: [{code: XY101, reason: x}]\n", "SPEC015"),
        ("  allow: [{code: TY104, reason: x, until: soon}]\n", "SPEC015"),
        ("  allow: [{code: TY104, reason: x, at: nonsense}]\n", "SPEC017"),
        ("  allow: [{code: TY104}]\n", "SPEC014"),
        ("  naming: {table: '('}\n", "SPEC015"),
    ],
)
def test_a_project_that_says_nonsense_about_findings(
    shop: Path, capsys: pytest.CaptureFixture[str], lint: str, code: str
) -> None:
    project(shop, lint)
    assert main(["lint", "--json"]) == 65
    (one,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (one["code"], one["range"]["start"]["line"]) == (code, 8)


def test_the_text_is_narrow_and_says_what_to_do(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "schema" / "orders.yaml").write_text(AFTER + "unique: {u: [price]}\n")
    assert main(["lint"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert out.splitlines()[2:4] == [
        " warning[TY104]  money in a floating-point type", "   schema/orders.yaml:6:17"
    ]  # fmt: skip
    assert "1 note not shown; -v shows all" in out
    assert "IX105" not in out
    assert main(["lint", "-v"]) == 0
    assert " info[IX105]  a unique key that lets many nulls in" in capsys.readouterr().out
