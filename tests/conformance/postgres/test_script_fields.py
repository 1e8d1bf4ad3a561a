"""`-o sql` for each field of tables, columns and indexes: psql makes what apply makes, a second time nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.report.sql import plan_sql
from tests.conformance.postgres.field_cases import CASES
from tests.conformance.postgres.specs import Specs, lines
from tests.conformance.postgres.test_fields import version
from tests.scripting import run_script
from tests.target import Target, fresh

WHO_WROTE = "select oid, xmin::text::bigint from {} order by 1"
# A catalog row that is written anew has another xmin: the second run writes none.
WRITTEN = ("pg_class", "pg_constraint", "pg_type", "pg_attrdef")


@pytest.mark.parametrize("name", CASES)
def test_a_field_is_changed_by_a_script_that_may_run_again(pg: Target, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    if case.since > version(pg):
        return
    with fresh(pg.server, tmp_path) as other:
        ours, theirs = Specs(tmp_path / "ours", pg.url), Specs(tmp_path / "theirs", other.url)
        for specs, target in ((ours, pg), (theirs, other)):
            specs.apply(case.before)
            if case.rows:
                target.execute(case.rows)
        review = ours.plan(case.after)
        if review.planned.plan.empty:
            return
        text = plan_sql(review)
        theirs.apply(case.after)
        for expected in ("", "done already"):
            before = rows(pg)
            done = run_script(pg, text)
            assert done.code == 0, done.err
            assert "the database matches plan" in done.out
            assert expected in done.err
            assert lines(pg) == lines(other)
            assert ours.plan(case.after).planned.plan.empty
        assert rows(pg) == before


def rows(pg: Target) -> list[list[tuple[object, ...]]]:
    """Return the catalogs' rows with who wrote them last."""
    return [pg.query(WHO_WROTE.format(name)) for name in WRITTEN]
