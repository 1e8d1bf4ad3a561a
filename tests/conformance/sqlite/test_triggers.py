"""Triggers on SQLite: made, changed, renamed, removed and imported, and they do what they say; the text stays exact."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler import workflow
from tests.conformance.driver import Project
from tests.observer_sqlite import differences, facts
from tests.target import Target, fresh

T = "table: t\ncolumns: {{id: {{type: int, identity: true}}, a: {{type: {a}}}}}\nprimary_key: [id]\n{rest}"
LOG = "table: log\ncolumns: {what: {type: text}}\n"
AUDIT = """triggers:
  audit:
    timing: after
    events: [%s]
    %s
"""
# Two totals that a row of a log changes, written once for every dialect.
USAGE = """
table: client_users
columns: {id: {type: bigint, identity: true}, used: {type: bigint, not_null: true, default: 0}}
primary_key: [id]
---
table: client_api_keys
columns: {id: {type: bigint, identity: true}, used: {type: bigint, not_null: true, default: 0}}
primary_key: [id]
---
table: client_usage_logs
columns:
  id: {type: bigint, identity: true}
  user_id: {type: bigint, not_null: true, references: client_users.id}
  api_key_id: {type: bigint, not_null: true, references: client_api_keys.id}
  total_tokens: {type: int, not_null: true}
primary_key: [id]
---
trigger: update_user_usage_after_log_insert
table: client_usage_logs
timing: after
events: [insert]
when: new.total_tokens > 0
body:
  - update client_users set used = used + new.total_tokens where id = new.user_id
  - update client_api_keys set used = used + new.total_tokens where id = new.api_key_id
