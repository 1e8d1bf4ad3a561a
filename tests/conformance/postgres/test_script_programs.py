"""`-o sql` for triggers, functions and procedures: psql makes what apply makes, a second time nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.report.sql import plan_sql
from tests.conformance.postgres.specs import EVERYTHING, Specs, lines
from tests.conformance.postgres.test_functions import CASES as ROUTINES
from tests.conformance.postgres.test_routine_closures import AROUND, TABLE, twice
from tests.conformance.postgres.test_triggers import CASES as TRIGGERS
from tests.scripting import run_script
from tests.target import Target, fresh

GONE = "table: kept\ncolumns: {id: {type: int}}\n"
CASES = {
    **{f"routine, {name}": case[:2] for name, case in ROUTINES.items()},
    **{f"trigger, {name}": case[:2] for name, case in TRIGGERS.items()},
    "all that rests on a function": (TABLE + AROUND + twice("x"), TABLE + AROUND + twice("y")),
    "from nothing": (GONE, TABLE + AROUND + twice("x")),
    "to nothing": (TABLE + AROUND + twice("x"), GONE),
}


@pytest.mark.parametrize("name", CASES)
def test_a_script_makes_what_apply_makes_and_may_run_again(pg: Target, tmp_path: Path, name: str) -> None:
    before, after = CASES[name]
    with fresh(pg.server, tmp_path) as other:
        ours, theirs = Specs(tmp_path / "ours", pg.url), Specs(tmp_path / "theirs", other.url)
        for specs in (ours, theirs):
            specs.apply(before)
        ours.declare(after)
        text = plan_sql(workflow.plan(ours.request(), given=EVERYTHING.given))
        theirs.apply(after)
        for expected in ("", "done already"):
            wrote = rows(pg)
            done = run_script(pg, text)
            assert done.code == 0, done.err
            assert "the database matches plan" in done.out
            assert expected in done.err
            assert lines(pg) == lines(other)
            assert ours.plan(after).planned.plan.empty
        assert rows(pg) == wrote


def rows(pg: Target) -> list[list[tuple[object, ...]]]:
    """Return the catalogs' rows with who wrote them last: what is written anew has another xmin."""
    return [
        pg.query(f"select oid, xmin::text::bigint from {name} order by 1")
        for name in ("pg_class", "pg_proc", "pg_trigger", "pg_attrdef", "pg_constraint")
    ]


def test_a_wrong_body_stops_the_script_at_its_end(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    text = plan_sql(specs.plan("function: f\nreturns: int\nbody: select no_such from nowhere"))
    done = run_script(pg, text)
    assert done.code != 0
    assert "nowhere" in done.err
