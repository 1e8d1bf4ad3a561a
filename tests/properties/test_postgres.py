"""What holds for any schema with what only PostgreSQL has: rows survive, nothing is left, import is faithful."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from hypothesis import given

from reconciler import workflow
from reconciler.errors import Refused
from reconciler.model.model import Model
from reconciler.plan.hazards import Effect
from tests.properties.test_converge import (
    EVERYTHING,
    EXAMPLES,
    assert_converged,
    contents,
    converge,
    fill,
    forget,
    lost,
    project,
)
from tests.strategies_postgres import postgres_models
from tests.target import fresh

_numbers = count()


@EXAMPLES
@given(before=postgres_models(), after=postgres_models())
def test_every_change_converges_and_rows_survive(before: Model, after: Model, tmp_path: Path) -> None:
    with fresh("postgres", tmp_path) as target:
        first, second = project(tmp_path, before, target.url), project(tmp_path, after, target.url)
        converge(first)
        fill(target, before)
        held = contents(target, before)
        try:
            done = workflow.apply(second, EVERYTHING)
        except Refused as refusal:
            review = refusal.review  # type: ignore[attr-defined]
            assert all(hazard.effect is Effect.BLOCK for hazard in review.planned.verdict.refused)
            assert contents(target, before) == held
            return
        declared = {hazard.ref for hazard in done.review.planned.hazards if hazard.kind.destructive}
        assert not [ref for ref in lost(held, contents(target, after)) if not any(ref.inside(to) for to in declared)]
        assert_converged(second)
        forget(target)
        assert_converged(second)


@EXAMPLES
@given(model=postgres_models())
def test_what_is_imported_makes_the_same_schema(model: Model, tmp_path: Path) -> None:
    with fresh("postgres", tmp_path) as target, fresh("postgres", tmp_path) as empty:
        converge(project(tmp_path, model, target.url))
        directory = tmp_path / f"i{next(_numbers)}"
        workflow.import_(workflow.Request(directory=tmp_path, url=target.url), directory)
        assert_converged(workflow.Request(directory=directory, url=target.url))
        converge(workflow.Request(directory=directory, url=empty.url))
        assert sorted(empty.observe().splitlines()) == sorted(target.observe().splitlines())