"""
USED = (
    "insert into client_users (id) values (1), (2); insert into client_api_keys (id) values (1), (2);"
    "insert into client_usage_logs (user_id, api_key_id, total_tokens) values (1, 2, 10), (1, 1, 5), (2, 2, -3);"
)


def path_of(target: Target) -> Path:
    return Path(target.url.removeprefix("sqlite:///"))


def totals(target: Target) -> list[list[tuple[object, ...]]]:
    return [target.query(f"select id, used from {name} order by id") for name in ("client_users", "client_api_keys")]


def table(body: str = "", a: str = "int", events: str = "insert", more: str = "") -> str:
    return T.format(a=a, rest=AUDIT % (events, f"body: |\n      {body}") + more if body else more)


def stored(target: Target) -> dict[str, str]:
    rows = target.query("select name, sql from sqlite_schema where type = 'trigger' order by rowid")
    return {str(name): str(sql) for name, sql in rows}


def logged(target: Target) -> list[str]:
    return [str(what) for (what,) in target.query("select what from log")]


ADDED = "insert into log values ('added ' || new.a);"


# --- what they do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sql", ["sqlite", "postgres", "mysql"])
def test_one_portable_trigger_keeps_two_totals(project: Project, sqlite: Target, sql: str) -> None:
    path = project.folder / "reconcile.yaml"
    path.write_text(path.read_text().replace("sql: sqlite", f"sql: {sql}"))
    project.apply(USAGE)
    sqlite.execute(USED)
    assert totals(sqlite) == [[(1, 15), (2, 0)], [(1, 5), (2, 10)]]


@pytest.mark.parametrize(
    "body",
    [
        "insert into log values ('a;b''; END; --'); -- END;",
        "BEGIN insert into log values (case when new.a > 0 then 'a;b''; END; --' else 'x' end); END",
        "begin\n      -- a remark; with BEGIN\n      insert into log values ('a;b''; END; --') /* ; END */\n      end;",
        "select case when new.a < 0 then raise(abort, 'no; END') end; insert into log values ('a;b''; END; --')",
        "with_cte; insert into log select 'a;b''; END; --'".replace("with_cte", "with x as (select 1) select * from x"),
    ],
)
def test_a_body_is_what_was_written(project: Project, sqlite: Target, body: str) -> None:
    project.apply(LOG, table(body))
    sqlite.execute("insert into t (a) values (1)")
    assert logged(sqlite) == ["a;b''; END; --".replace("''", "'")]


def test_every_timing_and_event(project: Project, sqlite: Target) -> None:
    found = "".join(
        f"  {timing}_{event}: {{timing: {timing}, events: [{event}],"
        f" body: [insert into log values ('{timing} {event}')]}}\n"
        for timing in ("before", "after")
        for event in ("insert", "update", "delete")
    )
    of = "  of: {timing: after, events: [{update: [a]}], when: old.a <> new.a, body: [insert into log values ('of')]}\n"
    project.apply(LOG, T.format(a="int", rest=f"triggers:\n{found}{of}"))
    sqlite.execute("insert into t (a) values (1); update t set a = 2; update t set a = 2; update t set id = 9;")
    sqlite.execute("delete from t")
    ours = [word for word in logged(sqlite) if word != "of"]
    assert ours[:4] == ["before insert", "after insert", "before update", "after update"]
    assert ours[-2:] == ["before delete", "after delete"]
    assert logged(sqlite).count("of") == 1


def test_a_view_is_written_to(project: Project, sqlite: Target) -> None:
    view = (
        "view: v\nquery: select id, a from t\n"
        "triggers: {put: {timing: instead_of, events: [insert], body: [insert into t (a) values (new.a * 10)]}}\n"
    )
    project.apply(table(), view)
    sqlite.execute("insert into v (a) values (7)")
    assert sqlite.query("select a from t") == [(70,)]
    project.apply(table(a="bigint"), view.replace("from t\n", "from t where a > 1\n"))
    sqlite.execute("insert into v (a) values (8)")
    project.apply(table(a="bigint"), view.replace("view: v", "view: w\nrenamed_from: v").replace("10", "100"))
    sqlite.execute("insert into w (a) values (9)")
    assert sqlite.query("select a from t") == [(70,), (80,), (900,)]


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_changed_body_is_replaced_and_blanks_are_no_change(project: Project, sqlite: Target) -> None:
    project.apply(LOG, table(ADDED))
    before = stored(sqlite)
    for same in (
        ADDED.upper().replace("'ADDED '", "'added '"),
        ADDED.replace("into", "  /* x */\n      into"),
        f"BEGIN {ADDED} END",
    ):
        project._declare((LOG, table(same)))
        assert workflow.plan(project.request).planned.plan.empty, same
    project.apply(LOG, table(ADDED.replace("'added '", "'Added '")))
    sqlite.execute("insert into t (a) values (1)")
    assert logged(sqlite) == ["Added 1"]
    assert stored(sqlite) != before


@pytest.mark.parametrize("a", ["int", "text"], ids=["alone", "with a rebuild"])
@pytest.mark.parametrize(
    ("body", "events", "renamed"),
    [
        (ADDED, "update", ""),
        (ADDED, "insert", "renamed_from: audit"),
        (ADDED.replace("added", "new"), "insert", "renamed_from: audit"),
    ],
)
def test_it_changes_with_its_table_or_alone(
    project: Project, sqlite: Target, a: str, body: str, events: str, renamed: str
) -> None:
    project.apply(LOG, table(ADDED))
    name = "checked" if renamed else "audit"
    entry = f"triggers:\n  {name}:\n    {renamed}\n    timing: after\n    events: [{events}]\n"
    project.apply(LOG, T.format(a=a, rest=f'{entry}    body: ["{body}"]\n'))
    assert list(stored(sqlite)) == [name]
    sqlite.execute("insert into t (a) values (1); update t set a = 2;")
    assert logged(sqlite) == [("new " if "new " in body else "added ") + ("2" if events == "update" else "1")]


def test_it_moves_to_another_table(project: Project, sqlite: Target) -> None:
    project.apply(LOG, table(ADDED), table(" ").replace("table: t", "table: u").partition("triggers")[0])
    moved = table(ADDED).replace("table: t", "table: u")
    project.apply(LOG, table(), moved)
    sqlite.execute("insert into t (a) values (1); insert into u (a) values (2)")
    assert logged(sqlite) == ["added 2"]


def test_a_removed_one_goes_and_says_so(project: Project, sqlite: Target) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create table log (what text);")
    sqlite.execute(f"create trigger audit after insert on t begin {ADDED} end")
    removed = table(more="removed: {trigger.audit: {reason: nobody reads it}}\n")
    assert project.hazards(LOG, removed) == {"CD104"}
    project.apply(LOG, removed)
    assert stored(sqlite) == {}


def test_what_is_ours_goes_when_it_is_declared_no_more(project: Project, sqlite: Target) -> None:
    project.apply(LOG, table(ADDED))
    project.apply(LOG, table())
    assert stored(sqlite) == {}


def test_an_undeclared_one_is_listed_and_left_alone_to_the_letter(project: Project, sqlite: Target) -> None:
    text = f"CREATE TRIGGER [odd one]  AFTER\n insert ON main.t /* x */ BEGIN {ADDED} -- y\n END"
    sqlite.execute("create table t (id integer primary key, a int); create table log (what text)")
    sqlite.execute(text)
    sqlite.execute(f"create trigger first after insert on t begin {ADDED.replace('added', 'first')} end")
    project._declare((LOG, table()))
    review = workflow.plan(project.request)
    assert {str(ref) for ref in review.planned.comparison.scope.undeclared} == {
        'table.t.trigger."odd one"', "table.t.trigger.first",
    }  # fmt: skip
    before = stored(sqlite)
    project.apply(LOG, table(a="text"))
    assert stored(sqlite) == before
    assert list(stored(sqlite)) == list(before)
    sqlite.execute("insert into t (a) values ('x')")
    assert sorted(logged(sqlite)) == ["added x", "first x"]


def test_a_column_that_it_names_is_renamed_with_it(project: Project, sqlite: Target) -> None:
    body = "insert into log select new.a || a from t"
    project.apply(LOG, T.format(a="int", rest=AUDIT % ("{update: [a]}", f"when: new.a > 1\n    body: [{body}]")))
    renamed = T.format(a="int", rest=AUDIT % ("{update: [b]}", f"when: new.b > 1\n    body: [{body}]"))
    project.apply(
        LOG, renamed.replace("a: {type: int}", "b: {type: int, renamed_from: a}").replace("new.a || a", "new.b || b")
    )
    sqlite.execute("insert into t (b) values (1); update t set b = 5")
    assert logged(sqlite) == ["55"]


# --- import -----------------------------------------------------------------------------------------------------------

ODD = """
create table "we""ird ; t" (id integer primary key, "new" int, [old col] text, begin int, "end" int);
create table log (what text);
create view v as select id, begin from "we""ird ; t";
create trigger plain after insert on "we""ird ; t" begin insert into log values ('x'); end;
create trigger [odd; name] before update of "new", [old col] on main."we""ird ; t" for each row
  when (new.begin > 1) and (old."end" is null or new."end" in (1, 2))
