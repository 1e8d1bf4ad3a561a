"""What stands around a table survives its changes: triggers, views and indexes, whoever made them."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

T = "table: t\ncolumns: {{id: {{type: int, identity: true}}, {columns}}}\nprimary_key: [id]\n{rest}"


def table(columns: str, rest: str = "") -> str:
    return T.format(columns=columns, rest=rest)


def names(sqlite: Target, kind: str) -> list[str]:
    rows = sqlite.query(f"select name from sqlite_schema where type = '{kind}' and sql is not null order by 1")
    return [name for (name,) in rows if not name.startswith("_reconcile")]


# --- found --------------------------------------------------------------------------------------------------------


def test_a_rebuild_keeps_what_was_made_for_the_table_in_other_letters(project: Project, sqlite: Target) -> None:
    sqlite.execute(
        """
        create table t (id integer primary key, a int); create table log (what text);
        create trigger Added after insert on T begin insert into log values ('added ' || new.a); end;
        create index T_A on T (A);
        """
    )
    project.apply(table("a: {type: text}"))
    assert names(sqlite, "trigger") == ["Added"]
    assert names(sqlite, "index") == ["T_A"]
    sqlite.execute("insert into t (a) values ('x')")
    assert sqlite.query("select what from log") == [("added x",)]


def test_an_index_that_is_named_like_ours_is_kept(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create index _reconcile_a on t (a)")
    project.apply(table("a: {type: text}"))
    assert sqlite.query("select 1 from sqlite_schema where name = '_reconcile_a'") == [(1,)]


# --- views with triggers ------------------------------------------------------------------------------------------

SHOWN = "create table t (id integer primary key, a int, b int); create view v as select id, a from t;" + (
    "create trigger put instead of insert on V begin insert into t (id, a) values (new.id, new.a * 10); end;"
)
AB = "a: {type: int}, b: {type: int}"


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([table(AB), "view: v\nquery: select id, a from t where a > 1\n"], id="another query"),
        pytest.param([table("a: {type: text}, b: {type: int}"), "view: v\nquery: select id, a from t\n"], id="rebuild"),
    ],
)
def test_a_view_that_is_made_anew_keeps_its_triggers(project: Project, sqlite: Target, documents: list[str]) -> None:
    sqlite.execute(SHOWN)
    project.apply(*documents)
    sqlite.execute("insert into v (id, a) values (1, 7)")
    assert [int(a) for (a,) in sqlite.query("select a from t")] == [70]


def test_a_view_that_is_renamed_keeps_its_triggers(project: Project, sqlite: Target) -> None:
    sqlite.execute(SHOWN)
    project.apply(table(AB), "view: w\nrenamed_from: v\nquery: select id, a from t\n")
    sqlite.execute("insert into w (id, a) values (1, 7)")
    assert sqlite.query("select a from t") == [(70,)]


def test_a_view_and_its_triggers_survive_the_drop_of_a_column_that_it_showed(project: Project, sqlite: Target) -> None:
    sqlite.execute(SHOWN.replace("select id, a from t", "select id, a, b from t"))
    project.apply(table(AB), "view: v\nquery: select id, a, b from t\n")
    project.apply(table("a: {type: int}"), "view: v\nquery: select id, a from t\n")
    sqlite.execute("insert into v (id, a) values (1, 7)")
    assert sqlite.query("select * from t") == [(1, 70)]


# --- renames ------------------------------------------------------------------------------------------------------

AUDITED = """
create table t (id integer primary key, a int, n int, check (a > 0)); create table log (a text);
create index t_a_idx on t (a) where a > 1;
create trigger audit after update of a on t when new.a > old.a begin
  insert into log (a) select new.a || ' was ' || old.a || ' of ' || count(a) from t;
