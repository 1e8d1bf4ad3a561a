"""The commands on a real database: streams, exit codes, JSON, questions; each as a user would run it."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.cli import main
from reconciler.cli.commands import Order, apply_command
from reconciler.cli.options import Where
from tests.reviews import project
from tests.unit.cli.shops import ALLOW, columns

PLAN = Draft7Validator(json.loads(files("reconciler.schemas").joinpath("plan.schema.json").read_text("utf-8")))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put words into the mouth of somebody at a terminal."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one document that is on stdout."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


# --- plan -------------------------------------------------------------------------------------------------------------


def test_a_plan_is_0_whatever_the_hazards(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    out, err = capsys.readouterr()
    assert "risk: HIGH" in out
    assert err == ""
    assert main(["plan", "--detailed-exitcode"]) == 2


def test_a_plan_as_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--json"]) == 0
    found = result(capsys)
    assert (found["command"], found["ok"], found["exit_code"]) == ("plan", True, 0)
    assert [error.message for error in PLAN.iter_errors(found["result"])] == []
    assert found["result"]["applyable"] is False


def test_a_plan_can_be_judged_with_an_allowance(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--json", "--allow", ALLOW]) == 0
    assert result(capsys)["result"]["applyable"] is True


def test_the_command_that_a_plan_ends_with_works(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan"])
    words = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert words[0] == "reconcile"
    assert main([*words[1:], "--auto-approve"]) == 0
    assert columns(shop) == ["id", "name"]


def test_a_closed_pipe_ends_quietly(shop: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m reconciler plan -v | head -1"
    script = ["bash", "-c", f"set -o pipefail; {command}"]
    done = subprocess.run(script, cwd=shop, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


# --- apply ------------------------------------------------------------------------------------------------------------


def test_what_is_refused_is_3_and_the_plan_is_the_result(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--auto-approve"]) == 3
    out, err = capsys.readouterr()
    assert f"--allow {ALLOW}" in out
    assert "error[RUN003]" in err
    assert main(["apply", "--auto-approve", "--json"]) == 3
    found = result(capsys)
    assert found["ok"] is False
    assert [error.message for error in PLAN.iter_errors(found["result"])] == []
    assert found["diagnostics"][0]["code"] == "RUN003"
    assert columns(shop) == ["id", "old"]


def test_refusal_comes_before_approval(shop: Path) -> None:
    assert main(["apply"]) == 3


def test_without_a_terminal_somebody_has_to_say_yes_beforehand(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--allow", ALLOW]) == 7
    out, err = capsys.readouterr()
    assert out == ""
    assert "PLAN  pl_" in err
    assert "--auto-approve --expect-id pl_" in err
    assert main(["apply", "--allow", ALLOW, "--json"]) == 7
    assert result(capsys)["result"]["plan_id"].startswith("pl_")
    assert columns(shop) == ["id", "old"]


def test_no_input_asks_nobody_and_hides_nothing(
    shop: Path, answers: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answers("prod\n")
    assert main(["apply", "--allow", ALLOW, "--no-input"]) == 7
    assert "PLAN  pl_" in capsys.readouterr().err
    assert columns(shop) == ["id", "old"]


@pytest.mark.parametrize(("answer", "code", "after"), [
    ("prod\n", 0, ["id", "name"]), ("yes\n", 1, ["id", "old"]), ("\n", 1, ["id", "old"]), ("", 1, ["id", "old"]),
])  # fmt: skip
def test_what_destroys_wants_the_environment_s_name(
    shop: Path, answers: Callable[[str], None], answer: str, code: int, after: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    answers(answer)
    assert main(["apply", "--allow", ALLOW]) == code
    err = capsys.readouterr().err
    assert 'Type "prod"' in err
    assert ("nothing was changed" in err) is (code == 1)
    assert columns(shop) == after


def test_what_destroys_nothing_wants_a_yes(
    tmp_path: Path, answers: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, "table: a\ncolumns: {id: {type: int}}\n", "")
    answers("yes\n")
    assert main(["apply", "-C", str(tmp_path)]) == 0
    assert 'Type "yes"' in capsys.readouterr().err


def test_policy_may_ask_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    project(tmp_path, "table: a\ncolumns: {id: {type: int}}\n", "", approve="never")
    assert main(["apply", "-C", str(tmp_path)]) == 0


def test_an_apply_says_what_it_did(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--auto-approve", "--allow", ALLOW]) == 0
    out, err = capsys.readouterr()
    assert "Applied 2 of 2 steps, 2 statements" in out
    assert out.count("✔") == 2
    assert "applying 2 steps" in err
    assert "2 steps committed" in err
    assert main(["apply", "--auto-approve"]) == 0
    out, err = capsys.readouterr()
    assert "up to date" in out
    assert err == ""


def test_an_apply_as_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--auto-approve", "--allow", "*", "--json"]) == 0
    found = result(capsys)["result"]
    assert found["applied"]["steps"] == 2
    assert [one["number"] for one in found["applied"]["done"]] == [1, 2]
    assert [error.message for error in PLAN.iter_errors(found["plan"])] == []


def test_a_dry_run_changes_and_asks_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--dry-run", "--allow", ALLOW]) == 0
    out, err = capsys.readouterr()
    assert "PLAN  pl_" in out
    assert err == ""
    assert columns(shop) == ["id", "old"]


def test_quiet_is_quiet(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "-q", "--auto-approve", "--allow", ALLOW]) == 0
    assert capsys.readouterr().err == ""


# --- check, validate, import, version ---------------------------------------------------------------------------------


def test_check_is_2_until_it_is_0(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert "drift:" in capsys.readouterr().out
    assert main(["check", "--json"]) == 2
    assert result(capsys)["ok"] is True
    assert main(["apply", "--auto-approve", "--allow", ALLOW]) == 0
    assert main(["check"]) == 0


def test_check_may_tolerate_nothing_undeclared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    specs = "table: a\ncolumns: {id: {type: int}}\n"
    project(tmp_path, specs, "create table a (id int); create table b (id int)", undeclared="error")
    assert main(["check", "-C", str(tmp_path), "--json"]) == 2
    nothing = {"missing": 0, "changed": 0, "removal": 0, "pending": 0}
    assert result(capsys)["result"]["summary"] == {**nothing, "undeclared": 1}


def test_wrong_specs_are_65(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "shop.yaml").write_text("table: a\ncolums: {}\n")
    assert main(["validate", "--json"]) == 65
    assert {one["range"]["start"]["line"] for one in result(capsys)["diagnostics"]} == {1, 2}
    assert main(["validate"]) == 65
    out, err = capsys.readouterr()
    assert out == ""
    assert "^" in err


def test_validate_needs_no_database(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "shop.db").unlink()
    assert main(["validate"]) == 0
    assert "valid" in capsys.readouterr().out
    assert not (shop / "shop.db").exists()


def test_import_then_plan_is_empty(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--url", "sqlite:///shop.db", "--out", "db"]) == 0
    words = shlex.split(capsys.readouterr().out.splitlines()[-1].partition("(")[0])[1:]
    assert main([*words[1:], "--detailed-exitcode"]) == 0
    assert "up to date" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.startswith("reconcile 0.")
    assert main(["version", "--json"]) == 0
    assert result(capsys)["result"]["name"] == "reconcile"


# --- what to type next ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "command"), [
    (Order(where=Where()), "reconcile apply -e prod"),
    (Order(where=Where(url="sqlite:///a b.db")), "reconcile apply --url 'sqlite:///a b.db'"),
    (Order(where=Where(url="postgres://me:secret@db/x")), "reconcile apply --url postgres://me@db/x"),
    (
        Order(where=Where(url="postgresql://me@/x?host=%2Frun&port=5433")),
        "reconcile apply --url 'postgresql://me@/x?host=%2Frun&port=5433'",
    ),
    (Order(where=Where(url="postgres://me@db/x?password=secret")), "reconcile apply --url postgres://me@db/x"),
    (Order(where=Where(directory=Path("db"), specs=(Path("x"),))), "reconcile apply -C db -e prod --specs x"),
    (Order(where=Where(), saved=Path("p.json"), allow=("*",)), "reconcile apply p.json -e prod --allow '*'"),
    (Order(where=Where(variables=(("k", "a b"),))), "reconcile apply -e prod --var 'k=a b'"),
])  # fmt: skip
def test_the_next_command_can_be_copied(order: Order, command: str) -> None:
    assert apply_command(order, "prod") == command


def test_an_import_leaves_nothing_out_that_specs_can_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = project(
        tmp_path, "", "create table a (id integer primary key, b int unique check (b > 0) references a (id))"
    )
    assert main(["import", "--out", str(tmp_path / "out"), "--url", f"sqlite:///{shop}/shop.db"]) == 0
    assert "not written down" not in capsys.readouterr().out


def test_an_import_leaves_a_foreign_key_to_nothing_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLite takes any; a spec that says it would not validate, and a rebuild of the table carries it along."""
    shop = project(
        tmp_path, "",
        "create table a (id integer primary key, x references nowhere (id), y references b (odd), z references b (id));"
        "create table b (id integer primary key); insert into b values (1); insert into a values (1, null, null, 1)",
    )  # fmt: skip
    out = str(tmp_path / "out")
    assert main(["import", "--out", out, "--url", f"sqlite:///{shop}/shop.db"]) == 0
    told = capsys.readouterr().out
    assert "? table.a.foreign_key.a_x_fkey: table.nowhere is not there" in told
    assert "? table.a.foreign_key.a_y_fkey: table.b.column.odd is not there" in told
    assert "a_z_fkey" not in told
    assert main(["validate", "-C", out]) == 0
    assert main(["plan", "-C", out, "--detailed-exitcode"]) == 0


@pytest.mark.parametrize("command", [["import", "--out", "out"], ["snapshot", "--out", "s.json", "-C", "."]])
def test_what_is_not_there_is_not_read(command: list[str], shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--url", "sqlite:///mistyped.db"]) == 1
    assert "error[RUN010]: mistyped.db: there is no such file" in capsys.readouterr().err
    assert not Path("out").exists()
    assert not Path("s.json").exists()
