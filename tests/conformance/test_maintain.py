"""`maintain` on every dialect: what the database's own figures ask for is done, and room is given back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.conformance.driver import Project
from tests.process import Reconcile
from tests.target import Target

T = "table: t\ncolumns:\n  id: {type: int, primary_key: true}\n  a: {type: varchar(200)}\nindexes: {t_a: [a]}\n"


def _maintained(project: Project, reconcile: Reconcile) -> list[Any]:
    said = json.loads(reconcile("maintain", "-e", "here", "--json", cwd=project.folder).ok().out)
    chores = said["result"]["chores"]
    assert not [one["failure"] for one in chores if one["failure"]]
    return [one["sql"].split(" TABLE")[0].split('"')[0].strip() for one in chores]


def _figures_sqlite(target: Target) -> bool:
    return bool(target.query("select * from sqlite_stat1 where tbl = 't'"))


def _figures_postgres(target: Target) -> bool:
    return target.query("select reltuples from pg_class where relname = 't'") == [(100,)]


def _figures_mysql(target: Target) -> bool:
    return target.query("select n_rows from mysql.innodb_table_stats where table_name = 't'"
                        " and database_name = database()") == [(100,)]  # fmt: skip


_FIGURES: Mapping[str, Callable[[Target], bool]] = {
    "sqlite": _figures_sqlite, "postgres": _figures_postgres, "mysql": _figures_mysql, "mariadb": _figures_mysql,
}  # fmt: skip


def test_fresh_figures(target: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    project = Project(tmp_path, target)
    project.apply(T)
    target.execute(f"insert into t (id, a) values {', '.join(f'({n}, {n})' for n in range(100))}")
    before = target.observe()
    done = _maintained(project, reconcile)
    assert done == {
        "sqlite": ["ANALYZE"], "d1": ["PRAGMA optimize"], "postgres": ["ANALYZE"],
        "mysql": ["ANALYZE NO_WRITE_TO_BINLOG"], "mariadb": ["ANALYZE NO_WRITE_TO_BINLOG"],
    }[target.dialect]  # fmt: skip
    assert target.dialect not in _FIGURES or _FIGURES[target.dialect](target)
    assert target.observe() == before


def test_room_is_given_back(sqlite: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    project = Project(tmp_path, sqlite)
    project.apply(T)
    many = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)"
    sqlite.execute(f"insert into t {many} select i, hex(randomblob(60)) from n; delete from t where id > 10;")
    (before,) = sqlite.query("pragma page_count")
    assert _maintained(project, reconcile) == ["ANALYZE", "VACUUM"]
    (after,) = sqlite.query("pragma page_count")
    assert after[0] * 10 < before[0]


def test_dead_rows_are_cleaned_away(postgres: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    project = Project(tmp_path, postgres)
    project.apply(T)
    postgres.execute("alter table t set (autovacuum_enabled = off)")
    postgres.execute("insert into t select n, 'x' from generate_series(1, 1000) as n")
    postgres.execute("delete from t where id > 10; select pg_stat_force_next_flush()")
    assert _maintained(project, reconcile) == ["VACUUM (ANALYZE)"]
    assert postgres.query("select n_dead_tup from pg_stat_user_tables where relname = 't'") == [(0,)]
