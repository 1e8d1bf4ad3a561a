"""The benchmarks run; what they measure is no test's business."""

from __future__ import annotations

import json
import sys

from tests.process import ROOT, run_process


def test_a_small_run_gives_every_row() -> None:
    command = [sys.executable, "-m", "benchmarks", "--tables", "5", "--dialect", "sqlite", "--json"]
    done = run_process(command, cwd=ROOT).ok()
    rows = json.loads(done.out)["rows"]
    assert {row["name"] for row in rows["start-up"]} == {"--help", "validate, 20 tables"}
    names = [row["name"] for row in rows["sqlite"]]
    assert "plan, no change" in names
    assert "apply from empty" in names
    assert all(row["cost"]["wall"] > 0 and row["cost"]["peak"] > 1 for row in rows["sqlite"])
    floored = [row for row in rows["sqlite"] if row["floor"]]
    assert all(abs(row["ratio"] * row["floor"] - row["cost"]["wall"]) < 1e-6 for row in floored)
