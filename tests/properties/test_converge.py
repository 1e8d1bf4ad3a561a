"""What holds for every schema, on real databases: an apply leaves nothing to plan, rows survive, order is nothing."""

from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import spec, workflow
from reconciler.dialects import NAMES
from reconciler.errors import ReconcileError, Refused
from reconciler.execute import failpoints
from reconciler.execute.failpoints import POINTS
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect
from reconciler.plan.policy import Allowance
from tests.examples import examples
from tests.strategies import for_server, rows_for, wide_models
from tests.target import Target, fresh

EXAMPLES = settings(
    max_examples=examples(15),
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
        "reconcile: 1\nproject: random\nsql: postgres\n"
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
    assert review.planned.comparison.not_understood == {}, "what we made ourselves is always understood"


def fill(target: Target, model: Model) -> None:
    """Put three rows into every table."""
    for table in (ref for ref, obj in model.items() if isinstance(obj, Table)):
        for row in rows_for(model, table, 3):
            if row:
                columns, values = ", ".join(map(target.quoted, row)), ", ".join(row.values())
                target.execute(f"insert into {target.quoted(table.name)} ({columns}) values ({values})")
            else:
                nothing = "() values ()" if target.dialect in ("mysql", "mariadb") else "default values"
                target.execute(f"insert into {target.quoted(table.name)} {nothing}")


def contents(target: Target, model: Model) -> dict[Ref, list[object]]:
    """Return the values of every plain column, by address, in the order of the ids."""
    found: dict[Ref, list[object]] = {}
    for column in (obj for obj in model.values() if isinstance(obj, Column) and obj.generated is None):
        name, table = target.quoted(column.ref.name), target.quoted(column.ref.top.name)
        rows = target.query(f"select {name} from {table} order by id")
        found[column.ref] = [_plain(value) for (value,) in rows]
    return found


def _plain(value: object) -> object:
    """A number is a number whatever type holds it, and a truth value is one of two, also in words."""
    if value is None:
        return None
    truth = {"True": 1, "true": 1, "False": 0, "false": 0}.get(str(value))
    try:
        return Decimal(str(value) if truth is None else truth).normalize()
    except ArithmeticError:
        return str(value)


def lost(before: dict[Ref, list[object]], after: dict[Ref, list[object]]) -> set[Ref]:
    """Return the columns of which a value is not there any more."""
    return {ref for ref, values in before.items() if any(values) and after.get(ref) != values}


def forget(target: Target) -> None:
    """Throw the ledger away: what is true then is true by the catalog alone."""
    for table in ("run", "step", "object"):
        target.execute(f"drop table _reconcile_{table}")


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(before=wide_models(), after=wide_models())
def test_every_change_converges_and_rows_survive(server: str, before: Model, after: Model, tmp_path: Path) -> None:
    """From any schema with rows to any other: the rows forbid it and nothing happens, or what is lost was declared."""
    before, after = for_server(before, server), for_server(after, server)
    with fresh(server, tmp_path) as target:
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
            assert_converged(first)
            return
        declared = {hazard.ref for hazard in done.review.planned.hazards if hazard.kind.destructive}
        silently = {ref for ref in lost(held, contents(target, after)) if not any(ref.inside(to) for to in declared)}
        assert silently == set(), [(str(ref), before[ref], after.get(ref), held[ref]) for ref in silently]
        assert_converged(second)
        forget(target)
        assert_converged(second)


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=wide_models())
def test_without_a_ledger_nothing_is_left_to_plan(server: str, model: Model, tmp_path: Path) -> None:
    """What was created reads back as what was meant, by the catalog alone."""
    model = for_server(model, server)
    with fresh(server, tmp_path) as target:
        request = project(tmp_path, model, target.url)
        converge(request)
        forget(target)
        assert_converged(request)


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=wide_models())
def test_an_import_is_the_identity(server: str, model: Model, tmp_path: Path) -> None:
    """What is imported plans empty against its source, and makes the same schema out of an empty database."""
    model = for_server(model, server)
    with fresh(server, tmp_path) as target, fresh(server, tmp_path) as empty:
        converge(project(tmp_path, model, target.url))
        directory = tmp_path / f"i{next(_numbers)}"
        workflow.import_(workflow.Request(directory=tmp_path, url=target.url), directory)
        assert_converged(workflow.Request(directory=directory, url=target.url))
        converge(workflow.Request(directory=directory, url=empty.url))
        assert sorted(empty.observe().splitlines()) == sorted(target.observe().splitlines())


@pytest.mark.parametrize("server", NAMES)
@EXAMPLES
@given(model=wide_models(), seed=st.integers())
def test_the_order_of_the_specs_does_not_matter(server: str, model: Model, seed: int, tmp_path: Path) -> None:
    """The same declarations in another order, in one file instead of many, are the same plan."""
    model = for_server(model, server)
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
@settings(EXAMPLES, max_examples=examples(5))
@given(before=wide_models(), after=wide_models(), point=st.sampled_from(POINTS), hit=st.integers(1, 6))
def test_an_apply_that_dies_anywhere_is_finished_by_the_next(
    server: str, before: Model, after: Model, point: str, hit: int, tmp_path: Path
) -> None:
    """Stop at any point, the first or a later time that it is passed, and run again: converged."""
    before, after = for_server(before, server), for_server(after, server)
    with fresh(server, tmp_path) as target, pytest.MonkeyPatch.context() as patch:
        converge(project(tmp_path, before, target.url))
        request = project(tmp_path, after, target.url)
        patch.setattr(failpoints, "_POINT", failpoints._Armed(point, "raise", hit))
        with suppress(failpoints.Injected, ReconcileError):
            workflow.apply(request, EVERYTHING)
        patch.setattr(failpoints, "_POINT", None)
        converge(request)
