"""Views on SQLite that read what is renamed, rebuilt or gone: they go on working, or the plan is refused."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

TABLE = "table: t\ncolumns: {{id: {{type: int, identity: true}}, a: {{type: {a}}}{more}}}\nprimary_key: [id]\n{rest}"


def table(a: str = "int", more: str = "", rest: str = "") -> str:
    return TABLE.format(a=a, more=more, rest=rest)


LIVE = (
    "create table t (id integer primary key, a int); insert into t values (1, 2);"
    "create view v as select id, a as v from t;"
)
RENAMED = "view: w\nrenamed_from: v\nquery: select id, a as v from t\n"


def test_an_undeclared_view_follows_a_renamed_view(project: Project, sqlite: Target) -> None:
    """A column and an alias of the same name stay what they are."""
    sqlite.execute(LIVE + 'create view reader as select v.v, "v".id as v2 from v join t as x on x.id = v.id;')
    project.apply(table(), RENAMED)
    assert sqlite.query("select * from reader") == [(2, 1)]
    assert sqlite.query("select name from sqlite_schema where name = 'v'") == []


def test_a_chain_of_undeclared_views_follows(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE + "create view r1 as select * from v; create view r2 as select * from r1, v as again;")
    project.apply(table("text"), RENAMED)
    assert sqlite.query("select count(*) from r2") == [(1,)]


def test_what_is_not_managed_and_reads_a_renamed_view_refuses(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE + "create view reader (x) as select v from v")
    assert "reader stands in the way" in str(project.impossible(table(), RENAMED)["RUN038"])


def test_a_trigger_that_nobody_declared_follows_a_renamed_view(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE + "create trigger r after insert on t begin update t set a = (select count(*) from v); end")
    project.apply(table(), RENAMED)
    sqlite.execute("insert into t (id) values (9)")
    assert sqlite.query("select a from t") == [(2,), (2,)]


def test_declared_views_are_renamed_together(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE + "create view v2 as select * from v;")
    project.apply(table(), RENAMED, "view: w2\nrenamed_from: v2\nquery: select * from w\n")
    assert sqlite.query("select * from w2") == [(1, 2)]


def test_a_chain_of_declared_views_is_renamed_in_any_order(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE + "create view a as select * from v; create view b as select * from a;")
    project.apply(
        table(), RENAMED, "view: x\nrenamed_from: a\nquery: select * from w\n",
        "view: c\nrenamed_from: b\nquery: select * from x\n",
    )  # fmt: skip
    assert sqlite.query("select * from c") == [(1, 2)]
    assert sqlite.query("select name from sqlite_schema where type = 'view' order by 1") == [("c",), ("w",), ("x",)]


def test_a_view_is_renamed_and_changed_at_once(project: Project, sqlite: Target) -> None:
    sqlite.execute(LIVE)
    project.apply(table(), RENAMED.replace("select id", "select id + 1 as id"))
    assert sqlite.query("select * from w") == [(2, 2)]


def test_an_index_is_renamed_and_changed_at_once(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create index i on t (a)")
    project.apply(table(rest="indexes: {j: {columns: [a desc], renamed_from: i}}\n"))
    assert sqlite.query("select name from sqlite_schema where tbl_name = 't' and type = 'index'") == [("j",)]


@pytest.mark.parametrize(
    "dangling",
    [
        "create view dangling as select * from nowhere",
        "create trigger dangling after delete on t begin insert into nowhere values (1); end",
    ],
)
def test_a_column_goes_although_something_dangles(project: Project, sqlite: Target, dangling: str) -> None:
    """ALTER TABLE DROP COLUMN reads every view and trigger of the file; a rebuild does not."""
    sqlite.execute(f"create table t (id integer primary key, a int, b int); insert into t values (1, 2, 3); {dangling}")
    project.apply(table(rest="removed: {column.b: {reason: unused}}\n"))
    assert sqlite.query("select * from t") == [(1, 2)]
    assert sqlite.query("select count(*) from sqlite_schema where name = 'dangling'") == [(1,)]


def test_a_column_goes_in_place_where_nothing_dangles(project: Project, sqlite: Target) -> None:
    sqlite.execute(
        "create table t (id integer primary key, a int, b int /* kept */); "
        "create view v as with recursive n (i) as (select 1 union select i + 1 from n where i < 3), m as (select 1) "
        "select i, key from n, m, json_each('[1]');"
    )
    project.apply(
        table(more="", rest="removed: {column.a: {reason: unused}}\n").replace("a: {type: int}", "b: {type: int}")
    )
    assert "/* kept */" in str(sqlite.query("select sql from sqlite_schema where name = 't'"))
