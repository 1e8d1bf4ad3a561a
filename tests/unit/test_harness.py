"""The test databases themselves: fresh, isolated, seen by other eyes than ours."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests import warm
from tests.process import Reconcile, surroundings
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


@pytest.mark.parametrize(("words", "env", "stdin"), [
    (["version"], {}, ""),
    (["validate"], {}, ""),
    (["nonsense", "é"], {}, ""),
    (["fmt", "-"], {}, "table:   ä\n"),
    (["plan", "--url", "sqlite://"], {"RECONCILE_ENV": "nowhere"}, ""),
])  # fmt: skip
def test_a_forked_command_is_the_command(
    reconcile: Reconcile, installed: Reconcile, words: Sequence[str], env: Mapping[str, str], stdin: str
) -> None:
    assert reconcile(*words, env=env, stdin=stdin) == installed(*words, env=env, stdin=stdin)


def test_a_forked_command_is_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("table: a\ncolumns: {id: {type: int}}\n")
    words = ["apply", "--auto-approve", "--url", "sqlite:///a.db"]
    sleeping = {"RECONCILE_FAILPOINT": "after_lock:sleep"}
    one = warm.start(words, cwd=tmp_path, environ=surroundings(sleeping))
    with pytest.raises(TimeoutError):
        one.result(timeout=0.1)
    assert one.pid != os.getpid()
    one.kill()
    assert one.result().code == -signal.SIGKILL
    # What the one was given in its environment is not there for the other.
    assert warm.start(words, cwd=tmp_path, environ=surroundings()).result().ok().out
