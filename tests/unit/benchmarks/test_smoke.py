"""The benchmarks run; what they measure is no test's business."""

from __future__ import annotations

import json
import sys

import pytest

from tests.process import ROOT, run_process


@pytest.mark.parametrize(
    "place", ["sqlite", *(pytest.param(name, marks=pytest.mark.live(name)) for name in ("mysql", "mariadb"))]
)
def test_a_small_run_gives_every_row(place: str) -> None:
    command = [sys.executable, "-m", "benchmarks", "--tables", "5", "--dialect", place, "--json"]
    done = run_process(command, cwd=ROOT).ok()
    rows = json.loads(done.out)["rows"]
    assert {row["name"] for row in rows["start-up"]} == {"--help", "validate, 20 tables"}
    names = [row["name"] for row in rows[place]]
    assert "plan, no change" in names
    assert "apply from empty" in names
    assert all(row["cost"]["wall"] > 0 and row["cost"]["peak"] > 1 for row in rows[place])
    floored = [row for row in rows[place] if row["floor"]]
    assert all(abs(row["ratio"] * row["floor"] - row["cost"]["wall"]) < 1e-6 for row in floored)
