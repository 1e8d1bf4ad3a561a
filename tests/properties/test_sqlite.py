"""What holds for any schema with what only SQLite has: rows and rowids survive, import is faithful."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from hypothesis import given

from reconciler import spec, workflow
from reconciler.errors import Refused
from reconciler.model.model import Model
from reconciler.model.objects import Table
from reconciler.plan.hazards import Effect
from tests.observer_sqlite import differences, facts
from tests.properties.test_converge import EVERYTHING, EXAMPLES, assert_converged, contents, converge, fill, lost
from tests.strategies import quoted, sqlite_models
from tests.target import Target, fresh

_numbers = count()


def project(folder: Path, model: Model, url: str) -> workflow.Request:
    """Write a model as a project of its own, whose SQL is PostgreSQL's, and return the request for it."""
    directory = folder / f"s{next(_numbers)}" / "project"
    spec.write(model, directory, dialect="sqlite", project_name="random", url="sqlite:///none.db")
    (directory / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: random\nsql: postgres\ndialects: [sqlite]\n"
        "environments: {here: {url: {env: NOWHERE}, default: true, dialect: sqlite, policy: {approve: never}}}\n"
    )
    return workflow.Request(directory=directory, url=url)


def file(target: Target) -> Path:
    return Path(target.url.removeprefix("sqlite:///"))


def rowids(target: Target, model: Model) -> dict[str, list[object]]:
    tables = [ref.name for ref, obj in model.items() if isinstance(obj, Table)]
    return {name: [row for (row,) in target.query(f"select rowid from {quoted(name)} order by 1")] for name in tables}


@EXAMPLES
@given(before=sqlite_models(), after=sqlite_models())
def test_every_change_converges_and_rows_survive(before: Model, after: Model, tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as target:
        first, second = project(tmp_path, before, target.url), project(tmp_path, after, target.url)
        converge(first)
        fill(target, before)
        held, ids = contents(target, before), rowids(target, before)
        try:
            done = workflow.apply(second, EVERYTHING)
        except Refused as refusal:
            review = refusal.review  # type: ignore[attr-defined]
            assert all(hazard.effect is Effect.BLOCK for hazard in review.planned.verdict.refused)
            assert contents(target, before) == held
            return
        assert_converged(second)
        declared = {hazard.ref for hazard in done.review.planned.hazards if hazard.kind.destructive}
        assert not [ref for ref in lost(held, contents(target, after)) if not any(ref.inside(to) for to in declared)]
        assert {name: found for name, found in rowids(target, after).items() if name in ids} == {
            name: found for name, found in ids.items() if name in rowids(target, after)
        }


@EXAMPLES
@given(model=sqlite_models())
def test_what_is_imported_makes_the_same_file(model: Model, tmp_path: Path) -> None:
    with fresh("sqlite", tmp_path) as target, fresh("sqlite", tmp_path) as copy:
        converge(project(tmp_path, model, target.url))
        folder = tmp_path / f"i{next(_numbers)}"
        workflow.import_(workflow.Request(directory=tmp_path, url=target.url), folder)
        workflow.apply(workflow.Request(directory=folder, url=copy.url), EVERYTHING)
        assert differences(facts(file(target)), facts(file(copy))) == []
