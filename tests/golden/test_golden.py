"""What people and machines are shown, whole, for a reviewer's eye; the rules behind it are in tests/unit/report."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.plan.outcome import Outcome
from reconciler.plan.policy import Allowance
from reconciler.report.drift import check_text
from reconciler.report.facts import Applied, Review
from reconciler.report.json import document
from reconciler.report.layout import Look, coloured
from reconciler.report.outcome import StepDone, apply_text
from reconciler.report.plan_file import plan_file_data
from reconciler.report.text import plan_text
from tests.process import ROOT, run_process
from tests.reviews import project, review

Golden = Callable[[str, str], None]
WIDE, NARROW = Look(width=120), Look(width=80)


@pytest.fixture
def quickstart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The quickstart example with its broken database."""
    folder = tmp_path / "quickstart"
    shutil.copytree(ROOT / "specs" / "quickstart", folder, ignore=shutil.ignore_patterns("*.db*"))
    run_process([sys.executable, "before.py"], cwd=folder).ok()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def contradicted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    """A plan that the rows contradict, and that drops a table which nobody has ever allowed it to drop."""
    specs = """\
table: accounts
columns:
  id: {type: bigint, identity: true}
  email: {type: text, not_null: true}
primary_key: [id]
unique:
  accounts_email_key: [email]
---
removed: table.legacy
reason: moved to the archive
"""
    before = """
create table accounts (id integer primary key, email text);
insert into accounts (email) values ('a'), ('a'), ('b'), ('b'), (null);
create table legacy (id integer primary key);
insert into legacy values (1), (2), (3);
create trigger noisy after insert on accounts begin select 1; end;
"""
    monkeypatch.chdir(tmp_path)
    return review(project(tmp_path, specs, before))


def test_a_plan(quickstart: Path, golden: Golden) -> None:
    golden("quickstart.txt", plan_text(review(quickstart), WIDE))


def test_a_plan_on_a_narrow_terminal_in_colour(quickstart: Path, golden: Golden) -> None:
    golden("quickstart-80-colour.txt", plan_text(review(quickstart), replace(NARROW, paint=coloured)))


def test_a_plan_that_is_allowed(quickstart: Path, golden: Golden) -> None:
    golden("quickstart-allowed.txt", plan_text(review(quickstart, [Allowance("*")]), WIDE))


def test_a_plan_as_json(quickstart: Path, golden: Golden) -> None:
    # What `show` needs to tell it again is the same once more, in the codec's form: nothing for an eye.
    shown = {key: value for key, value in plan_file_data(review(quickstart)).items() if key != "review"}
    golden("quickstart.json", "".join(document(shown)))


def test_a_check(quickstart: Path, golden: Golden) -> None:
    golden("check.txt", check_text(review(quickstart), WIDE))


def test_a_plan_that_the_rows_contradict(contradicted: Review, golden: Golden) -> None:
    golden("contradicted.txt", plan_text(contradicted, NARROW))


def test_nothing_to_do(tmp_path: Path, golden: Golden) -> None:
    folder = project(tmp_path, "table: a\ncolumns: {id: {type: int}}\n", "create table a (id int); create table b (id)")
    found = review(folder)
    golden("up-to-date.txt", plan_text(found, NARROW) + check_text(found, NARROW))


def test_an_apply(quickstart: Path, golden: Golden) -> None:
    found = review(quickstart, [Allowance("*")])
    steps = found.planned.plan.steps
    done = [StepDone(number=n, step=step, rows=n % 3 * 40, seconds=0.004 * n) for n, step in enumerate(steps, 1)]
    outcome = Outcome(run_id="r_20260822_091403_ab12cd", steps=len(done), statements=23, rows=1204331, seconds=139.2)
    golden("applied.txt", apply_text(Applied(review=found, outcome=outcome), done, WIDE))
