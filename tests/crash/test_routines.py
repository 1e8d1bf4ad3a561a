"""A function made anew with all that rests on it: killed at any point, and the next apply finishes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.execute.failpoints import POINTS
from tests.conformance.postgres.test_routine_closures import AROUND, TABLE, twice
from tests.process import Reconcile
from tests.target import Target


@pytest.mark.live("postgres")
@pytest.mark.parametrize("point", POINTS)
def test_the_next_apply_finishes(postgres: Target, reconcile: Reconcile, tmp_path: Path, point: str) -> None:
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nsql: postgres\nenvironments: {{here: {{url: '{postgres.url}', default: true}}}}\n"
    )

    def apply(text: str, failpoint: str = "") -> int:
        (tmp_path / "t.yaml").write_text(text)
        env = {"RECONCILE_FAILPOINT": failpoint} if failpoint else {}
        return reconcile("apply", "--auto-approve", "--allow", "*", "-C", tmp_path, env=env).code

    assert apply(TABLE + AROUND + twice("x")) == 0
    postgres.execute("insert into t (id) values (1), (2)")
    before = postgres.observe()
    for hit in (1, 9) if "statement" in point else (1,):
        assert apply(TABLE + AROUND + twice("y"), f"{point}:hit={hit}:kill") != 0
        assert postgres.observe() in (before, as_planned(before))
        assert postgres.query("select id, a, b, c from t order by id") == [(1, 6, 8, 2), (2, 6, 8, 4)]
    assert apply(TABLE + AROUND + twice("y")) == 0
    assert postgres.observe() == as_planned(before)


def as_planned(dump: str) -> str:
    """Return the dump that the other name of the argument makes."""
    return dump.replace("twice(x integer)", "twice(y integer)").replace("x * 2", "y * 2")
