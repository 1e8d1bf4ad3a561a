"""Any random schema leads to any other and back by the catalog alone, and nothing is left to plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from reconciler.model.model import Model
from tests.conformance.postgres.driver import connected, converge, declared, on
from tests.examples import examples
from tests.strategies import models
from tests.target import Target, fresh

# With rows, a ledger and specs as files: tests/properties/test_converge.py.
EXAMPLES = settings(max_examples=examples(9), deadline=None, suppress_health_check=[HealthCheck.too_slow])


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
