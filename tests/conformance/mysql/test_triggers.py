"""Triggers: made, replaced, ordered, renamed and left alone, on tables that somebody writes to."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

TABLES = """table: t
columns: {id: {type: int, primary_key: true}, a: {type: varchar(99)}, b: {type: int, default: 0}}
---
table: log
columns: {n: {type: int, default: 0}, said: {type: text}}
"""
COUNT = "trigger: count_t\ntable: t\ntiming: after\nevents: [insert]\nbody:\n- update log set n = n + new.b\n"


def order(my: Target) -> list[str]:
    """Return the triggers of `t` before an insert in the order in which they fire."""
    rows = my.query(
        "select trigger_name from information_schema.triggers where trigger_schema = database()"
        " and event_object_table = 't' and action_timing = 'BEFORE' order by action_order"
    )
    return [name for (name,) in rows]


def named(name: str, body: str, more: str = "") -> str:
    return f"trigger: {name}\ntable: t\ntiming: before\nevents: [insert]\n{more}body: |\n  {body}\n"


def test_a_portable_body_does_what_it_says(project: Project, my: Target) -> None:
    project.apply(TABLES, COUNT)
    my.execute("insert into log (n) values (0); insert into t values (1, 'x', 5), (2, 'y', 7)")
    assert my.query("select n from log") == [(12,)]
    project.apply(TABLES, COUNT.replace("n + new.b", "n - new.b"))
    my.execute("insert into t values (3, 'z', 2)")
    assert my.query("select n from log") == [(10,)]
    project.apply(TABLES)
    my.execute("insert into t values (4, 'z', 2)")
    assert my.query("select n from log") == [(10,)]


def test_a_condition_is_part_of_what_it_does(project: Project, my: Target) -> None:
    project.apply(TABLES, COUNT.replace("body:", "when: new.b > 5\nbody:"))
    my.execute("insert into log (n) values (0); insert into t values (1, 'x', 5), (2, 'y', 7)")
    assert my.query("select n from log") == [(7,)]


def test_a_body_of_one_s_own_is_kept_to_the_letter(project: Project, my: Target) -> None:
    body = "BEGIN -- ö\n    SET NEW.a = CONCAT('it\\'s \\\\ 100% \\n', \"x\", _latin1'y', ';');  /* why */\n  END"
    project.apply(TABLES, named("odd `name", body))
    my.execute("insert into t (id) values (1)")
    assert my.query("select a from t") == [("it's \\ 100% \nxy;",)]
    text = my.query("show create trigger `odd ``name`")[0][2]
    assert text.endswith(body.replace("\n  ", "\n")), "as YAML reads the block"
    project.imported("tables/t.yaml")


def test_a_blank_more_is_no_change_and_a_literal_is(project: Project, my: Target) -> None:
    project.apply(TABLES, named("x", "SET NEW.a = 'one  two'"))
    made = my.query("select created from information_schema.triggers where trigger_schema = database()")
    project.apply(TABLES, named("x", "set   new.a  = 'one  two';"))
    assert my.query("select created from information_schema.triggers where trigger_schema = database()") == made
    project.apply(TABLES, named("x", "SET NEW.a = 'one two'"))
    my.execute("insert into t (id) values (1)")
    assert my.query("select a from t") == [("one two",)]


def test_the_order_stays_when_one_in_the_middle_is_replaced(project: Project, my: Target) -> None:
    three = [named(name, f"SET NEW.a = CONCAT(COALESCE(NEW.a, ''), '{name}')") for name in "cab"]
    my.execute("create table t (id int primary key, a varchar(99), b int default 0); create table log (n int)")
    my.execute("".join(f"create trigger {name} before insert on t for each row set @x = '{name}';" for name in "cab"))
    assert order(my) == ["c", "a", "b"]
    project.apply(TABLES, *three)
    assert order(my) == ["c", "a", "b"]
    my.execute("insert into t (id) values (1)")
    assert my.query("select a from t") == [("cab",)]
    project.apply(TABLES, three[0].replace("'c'", "'C'"), *three[1:])
    assert order(my) == ["c", "a", "b"]


def test_one_follows_another_where_the_spec_says_so(project: Project, my: Target) -> None:
    one, two = named("one", "SET @x = 1"), named("two", "SET @x = 2")
    project.apply(TABLES, one, two)
    assert order(my) == ["one", "two"]
    project.apply(TABLES, named("one", "SET @x = 1", "follows: two\n"), two)
    assert order(my) == ["two", "one"]
    project.apply(TABLES, one, two)
    assert order(my) == ["two", "one"], "silence leaves the order alone"


def test_several_events_are_a_mistake(project: Project) -> None:
    messages = project.impossible(TABLES, COUNT.replace("[insert]", "[insert, update]"))["SPEC200"]
    assert any("a trigger here has one event" in message for message in messages)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("new.b", "new.bb", "new.bb: table.t has no column 'bb'"),
        ("new.b", "old.b", "insert: there is no OLD row"),
        ("events: [insert]", "events: [insert]\neach: statement", "for each row"),
        ("events: [insert]", "events: [{update: [a]}]", "whatever column changes"),
        ("events: [insert]", "events: [insert]\nenabled: false", "cannot be switched off"),
        ("timing: after", "timing: instead_of", "the views here have no triggers"),
    ],
)
def test_what_there_is_not_is_a_mistake(project: Project, old: str, new: str, told: str) -> None:
    view = "view: t2\nquery: select 1 as x\n"
    document = COUNT.replace(old, new)
    if "instead_of" in document:
        document = document.replace("table: t", "view: t2")
    found = project.impossible(TABLES, view, document)
    assert any(told in message for messages in found.values() for message in messages), found


def test_two_triggers_of_one_name_are_a_mistake(project: Project) -> None:
    found = project.impossible(TABLES, COUNT, COUNT.replace("table: t", "table: log").replace("+ new.b", "+ new.n"))
    assert any("has one trigger of a name" in message for message in found["SPEC200"])


def test_a_trigger_moves_to_another_table(project: Project, my: Target) -> None:
    project.apply(TABLES, COUNT)
    elsewhere = COUNT.replace("table: t", "table: log").replace("update log set n = n + new.b", "delete from t")
    project.apply(TABLES, elsewhere)
    assert my.query("select event_object_table from information_schema.triggers where trigger_schema = database()") == [
        ("log",)
    ]


def test_a_trigger_gets_another_name(project: Project, my: Target) -> None:
    project.apply(TABLES, named("one", "SET @x = 1"), named("two", "SET @x = 2"))
    project.apply(TABLES, named("uno", "SET @x = 1", "renamed_from: one\n"), named("two", "SET @x = 2"))
    assert order(my) == ["uno", "two"]


def test_a_body_that_the_server_does_not_take_leaves_the_old_one(project: Project, my: Target) -> None:
    project.apply(TABLES, named("x", "SET NEW.a = 'old'"))
    with pytest.raises(Exception, match="syntax"):
        project.apply(TABLES, named("x", "BEGIN IF 1 THEN END"))
    my.execute("insert into t (id) values (1)")
    assert my.query("select a from t") == [("old",)]
    assert "__rc_" not in my.observe()


def test_a_trigger_of_somebody_else_s_is_left_alone(project: Project, my: Target) -> None:
    project.apply(TABLES)
    my.execute("create trigger theirs before insert on t for each row set new.b = 3")
    applied = project.apply(TABLES.replace("varchar(99)", "varchar(100)"), COUNT)
    assert applied
    assert order(my) == ["theirs"]


def test_bodies_follow_a_renamed_column_and_table(project: Project, my: Target) -> None:
    project.apply(TABLES, COUNT)
    my.execute("create trigger theirs before insert on t for each row set new.b = new.b * 2; insert into log values ()")
    column = TABLES.replace("b: {type: int, default: 0}", "c: {type: int, default: 0, renamed_from: b}")
    project.apply(column, COUNT.replace("new.b", "new.c"))
    my.execute("insert into t values (1, 'x', 5)")
    assert my.query("select n from log") == [(10,)]
    table = column.replace("table: log", "table: totals\nrenamed_from: log").replace(", renamed_from: b", "")
    project.apply(table, COUNT.replace("new.b", "new.c").replace("update log", "update totals"))
    my.execute("insert into t values (2, 'x', 5)")
    assert my.query("select n from totals") == [(20,)]


def test_a_column_that_somebody_else_s_trigger_names_stays(project: Project, my: Target) -> None:
    project.apply(TABLES)
    my.execute("create trigger theirs before insert on t for each row set new.b = 3")
    gone = TABLES.replace(", b: {type: int, default: 0}", "")
    (message,) = project.impossible(gone)["RUN033"]
    assert message == "table.t.trigger.theirs still uses table.t.column.b, which is to be dropped"
    my.execute("drop trigger theirs; create trigger theirs before insert on log for each row delete from t where b = 1")
    (message,) = project.impossible(gone)["RUN033"]
    assert message.startswith("table.log.trigger.theirs still uses table.t.column.b")


def test_a_trigger_lets_go_of_a_column_before_it_is_dropped(project: Project, my: Target) -> None:
    project.apply(TABLES, COUNT)
    project.apply(TABLES.replace(", b: {type: int, default: 0}", ""), COUNT.replace("n + new.b", "n + 1"))
    my.execute("insert into log values (); insert into t values (1, 'x')")
    assert my.query("select n from log") == [(1,)]


def test_the_order_counts_past_one_that_is_dropped(project: Project, my: Target) -> None:
    three = [named(name, f"SET @x = '{name}'") for name in "abc"]
    project.apply(TABLES, *three)
    project.apply(TABLES, three[0], three[2].replace("'c'", "'C'"))
    assert order(my) == ["a", "c"]


def modes(my: Target) -> list[tuple[str, ...]]:
    return my.query(
        "select sql_mode, character_set_client, collation_connection from information_schema.triggers"
        " where trigger_schema = database()"
    )


def test_under_what_it_was_made_stays_where_the_spec_is_silent(project: Project, my: Target) -> None:
    my.execute("create table t (id int primary key, a varchar(99), b int default 0); create table log (n int)")
    my.execute("set names latin1; set sql_mode = ''; create trigger x before insert on t for each row set new.b = 1")
    (before,) = modes(my)
    project.apply(TABLES, named("x", "set new.b = 1"))
    project.apply(TABLES, named("x", "set new.b = 2"))
    assert modes(my) == [before]
    assert 'sql_mode: ""' in project.imported("tables/t.yaml")
    project.apply(TABLES, named("x", "set new.b = 2", "options: {mysql: {sql_mode: TRADITIONAL, charset: utf8mb4}}\n"))
    ((mode, charset, _),) = modes(my)
    assert ("TRADITIONAL" in mode, charset) == (True, "utf8mb4")
    project.apply(TABLES, named("x", "set new.b = 2", "options: {mysql: {collation: utf8mb4_bin}}\n"))
    assert modes(my) == [(mode, "utf8mb4", "utf8mb4_bin")]


def test_a_mode_in_which_the_text_means_something_else_is_put_right(project: Project, my: Target) -> None:
    my.execute("create table t (id int primary key, a varchar(99), b int default 0); create table log (n int)")
    my.execute("set sql_mode = 'ansi'; create trigger x before insert on t for each row set new.a = 1 || 2")
    project.apply(TABLES, named("x", "set new.a = 1 || 2"))
    my.execute("insert into t (id) values (1)")
    assert my.query("select a from t") == [("1",)]
    project.apply(TABLES, named("x", "set new.a = 1 || 2", "options: {mysql: {sql_mode: ansi}}\n"))
    my.execute("insert into t (id) values (2)")
    assert my.query("select a from t where id = 2") == [("12",)]


def definers(my: Target) -> list[str]:
    rows = my.query("select definer from information_schema.triggers where trigger_schema = database()")
    return [name for (name,) in rows]


def test_whose_rights_it_has(project: Project, my: Target) -> None:
    my.execute("create table t (id int primary key, a varchar(99), b int default 0); create table log (n int)")
    my.execute("create definer = `so me`@`10.%` trigger x before insert on t for each row set new.b = 1")
    ours = my.query("select current_user()")[0][0]
    assert 'definer: "so me@10.%"' in project.imported("tables/t.yaml")
    project.apply(TABLES, named("x", "set new.b = 2"))
    assert definers(my) == ["so me@10.%"]
    project.apply(TABLES, named("x", "set new.b = 2", "definer: strip\n"))
    assert definers(my) == ["so me@10.%"], "it is not compared"
    project.apply(TABLES, named("x", "set new.b = 3", "definer: strip\n"))
    assert definers(my) == [ours]
    project.apply(TABLES, named("x", "set new.b = 3", "definer: \"'o`ther'@localhost\"\n"))
    assert definers(my) == ["o`ther@localhost"]


def test_a_body_follows_two_columns_at_once(project: Project, my: Target) -> None:
    project.apply(TABLES, named("x", "SET NEW.a = CONCAT(NEW.a, NEW.b)"))
    both = TABLES.replace("a: {type: varchar(99)}", "c: {type: varchar(99), renamed_from: a}")
    both = both.replace("b: {type: int, default: 0}", "d: {type: int, default: 0, renamed_from: b}")
    project.apply(both, named("x", "SET NEW.c = CONCAT(NEW.c, NEW.d)"))
    my.execute("insert into t values (1, 'x', 5)")
    assert my.query("select c from t") == [("x5",)]
