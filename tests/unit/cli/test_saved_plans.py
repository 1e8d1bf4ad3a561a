"""A saved plan is applied as it is, where it was made for, or not at all."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.cli import main
from reconciler.report.plan_file import read_plan
from tests.unit.cli.shops import ALLOW, columns


def test_a_saved_plan_is_applied_without_specs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--out", "plan.json", "--allow", ALLOW]) == 0
    assert "reconcile apply plan.json" in capsys.readouterr().out
    (shop / "shop.yaml").unlink()
    assert main(["apply", "plan.json", "--auto-approve", "--allow", ALLOW]) == 0
    assert columns(shop) == ["id", "name"]


def test_a_stale_plan_is_4(shop: Path) -> None:
    assert main(["plan", "--out", "plan.json"]) == 0
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        connection.execute("alter table a add column surprise text")
    assert main(["apply", "plan.json", "--auto-approve", "--allow", "*"]) == 4
    assert main(["apply", "--expect-id", read_plan(Path("plan.json")).id, "--auto-approve", "--allow", "*"]) == 4
    assert columns(shop) == ["id", "old", "surprise"]


TWO = """\
reconcile: 1
project: {project}
dialects: [sqlite]
environments:
  staging: {{url: "sqlite:///shop.db", default: true}}
  production: {{url: "sqlite:///production.db"}}
"""


def planned(shop: Path, *words: str) -> None:
    """Save a plan for an environment of a project that has two."""
    (shop / "reconcile.yaml").write_text(TWO.format(project="shop"))
    assert main(["plan", "--out", "plan.json", *words]) == 0


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return why a saved plan is not applied."""
    capsys.readouterr()
    assert main(["apply", "plan.json", "--auto-approve", "--allow", "*", *words]) == 4
    return capsys.readouterr().err


def test_a_saved_plan_is_for_its_own_environment(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned(shop)
    assert "the environment staging, and here it would meet production" in refusal(capsys, "-e", "production")
    assert not (shop / "production.db").exists()
    assert main(["apply", "plan.json", "--auto-approve", "--allow", "*"]) == 0
    assert columns(shop) == ["id", "name"]


def test_an_environment_that_a_variable_names_is_not_the_plans(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(shop)
    monkeypatch.setenv("RECONCILE_ENV", "production")
    assert "it would meet production" in refusal(capsys)
    (shop / "reconcile.yaml").write_text(TWO.format(project="shop").replace("staging", "other"))
    monkeypatch.delenv("RECONCILE_ENV")
    assert "the environment staging" in refusal(capsys)


def test_a_saved_plan_is_for_its_own_project(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned(shop)
    (shop / "reconcile.yaml").write_text(TWO.format(project="depot"))
    assert "the project shop, and here it would meet depot" in refusal(capsys)


def test_a_saved_plan_is_for_its_own_schema(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planned(shop)
    data = json.loads((shop / "plan.json").read_text())
    (shop / "plan.json").write_text(json.dumps(data | {"schema": "app"}))
    assert "the schema app" in refusal(capsys)
    (shop / "plan.json").write_text(json.dumps(data | {"dialect": "postgres"}))
    assert "the dialect postgres" in refusal(capsys)


def test_a_url_has_no_environment(shop: Path) -> None:
    planned(shop, "--url", "sqlite:///shop.db")
    assert main(["apply", "plan.json", "--auto-approve", "--allow", "*", "--url", "sqlite:///shop.db"]) == 0
    assert columns(shop) == ["id", "name"]
    planned(shop, "--url", "sqlite:///other.db")
    words = ["--auto-approve", "--allow", "*", "-e", "production", "--url", "sqlite:///other.db"]
    assert main(["apply", "plan.json", *words]) == 0
