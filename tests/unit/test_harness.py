"""The test databases themselves: fresh, isolated, seen by other eyes than ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.target import Target, fresh, servers

SERVERS = servers(["sqlite", "postgres", "mysql", "mariadb"], every=True)


@pytest.fixture(params=SERVERS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Target, Target]]:
    """Two databases on the same server."""
    with fresh(request.param, tmp_path) as one, fresh(request.param, tmp_path) as two:
        yield one, two


def test_databases_do_not_see_each_other(pair: tuple[Target, Target]) -> None:
    one, two = pair
    one.execute("create table t (a int); insert into t values (1), (2);")
    assert one.query("select count(*) from t") == [(2,)]
    assert "t" in one.observe()
    assert two.observe().strip() == ""


def test_the_observer_sees_what_a_schema_is_made_of(pair: tuple[Target, Target]) -> None:
    one, two = pair
    for database in pair:
        database.execute("create table t (a int check (a > 0)); create index i on t (a);")
    assert one.observe() == two.observe()
    two.execute("alter table t add b int;")
    assert one.observe() != two.observe()


def test_the_observer_leaves_the_ledger_out(pair: tuple[Target, Target]) -> None:
    one, _ = pair
    one.execute("create table t (a int);")
    before = one.observe()
    one.execute("create table _reconcile_runs (id int primary key);")
    assert one.observe() == before


def test_a_dialect_without_a_test_database_is_an_error() -> None:
    with pytest.raises(LookupError, match="oracle"):
        servers(["oracle", "sqlite"], every=False)
