"""Events of real runs: each line is of the form that the schema says, the last one is the envelope, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reconciler.cli import events, main
from reconciler.cli.events import Stream
from reconciler.errors import TargetError
from reconciler.execute.batches import Progress
from reconciler.model.ref import Ref
from reconciler.plan.step import Step
from tests.unit.cli.shops import ALLOW, columns

SCHEMA = json.loads(files("reconciler.schemas").joinpath("ndjson.schema.json").read_text("utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)
TYPES = {branch["properties"]["type"]["const"] for branch in SCHEMA["anyOf"]}


def lines(text: str) -> list[dict[str, Any]]:
    """Return the events of a text, each of which is as the schema says."""
    found = [json.loads(line) for line in text.splitlines()]
    for one in found:
        problems = [error.message for branch in _branch(one) for error in Draft7Validator(branch).iter_errors(one)]
        assert problems == []
        assert VALIDATOR.is_valid(one)
    assert found[0]["type"] == "version"
    assert [one["type"] for one in found].count("result") == 1
    assert found[-1]["type"] == "result"
    assert {"format_version", "command", "ok", "exit_code", "result", "diagnostics"} <= set(found[-1])
    return found


def _branch(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in SCHEMA["anyOf"] if each["properties"]["type"]["const"] == event["type"]]


def run(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> list[dict[str, Any]]:
    assert main([*words, "-o", "ndjson"]) == code
    found = lines(capsys.readouterr().out)
    assert found[-1]["exit_code"] == code
    return found


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in found]


def test_a_plan(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(["plan"], capsys)
    assert kinds(found) == ["version", "planned_change", "planned_change", "change_summary", "result"]
    assert [(one["action"], one["address"], one["refused"]) for one in found[1:3]] == [
        ("create", "table.a.column.name", False), ("delete", "table.a.column.old", True),
    ]  # fmt: skip
    assert found[3]["plan_id"] == found[-1]["result"]["plan_id"]
    assert found[1]["env"] == found[-1]["result"]["environment"]
    assert found[0]["env"] is None


def test_an_apply(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(["apply", "--auto-approve", "--allow", ALLOW], capsys)
    assert "name" in columns(shop)
    assert kinds(found) == [
        "version", "planned_change", "planned_change", "change_summary", "apply_start", "apply_start",
        "apply_complete", "apply_complete", "result",
    ]  # fmt: skip
    assert [one["steps"] for one in found if one["type"] == "apply_start"] == [2, 2]
    assert found[-1]["run_id"] == found[-1]["result"]["run_id"]


def test_a_refused_apply_tells_the_plan_all_the_same(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(["apply", "--auto-approve"], capsys, 3)
    assert kinds(found) == [
        "version", "planned_change", "planned_change", "change_summary", "apply_errored", "diagnostic", "result",
    ]  # fmt: skip
    assert "name" not in columns(shop)


def test_a_check(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(["check"], capsys, 2)
    assert kinds(found) == ["version", "drift", "drift", "drift", "result"]
    assert [one["finding"] for one in found[1:4]] == ["missing", "removal", "undeclared"]


def test_wrong_specs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("shop.yaml").write_text("table: a\ncolour: red\n")
    found = run(["validate"], capsys, 65)
    told = [one for one in found if one["type"] == "diagnostic"]
    assert [one["code"] for one in told] == [one["code"] for one in found[-1]["diagnostics"]]
    assert {"line": 2, "column": 1} in [one["range"]["start"] for one in told]


def test_wrong_usage(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(["plan", "--force"], capsys, 64)
    assert kinds(found) == ["version", "diagnostic", "result"]


def test_into_a_file_with_text_on_stdout(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-o", "text", "-o", "ndjson=events.ndjson"]) == 0
    assert " PLAN " in capsys.readouterr().out
    assert len(lines(Path("events.ndjson").read_text())) == 5


def test_a_file_that_cannot_be_written_stops_before_anything_is_done(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "--auto-approve", "--allow", ALLOW, "-o", "ndjson=nowhere/x"]) == 1
    assert "cannot be written to nowhere/x" in capsys.readouterr().err
    assert "name" not in columns(shop)


def test_no_password_is_in_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "--url", "postgresql://me:hunter2@127.0.0.1:1/db", "-o", "ndjson"]
    assert main(words) == 1
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert lines(out)[-1]["ok"] is False


def test_every_line_is_there_at_once(shop: Path) -> None:
    script = (
        "import sys, time; from reconciler.cli import main; import reconciler.workflow as w; real = w.apply\n"
        "def slow(*a, **k):\n    done = real(*a, **k); time.sleep(60); return done\n"
        f"w.apply = slow; main(['apply', '--auto-approve', '--allow', {ALLOW!r}, '-o', 'ndjson'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | {"CI": "1"}
    )
    assert process.stdout is not None
    try:
        found = [json.loads(process.stdout.readline())["type"] for _ in range(8)]
    finally:
        process.kill()
        process.communicate()
    assert found[-1] == "apply_complete"


def test_a_reader_that_goes_ends_nothing(shop: Path) -> None:
    command = f"{sys.executable} -m reconciler apply --auto-approve --allow {ALLOW} -o ndjson | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["type"] == "version"
    assert "Traceback" not in done.stderr
    assert "name" in columns(shop)


def test_signs_of_life_and_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)
    path = Path(os.devnull)
    told: list[str] = []
    with path.open("w") as output:
        stream = Stream([output])
        monkeypatch.setattr("reconciler.cli.desk.write", lambda _, text: told.append(text))
        step = Step(subject=Ref.parse("table.a"), action="create", changes=(), statements=())

        def fail() -> None:
            with events.watched(Progress(), stream, lambda: 3) as progress:
                progress.started(2, step)
                progress.waiting("somebody \x1b[2J else")
                while not any("apply_progress" in text and '"step":2' in text for text in told):
                    time.sleep(0.01)
                raise TargetError("password=hunter2 \x1b")

        with pytest.raises(TargetError):
            fail()
    found = [json.loads(text) for text in told]
    assert all(VALIDATOR.is_valid(one) for one in found)
    assert {one["type"] for one in found} == {"apply_start", "lock_wait", "apply_progress", "apply_errored"} <= TYPES
    assert found[-1]["address"] == "table.a"
    assert not any(sign in text for text in told for sign in ("hunter2", "\\u001b"))
