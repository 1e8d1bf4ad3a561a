"""What only SQLite allows: read, imported with nothing left to plan, and kept through a rebuild."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from tests.conformance.driver import Project
from tests.observer_sqlite import differences, facts
from tests.target import Target

TABLES = [
    "create table t (a, b)",
    "create table s as select 1 as a, 'x' as b, 2.5 as c, x'00' as d",
    "create table 't 1' ([a b] `int`, 'c d' text, \"e\"\"f\" 'UNSIGNED BIG INT', `g``h` varchar ( 20 , 3 ))",
    "create table t (a int default -5, b default +5, c default x'00', d default (1+2), e default \"str\","
    " f default true, g default null, h default 'it''s', i default abc, j default - 5.5,"
    " k default (strftime('%s', 'now')), l default current_timestamp, m default 1e3, n default 0x10,"
    " o default ('a' || 'b'), p text default 007, q text default 1e3, r text default 1.50, s int default 1.0)",
    "create table t (a integer primary key default 7, b int)",
    "create table t (a int primary key, b int)",
    "create table t (a integer, b int, primary key (a desc))",
    "create table t (a text collate nocase, b text collate rtrim, unique (a collate binary, b desc))",
    "create table t (a text collate nocase); create index i on t (a collate binary); create index j on t (a);"
    " create index k on t (a collate rtrim desc, lower(a) collate nocase) where a > 'x' collate binary",
    "create table t (a int constraint x constraint nn not null on conflict fail, b int constraint lost, c constraint d"
    " default 5 constraint u unique constraint co collate nocase constraint ch check (c > 0))",
    "create table t (a text, b int, primary key (a, b)) without rowid",
    "create table t (a text primary key, b any) strict, without rowid",
    "create table t (a int, b int generated always as (a + 1), c text as (a || 'x') stored, d as (b * 2) virtual)",
    "create table p (id integer primary key); create table t (a int references p deferrable initially deferred,"
    " b int references P (ID) on delete set null on update cascade match full not deferrable initially immediate,"
    " c int constraint named references p)",
    "create table t (id integer primary key autoincrement, a int); insert into t values (41, 1); delete from t;",
    "create table t (a int unique, b int unique, unique (a), unique (b, a), check (a > 0), check (a > 0))",
    "create table t (a int, -- a comment\n b int /* , c int */, check (a <> '-- no comment'))",
    "create table \"order\" (\"select\" int, \"group\" text default 'x', unique (\"group\"));"
    " create view \"from\" as select \"select\" from \"order\"",
    "create table Ünï (Ä int, ä int)",
]  # fmt: skip


@pytest.mark.parametrize("sql", TABLES)
def test_it_is_imported_and_made_alike(project: Project, sqlite: Target, tmp_path: Path, sql: str) -> None:
    sqlite.execute(sql)
    folder, copy = tmp_path / "imported", tmp_path / "copy.db"
    told = workflow.import_(project.request, folder).unmodelled
    assert workflow.plan(workflow.Request(directory=folder)).planned.plan.empty
    workflow.apply(workflow.Request(directory=folder, url=f"sqlite:///{copy}"))
    left = differences(facts(Path(sqlite.url.removeprefix("sqlite:///"))), facts(copy))
    assert not left or told, left


@pytest.mark.parametrize("sql", [sql for sql in TABLES if " t (" in sql])
def test_it_is_kept_through_a_rebuild(project: Project, sqlite: Target, sql: str) -> None:
    """A new column that cannot be added in place makes the table anew; what the table had before is there."""
    sqlite.execute(sql)
    path = Path(sqlite.url.removeprefix("sqlite:///"))
    before = dict(facts(path))
    document = project.imported("tables/t.yaml")
    others = (project.folder.with_name("imported")).rglob("*/p.yaml")
    made = document.replace("columns:\n", "columns:\n  fresh: {type: int, not_null: true, default: {sql: 1 + 1}}\n")
    project.apply(made, *(file.read_text() for file in others))
    after = dict(facts(path))
    assert "column t.fresh" in after
    left = [line for line in differences(before, after) if "t.fresh" not in line]
    assert left == []


def test_a_key_that_points_at_nothing_unique_is_no_obstacle(project: Project, sqlite: Target) -> None:
    """Its rows cannot be checked, and were not before either."""
    sqlite.execute(
        "pragma foreign_keys = off; create table p (a int); create table t (a int references p (a), b int);"
        "insert into t values (1, 2)"
    )
    document = project.imported("tables/t.yaml")
    parent = (project.folder.with_name("imported") / "tables" / "p.yaml").read_text()
    project.apply(document.replace("b: {native: int}", "b: {type: text}"), parent)
    assert sqlite.query("select * from t") == [(1, "2")]


def test_the_counter_of_autoincrement_stays(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key autoincrement, a int); insert into t values (41, 1);")
    sqlite.execute("delete from t")
    project.apply(project.imported("tables/t.yaml").replace("a: {native: int}", "a: {type: text}"))
    sqlite.execute("insert into t (a) values ('x')")
    assert sqlite.query("select id from t") == [(42,)]


def test_what_is_said_of_the_file_stays(project: Project, sqlite: Target) -> None:
    sqlite.execute(
        "pragma page_size = 1024; pragma journal_mode = wal; pragma application_id = 77; pragma user_version = 9;"
        "create table t (id integer primary key, a int); insert into t values (1, 2); analyze;"
    )
    stat = sqlite.query("select * from sqlite_stat1")
    project.apply(project.imported("tables/t.yaml").replace("a: {native: int}", "a: {type: text}"))
    for pragma, value in (("application_id", 77), ("user_version", 9), ("page_size", 1024), ("journal_mode", "wal")):
        assert sqlite.query(f"pragma {pragma}") == [(value,)]
    assert sqlite.query("select * from sqlite_stat1 where tbl = 't'") in (stat, [])


def test_a_collation_of_an_application_is_told_before_anything_runs(project: Project, sqlite: Target) -> None:
    document = "table: t\ncolumns: {a: {type: text, collation: german}}\n"
    project._declare((document,))
    found = [problem.message for problem in workflow.plan(project.request).planned.obstacles]
    assert found == ["table.t needs the collation GERMAN, which an application defines"]
