"""What holds for every schema, on real databases: an apply leaves nothing to plan, rows survive, order is nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import spec, workflow
from reconciler.dialects import NAMES
from reconciler.errors import ReconcileError, Refused
from reconciler.execute import failpoints
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.plan.hazards import Effect
from reconciler.plan.policy import Allowance
from tests.strategies import models, quoted, rows_for
from tests.target import Target, fresh

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
EVERYTHING = workflow.Terms(given=(Allowance("*"),))
_numbers = count()


def project(folder: Path, model: Model, url: str) -> workflow.Request:
    """Write a model as a project of its own and return the request for it."""
    directory = folder / f"p{next(_numbers)}" / "project"
    spec.write(model, directory, dialect="postgres", project_name="random", url="sqlite:///none.db")
    (directory / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: random\nsql: postgres\ndialects: [sqlite, postgres]\n"
        "environments: {here: {url: {env: NOWHERE}, default: true, dialect: sqlite, policy: {approve: never}}}\n"
    )
    return workflow.Request(directory=directory, url=url)


def converge(request: workflow.Request) -> None:
    """Apply, and hold that nothing is left to plan."""
    workflow.apply(request, EVERYTHING)
    assert_converged(request)


def assert_converged(request: workflow.Request) -> None:
    review = workflow.plan(request)
    assert review.planned.plan.empty, [str(step.subject) for step in review.planned.plan.steps]


def fill(target: Target, model: Model) -> None:
    """Put three rows into every table."""
    for table in (ref for ref, obj in model.items() if isinstance(obj, Table)):
        for row in rows_for(model, table, 3):
            if row:
                columns, values = ", ".join(map(quoted, row)), ", ".join(row.values())
                target.execute(f"insert into {quoted(table.name)} ({columns}) values ({values})")
            else:
                target.execute(f"insert into {quoted(table.name)} default values")


def contents(target: Target, model: Model, columns: dict[str, Sequence[str]]) -> dict[str, list[tuple[object, ...]]]:
    """Return the given columns of every table, by id."""
    return {
        table: target.query(f"select {', '.join(map(quoted, names))} from {quoted(table)} order by id")
        for table, names in columns.items()
    }


def kept_columns(before: Model, after: Model) -> dict[str, Sequence[str]]:
    """Return, by table, the columns that both models have with the same type."""
    found: dict[str, Sequence[str]] = {}
    for table in (ref for ref, obj in before.items() if isinstance(obj, Table) and ref in after):
        same = [
            c.ref.name
            for c in before.children(table, Column)
            if (other := after.get(c.ref)) is not None and isinstance(other, Column) and other.type == c.type
            and c.generated is None and other.generated is None
        ]  # fmt: skip
        found[table.name] = sorted(same)
    return found


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(before=models(), after=models())
def test_every_change_converges_and_rows_survive(server: str, before: Model, after: Model, tmp_path: Path) -> None:
    """From any schema with rows to any other: either the rows forbid it and nothing happens, or it is so and they
    are there.
    """
    with fresh(server, tmp_path) as target:
        first, second = project(tmp_path, before, target.url), project(tmp_path, after, target.url)
        converge(first)
        fill(target, before)
        columns = kept_columns(before, after)
        held = contents(target, before, columns)
        try:
            converge(second)
        except Refused as refusal:
            review = refusal.review  # type: ignore[attr-defined]
            assert all(hazard.effect is Effect.BLOCK for hazard in review.planned.verdict.refused)
            assert contents(target, before, columns) == held
            assert_converged(first)
            return
        assert contents(target, after, columns) == held


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=models())
def test_without_a_ledger_nothing_is_left_to_plan(server: str, model: Model, tmp_path: Path) -> None:
    """What was created reads back as what was meant, by the catalog alone."""
    with fresh(server, tmp_path) as target:
        request = project(tmp_path, model, target.url)
        converge(request)
        for table in ("run", "step", "object"):
            target.execute(f"drop table _reconcile_{table}")
        assert_converged(request)


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=models())
def test_an_import_is_the_identity(server: str, model: Model, tmp_path: Path) -> None:
    """What is imported plans empty against its source, and makes the same schema out of an empty database."""
    with fresh(server, tmp_path) as target, fresh(server, tmp_path) as empty:
        converge(project(tmp_path, model, target.url))
        directory = tmp_path / f"i{next(_numbers)}"
        workflow.import_(workflow.Request(directory=tmp_path, url=target.url), directory)
        assert_converged(workflow.Request(directory=directory, url=target.url))
        converge(workflow.Request(directory=directory, url=empty.url))
        assert sorted(empty.observe().splitlines()) == sorted(target.observe().splitlines())


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=models(), seed=st.integers())
def test_the_order_of_the_specs_does_not_matter(server: str, model: Model, seed: int, tmp_path: Path) -> None:
    """The same declarations in another order, in one file instead of many, are the same plan."""
    with fresh(server, tmp_path) as target:
        request = project(tmp_path, model, target.url)
        files = sorted(path for path in request.directory.rglob("*.yaml") if path.name != "reconcile.yaml")
        once = workflow.plan(request).planned.plan.id
        texts = [path.read_text() for path in files]
        random.Random(seed).shuffle(texts)
        for path in files:
            path.unlink()
        (request.directory / "all.yaml").write_text("---\n".join(texts))
        assert workflow.plan(request).planned.plan.id == once


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(before=models(), after=models(), step=st.integers(1, 12))
def test_an_apply_that_dies_after_any_step_is_finished_by_the_next(
    server: str, before: Model, after: Model, step: int, tmp_path: Path
) -> None:
    """Stop after step k, run again: converged."""
    with fresh(server, tmp_path) as target, pytest.MonkeyPatch.context() as patch:
        converge(project(tmp_path, before, target.url))
        request = project(tmp_path, after, target.url)
        patch.setattr(failpoints, "_POINT", failpoints._Armed("after_step", "raise", step))
        with suppress(failpoints.Injected, ReconcileError):
            workflow.apply(request, EVERYTHING)
        patch.setattr(failpoints, "_POINT", None)
        converge(request)
