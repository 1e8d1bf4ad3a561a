"""What apply, validate and import say at their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import Position, Problem
from reconciler.model.change import Create
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.plan.outcome import Outcome
from reconciler.report.facts import Applied, Imported
from reconciler.report.layout import Look, duration
from reconciler.report.outcome import (
    StepDone,
    apply_data,
    apply_text,
    import_data,
    import_text,
)
from reconciler.report.validated import Validated, validate_data, validate_text
from tests.unit.report.made import made, step

TOTAL = Column(ref=Ref.parse("table.orders.column.total"), type=Type("int"))
OUTCOME = Outcome(run_id="r_1", steps=1, statements=2, rows=1200, seconds=1.23)
DONE = (StepDone(number=1, step=step(Create(TOTAL)), rows=1200, seconds=0.008),)


@pytest.mark.parametrize(("seconds", "words"), [(0.0004, "0 ms"), (0.008, "8 ms"), (1.23, "1.2s"), (139.2, "2m 19s")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_apply_names_every_step_and_the_run() -> None:
    text = apply_text(Applied(review=made(step(Create(TOTAL))), outcome=OUTCOME), DONE, Look())
    assert "✔  1  +  create  table.orders.column.total  1,200 rows  8 ms" in text
    assert " Applied 1 of 1 step, 2 statements, 1,200 rows, 1.2s.  run r_1" in text


def test_an_apply_with_nothing_to_do_says_so() -> None:
    applied = Applied(review=made(), outcome=None)
    assert "up to date" in apply_text(applied, (), Look())
    assert apply_data(applied, ())["applied"] is None


def test_an_apply_as_data() -> None:
    data = apply_data(Applied(review=made(step(Create(TOTAL))), outcome=OUTCOME), DONE)
    assert data["run_id"] == "r_1"
    assert data["applied"]["rows"] == 1200
    assert data["applied"]["done"] == [
        {"number": 1, "address": str(TOTAL.ref), "action": "create", "rows": 1200, "seconds": 0.008}
    ]


def test_valid_specs_say_for_what_and_what_they_lose() -> None:
    place = Position("a.yaml", 3, 1)
    warning = Problem(code="SPEC200", message="keeps no comments", severity="warning", position=place)
    done = Validated(project="shop", files=2, objects=9, dialects=("sqlite", "postgres"), warnings=(warning,))
    text = validate_text(done, Look())
    assert text.splitlines()[0] == " shop  valid  9 objects in 2 files  for sqlite, postgres"
    assert "keeps no comments\n     a.yaml:3" in text
    assert validate_data(done)["warnings"][0]["range"]["start"] == {"line": 3, "column": 1}


def test_an_import_says_what_was_left_out_and_what_comes_next() -> None:
    done = Imported(directory=Path("db"), written=(Path("db/a.yaml"),), objects=4, unmodelled=("table.a.trigger.t",))
    text = import_text(done, Look(apply="reconcile plan -C db"))
    assert " Imported 4 objects in 1 file below db" in text
    assert "? table.a.trigger.t" in text
    assert "Next:  reconcile plan -C db" in text
    assert import_data(done)["unmodelled"] == [{"address": "table.a.trigger.t"}]


def test_an_import_of_nothing_says_that_specs_are_to_be_written() -> None:
    done = Imported(directory=Path("db"), written=(Path("db/reconcile.yaml"),), objects=0, unmodelled=())
    text = import_text(done, Look(apply="reconcile plan -C db"))
    assert text.endswith(" Next:  write a first spec below db, then reconcile plan -C db\n")


def test_an_import_says_where_it_did_not_look() -> None:
    done = Imported(directory=Path("db"), written=(), objects=4, unmodelled=(), other_schemas=("app", "x y"))
    text = import_text(done, Look())
    assert " Other schemas (2), not looked into:\n   ? app\n   ? x y\n" in text
    assert "--select '*.NAME.*', or a spec there that says `schema: NAME`" in text
    assert import_data(done)["other_schemas"] == ["app", "x y"]


def test_an_import_that_changes_nothing_says_so() -> None:
    done = Imported(directory=Path("db"), written=(), objects=4, unmodelled=())
    assert "no file was written" in import_text(done, Look())