BEGIN
  -- a remark; END
  select case when new."new" < 0 then raise(abort, 'no; END;') else 1 end;
  insert or replace into log (what) values ('it''s; END; ' || coalesce(new.[old col], '--') /* ; */);
  delete from log where what = "new"."old col" and exists (select 1 from v where new.rowid = v.id);
END;
create trigger "no timing" delete on 'we"ird ; t' begin update log set what = case old.end when 1 then 2 end; end;
create trigger put instead of insert on v when new.begin is not null
  begin insert into "we""ird ; t" (begin) values (new.begin); insert into log select 'put' where new.begin = 1; end
"""


def test_what_is_imported_makes_the_same_again(project: Project, sqlite: Target, tmp_path: Path) -> None:
    sqlite.execute(ODD)
    folder = project.folder.with_name("imported")
    workflow.import_(project.request, folder)
    request = workflow.Request(directory=folder)
    assert workflow.plan(request).planned.plan.empty
    assert not (folder / "triggers").exists()
    with fresh("sqlite", tmp_path) as empty:
        again = workflow.Request(directory=request.directory, url=empty.url)
        workflow.apply(again)
        assert workflow.plan(again).planned.plan.empty
        assert differences(facts(path_of(empty)), facts(path_of(sqlite))) == []
        for one in (sqlite, empty):
            one.execute('insert into v (begin) values (1); update "we""ird ; t" set "new" = 3, begin = 2')
        assert logged(empty) == logged(sqlite) == ["x", "put", "it's; END; --"]


# --- beside others ----------------------------------------------------------------------------------------------------


def test_row_numbers_have_their_names(project: Project, sqlite: Target) -> None:
    project.apply(LOG, table("insert into log values (new.rowid || new._rowid_ || new.oid)"))
    sqlite.execute("insert into t (id) values (7)")
    assert logged(sqlite) == ["777"]


def test_what_a_temporary_trigger_does_is_nobody_s_business(project: Project, sqlite: Target) -> None:
    project.apply(LOG, table())
    with closing(sqlite3.connect(path_of(sqlite))) as connection:
        connection.execute(f"create temp trigger passing after insert on t begin {ADDED} end")
        assert workflow.plan(project.request).planned.plan.empty


@pytest.mark.parametrize("holder", ["table", "view"])
def test_a_column_goes_although_a_trigger_that_comes_dangles(project: Project, sqlite: Target, holder: str) -> None:
    both = T.replace("a: {{", "b: {{type: int}}, a: {{").format(a="int", rest="")
    view = "view: v\nquery: select a from t\n"
    project.apply(both, view)
    sqlite.execute("insert into t (a, b) values (1, 2)")
    body = "body: [delete from nowhere]"
    on_view = f"triggers: {{x: {{timing: instead_of, events: [delete], {body}}}}}\n" if holder == "view" else ""
    project.apply(T.format(a="int", rest="" if on_view else AUDIT % ("insert", body)), view + on_view)
    assert sqlite.query("select * from t") == [(1, 1)]


def test_a_column_may_go_whose_name_another_statement_says(project: Project, sqlite: Target) -> None:
    body = "insert into log (what) values (new.a); update u set n = n + 1;"
    u = "table: u\ncolumns: {n: {type: int}}\n"
    project.apply(LOG.replace("{what", "{n: {type: int}, what"), u, table(body))
    assert "still uses table.u.column.n" in str(project.impossible(LOG, u.replace("n:", "m:"), table(body)))
    project.apply(LOG, u, table(body))
    sqlite.execute("insert into u values (1); insert into t (a) values (5)")
    assert (logged(sqlite), sqlite.query("select n from u")) == (["5"], [(2,)])


def test_a_column_is_dropped_in_place_when_its_trigger_lets_it_go(project: Project, sqlite: Target) -> None:
    both = T.replace("a: {{", "b: {{type: int}}, a: {{")
    project.apply(LOG, both.format(a="int", rest=AUDIT % ("insert", "body: [insert into log values (new.b)]")))
    assert project.impossible(LOG, table("insert into log values (new.b)")).keys() == {"SPEC200"}
    project.apply(LOG, table(ADDED))
    sqlite.execute("insert into t (a) values (3)")
    assert logged(sqlite) == ["added 3"]