end;
create view shown as select a, n as b from t;
"""
COLUMN = "c: {type: int, renamed_from: a}"
CHECKED = "checks: {t_check: %s > 0}\nindexes: {t_a_idx: {columns: [%s], where: %s > 1}}\n"


@pytest.mark.parametrize("n", ["int", "text"], ids=["in place", "rebuilt"])
@pytest.mark.parametrize("declared", [True, False], ids=["index declared", "index undeclared"])
@pytest.mark.parametrize(
    ("name", "column"), [("t", "c"), ("u", "a"), ("u", "c")], ids=["column", "table", "table and column"]
)
def test_triggers_indexes_and_views_follow_a_rename(
    project: Project, sqlite: Target, name: str, column: str, declared: bool, n: str
) -> None:
    sqlite.execute(AUDITED)
    sqlite.execute("insert into t (a, n) values (1, 2), (5, 6)")
    first = f"{column}: {{type: int}}" if column == "a" else COLUMN
    rest = CHECKED % (column, column, column) if declared else ""
    changed = table(f"{first}, n: {{type: {n}}}", rest)
    project.apply(changed.replace("table: t", "table: u\nrenamed_from: t") if name == "u" else changed)
    sqlite.execute(f"update {name} set {column} = 3 where {column} = 1")
    assert sqlite.query("select a from log") == [("3 was 1 of 2",)]
    assert [a for (a, *_) in sqlite.query("select * from shown order by 1")] == [3, 5]
    assert names(sqlite, "index") == ["t_a_idx"]
    assert sqlite.query("select name from pragma_index_info('t_a_idx')") == [(column,)]


def test_a_table_is_renamed_and_equal_words_are_not(project: Project, sqlite: Target) -> None:
    """A column, a literal, an alias and a function of the same name stay what they are."""
    sqlite.execute(
        """
        create table lower (id integer primary key, status text, check (lower(status) <> 'lower'));
        create table status (id integer primary key, status text check (status <> 'status'), n int);
        create view v as select status.status as status, 'status' as x from status;
        create trigger t after insert on lower begin update status set status = new.status where status = 'x'; end;
        insert into status (status) values ('x');
        """
    )
    project.apply(
        "table: state\nrenamed_from: status\ncolumns: {id: {type: int, identity: true}, status: {type: text}, "
        "n: {type: text}}\nprimary_key: [id]\nchecks: {state_status_check: status <> 'status'}\n",
        "table: upper\nrenamed_from: lower\ncolumns: {id: {type: int, identity: true}, "
        "status: {type: varchar(9)}}\nprimary_key: [id]\nchecks: {c: lower(status) <> 'lower'}\n",
    )
    sqlite.execute("insert into upper (status) values ('y')")
    assert sqlite.query("select status, x from v") == [("y", "status")]


def test_a_renamed_column_leaves_the_columns_of_other_tables_alone(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create table o (a int check (a > 0));")
    other = "table: o\ncolumns: {a: {type: int}}\nchecks: {o_check: a > 0}\n"
    project.apply(table("c: {type: int, renamed_from: a}"), other)
    assert "a > 0" in sqlite.query("select sql from sqlite_schema where name = 'o'")[0][0]


def test_an_index_is_renamed_while_its_table_is_rebuilt(project: Project, sqlite: Target) -> None:
    project.apply(table("a: {type: int}", "indexes: {one: [a]}\n"))
    project.apply(table("a: {type: text}", "indexes: {two: {columns: [a], renamed_from: one}}\n"))
    assert names(sqlite, "index") == ["two"]


def test_a_rename_that_sqlite_refuses_is_refused_before(project: Project, sqlite: Target) -> None:
    """SQLite reads every view and trigger when it renames, and stops at one that dangles."""
    sqlite.execute("create table t (id integer primary key, a int); create view dangling as select * from nowhere;")
    assert "nowhere" in str(project.impossible(table(COLUMN))["RUN038"])
    project.apply(table("a: {type: text}"))


# --- what triggers name -------------------------------------------------------------------------------------------

LOGGED = """
create table t (id integer primary key, a int, b int, c int); create table log (a int, b int, at text);
create trigger audit after update of c on t begin insert into log (b, at) values (new.a, 'b'); end;
"""
ALL, LOG = "a: {type: int}, b: {type: int}, c: {type: int}", "table: log\ncolumns: {%s, at: {type: text}}\n"


def logged(project: Project, sqlite: Target) -> None:
    sqlite.execute(LOGGED)
    project.apply(table(ALL), LOG % "a: {type: int}, b: {type: int}")


@pytest.mark.parametrize(
    ("documents", "named"),
    [
        ([table("b: {type: int}, c: {type: int}"), LOG % "a: {type: int}, b: {type: int}"], "table.t.column.a"),
        ([table("a: {type: int}, b: {type: int}"), LOG % "a: {type: int}, b: {type: int}"], "table.t.column.c"),
        ([table(ALL), LOG % "a: {type: int}"], "table.log.column.b"),
        ([table(ALL)], "table.log"),
    ],
)
def test_what_a_trigger_names_is_not_dropped_behind_its_back(
    project: Project, sqlite: Target, documents: list[str], named: str
) -> None:
    logged(project, sqlite)
    messages = project.impossible(*documents)["RUN033"]
    assert f"table.t.trigger.audit still uses {named}, which is to be dropped" in str(messages)


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([table("a: {type: int}, c: {type: int}"), LOG % "a: {type: int}, b: {type: int}"], id="other"),
        pytest.param([table(ALL), LOG % "b: {type: int}"], id="equal name elsewhere"),
        pytest.param([table(ALL.replace("int", "text")), LOG % "a: {type: text}, b: {type: text}"], id="both rebuilt"),
    ],
)
def test_what_a_trigger_does_not_name_changes_freely(project: Project, sqlite: Target, documents: list[str]) -> None:
    logged(project, sqlite)
    project.apply(*documents)
    sqlite.execute("insert into t (id, a) values (1, 7); update t set c = 1")
    assert [int(b) for (b,) in sqlite.query("select b from log")] == [7]


def test_a_trigger_falls_with_its_table(project: Project, sqlite: Target) -> None:
    logged(project, sqlite)
    project.apply(LOG % "a: {type: int}, b: {type: int}")
    assert names(sqlite, "trigger") == []


def test_tables_whose_triggers_name_each_other_change_and_fall_together(project: Project, sqlite: Target) -> None:
    logged(project, sqlite)
    sqlite.execute("create trigger back after insert on log begin delete from t where id = new.a; end")
    project.apply(table(ALL.replace("int", "text")), LOG % "a: {type: text}, b: {type: text}")
    assert names(sqlite, "trigger") == ["audit", "back"]
    project.apply("table: o\ncolumns: {a: {type: int}}\n")
    assert names(sqlite, "table") == ["o"]


def test_a_view_under_a_trigger_may_be_made_anew_but_not_go(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create table log (a int);")
    view = "view: v\nquery: select a from t\n"
    both = [table("a: {type: int}"), "table: log\ncolumns: {a: {type: int}}\n"]
    project.apply(*both, view)
    sqlite.execute("create trigger x after insert on t begin insert into log select max(a) from v; end")
    project.apply(*both, view.replace("from t", "from t where a > 1"))
    sqlite.execute("insert into t (a) values (5)")
    assert sqlite.query("select a from log") == [(5,)]
    assert "table.t.trigger.x still uses view.v" in str(project.impossible(*both)["RUN033"])


def test_a_view_that_lists_its_columns_holds_what_it_names(project: Project, sqlite: Target) -> None:
    project.apply(table(ALL))
    sqlite.execute("create view v (x) as select T.a from T where c > 1")
    assert "view.v uses table.t.column.a" in str(project.impossible(table("b: {type: int}, c: {type: int}"))["RUN032"])
    project.apply(table("a: {type: int}, c: {type: text}"))
    assert sqlite.query("select x from v") == []
