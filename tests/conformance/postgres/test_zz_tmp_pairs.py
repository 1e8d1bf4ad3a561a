"""Any random schema leads to any other, with rows in it or without, and nothing is left to plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler.model.model import Model
from reconciler.model.objects import Table
from reconciler.plan.hazards import Effect
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, run
from tests.strategies import models, quoted, rows_for
from tests.target import Target, fresh

EXAMPLES = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One database for all examples, emptied before each."""
    directory: Path = tmp_path_factory.mktemp("pairs")
    with fresh("postgres", directory) as database:
        yield database


def empty(database: Target) -> None:
    database.execute("drop schema public cascade; create schema public")


@pytest.mark.live("postgres")
@EXAMPLES
@given(models(), models())
def test_any_schema_leads_to_any_other(shared: Target, first: Model, second: Model) -> None:
    empty(shared)
    target = on(shared.url)
    with connected(target) as session:
        for model in (first, second, first):
            converge(session, target, declared(list(model.values())))


@pytest.mark.live("postgres")
@EXAMPLES
@given(models(), models())
def test_rows_survive_unless_a_plan_says_otherwise(shared: Target, first: Model, second: Model) -> None:
    empty(shared)
    target = on(shared.url)
    tables = [ref for ref, obj in first.items() if isinstance(obj, Table)]
    with connected(target) as session:
        converge(session, target, declared(list(first.values())))
        for table in tables:
            for row in rows_for(first, table, 3):
                names, values = ", ".join(map(quoted, row)), ", ".join(row.values())
                words = f"({names}) values ({values})" if row else "default values"
                shared.execute(f"insert into {quoted(table.name)} {words}")
        plan = planned(session, target, declared(list(second.values())))
        if any(hazard.effect is Effect.BLOCK for hazard in plan.hazards):
            return
        run(session, plan)
        assert planned(session, target, declared(list(second.values()))).plan.empty
    for table in tables:
        if table in second:
            assert shared.query(f"select count(*) from {quoted(table.name)}") == [(3,)]
