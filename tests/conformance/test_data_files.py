"""Rows from a CSV file by the command line: shown in every format, saved, written as a script, found to drift."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from jsonschema import Draft7Validator

from tests.process import Reconcile
from tests.scripting import run_script
from tests.target import Target

PLAN = Draft7Validator(json.loads(files("reconciler.schemas").joinpath("plan.schema.json").read_text("utf-8")))
SPEC = """table: lands
columns: {code: {type: char(2), primary_key: true}, name: {type: text, not_null: true}, size: {type: int}}
---
data: lands
key: [code]
mode: sync
file: lands.csv
null: "-"
"""
ROWS = 'code,name,size\nDE,"Deutschland, groß",357592\nFR,"La ""France""",\nNA,Namibia,-\n'


def declare(folder: Path, target: Target) -> None:
    (folder / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', policy: {{approve: never}}}}}}\n"
    )
    (folder / "lands.yaml").write_text(SPEC)


def test_rows_of_a_file(tmp_path: Path, target: Target, reconcile: Reconcile) -> None:
    declare(tmp_path, target)
    (tmp_path / "lands.csv").write_text(ROWS.replace(",\nNA", ",1\nNA"), encoding="utf-8-sig")

    empty = json.loads(reconcile("plan", "--against", "empty", "--json", cwd=tmp_path).ok(0, 2).out)["result"]
    live = json.loads(reconcile("plan", "--json", "--out", "p.plan", cwd=tmp_path).ok(0, 2).out)["result"]
    assert empty["plan_id"] == live["plan_id"]
    assert list(PLAN.iter_errors(live)) == list(PLAN.iter_errors(json.loads((tmp_path / "p.plan").read_text()))) == []
    (rows,) = [change["rows"] for change in live["changes"] if change["kind"] == "data"]
    assert (rows["inserted"], rows["first"][2]["after"]) == (3, {"name": "Namibia", "size": None})
    reconcile("apply", "p.plan", cwd=tmp_path).ok()
    reconcile("check", cwd=tmp_path).ok()
    assert target.query("select name from lands where size is null") == [("Namibia",)]

    (tmp_path / "lands.csv").write_text(ROWS.replace(",\nNA", ",\nXX,Nowhere,0\nNA").replace("NA,Namibia,-\n", ""))
    wrong = reconcile("check", cwd=tmp_path)
    assert (wrong.code, "SPEC200" in wrong.err, "lands.csv:3:20" in wrong.err) == (65, True, True)
    (tmp_path / "lands.csv").write_text(ROWS.replace(",\nNA", ",2\nXX,Nowhere,0\nNA").replace("NA,Namibia,-\n", ""))
    found = reconcile("check", cwd=tmp_path)
    assert (found.code, "1 missing, 1 other, 1 too many" in found.out) == (2, True)
    shown = reconcile("plan", "-o", "markdown", "--out", "q.plan", cwd=tmp_path).ok(0, 2).out
    assert {"- FR, size 1", "+ FR, size 2", "+ XX, name Nowhere, size 0", "- NA, name Namibia, size null"} <= {
        line.replace("code ", "") for line in shown.splitlines()
    }
    assert "**DS111** refused `data.lands`" in shown
    assert reconcile("show", "q.plan", "-o", "markdown", cwd=tmp_path).ok(0, 2).out == shown
    assert reconcile("apply", cwd=tmp_path).code == 3

    reconcile("snapshot", "--out", "s.json", cwd=tmp_path).ok()
    offline = reconcile("plan", "--against", "snapshot:s.json", cwd=tmp_path).ok()
    assert "data.lands: its rows are not compared" in offline.out
    text = reconcile("plan", "-o", "sql", "--allow", "DS111:data.lands", cwd=tmp_path).ok(0, 2).out
    for _ in range(2):
        done = run_script(target, text)
        assert (done.code, done.err) == (0, "")
    reconcile("check", cwd=tmp_path).ok()
    assert target.query("select code from lands order by code") == [("DE",), ("FR",), ("XX",)]
