"""Three hundred changes: what a person reads of them on a terminal of 80 columns and in a pipe, and what -v adds."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.plan.outcome import Outcome
from reconciler.report.drift import check_text
from reconciler.report.entries import entries
from reconciler.report.facts import Applied, Review
from reconciler.report.layout import Look, coloured
from reconciler.report.outcome import StepDone, apply_text
from reconciler.report.plan_markdown import plan_markdown
from reconciler.report.problems import width
from reconciler.report.text import plan_text
from tests.reviews import review
from tests.reviews_large import large_project

Golden = Callable[[str, str], None]
NARROW = Look(width=80)
SQL = re.compile(r"^ {7}")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    folder = large_project(tmp_path_factory.mktemp("large"))
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield review(folder)
    finally:
        os.chdir(before)


def test_in_a_pipe(large: Review, golden: Golden) -> None:
    golden("large.txt", plan_text(large, NARROW))


def test_on_a_terminal(large: Review, golden: Golden) -> None:
    golden("large-80-colour.txt", plan_text(large, Look(width=80, paint=coloured)))


def test_a_check(large: Review, golden: Golden) -> None:
    golden("large-check.txt", check_text(large, NARROW))


def test_as_a_comment(large: Review) -> None:
    text = plan_markdown(large, NARROW)
    assert len(text.encode()) <= 65_000
    assert text.count("| ❗`-` |") == 38


def test_it_fits(large: Review) -> None:
    lines = plan_text(large, NARROW).splitlines()
    assert len(lines) < 250
    # SQL is shown as it is, for copying.
    assert [line for line in lines if width(line) > 80 and not SQL.match(line)] == []
    assert lines[2].split()[2:] == "196 add 4 change 25 rename 38 drop".split()
    assert lines[3].split() == ["risk:", "HIGH"]


def test_every_change_is_counted_once(large: Review) -> None:
    _head, _, rest = plan_text(large, NARROW).partition("\n (# =")[0].partition("address")
    rows = [line for line in rest.splitlines() if re.match(r" +\d+  [-+~>] ", line)]
    counted = [re.search(r"  (\d+) × ", line) for line in rows]
    assert sum(int(found.group(1)) if found else 1 for found in counted) == len(entries(large).main) == 263


def test_all_of_it_when_asked(large: Review) -> None:
    text = plan_text(large, Look(width=200, detail=1))
    assert all(str(entry.ref) in text for entry in entries(large).main)
    assert "×" not in text
    assert text.count("-- step ") == 300


def test_many_steps_are_counted(large: Review) -> None:
    steps = large.planned.plan.steps
    done = [StepDone(number=n, step=step, rows=1, seconds=0.5) for n, step in enumerate(steps, 1)]
    outcome = Outcome(run_id="r_1", steps=300, statements=324, rows=300, seconds=150)
    text = apply_text(Applied(review=large, outcome=outcome), done, NARROW)
    assert " ✔  120 ×  +  create column  120 rows  1m 0s" in text
    assert len(text.splitlines()) < 20
    assert len(apply_text(Applied(review=large, outcome=outcome), done, Look(detail=1)).splitlines()) > 300
