"""CREATE TRIGGER as sqlite_schema has it, in every form that SQLite takes; and bodies, framed or not."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from reconciler.dialects.sqlite.ddl_triggers import TriggerText, checked_body, read_trigger
from reconciler.dialects.sqlite.lexer import LexError

BODY = "select 1;"


@pytest.mark.parametrize(
    ("text", "timing", "event", "columns", "when"),
    [
        ("x insert on t", "before", "insert", (), None),
        ("'x y' before delete on [t] for each row", "before", "delete", (), None),
        ('"x" after update of a, "b c", [d],\'e\' on main."t"', "after", "update", ("a", "b c", "d", "e"), None),
        ("`x` AFTER UPDATE ON main.t /* a */ WHEN new.a > 1 -- b\n", "after", "update", (), "new.a > 1"),
        ("before before insert on t when (new.begin)", "before", "insert", (), "(new.begin)"),
        (
            "x insert on t when new.begin in (select begin from t) and case when 1 then 2 end",
            "before", "insert", (), "new.begin in (select begin from t) and case when 1 then 2 end",
        ),
        ("x instead of delete on v when '(' = ') begin'", "instead_of", "delete", (), "'(' = ') begin'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "body", [BODY, "select case 1 when 2 then 3 end; -- end;", "with c as (select 1) select * from c;"]
)
def test_a_stored_text_is_taken_apart(
    text: str, timing: str, event: str, columns: tuple[str, ...], when: str | None, body: str
) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute('create table t (a, "b c", d, e, begin)')
        connection.execute("create view v as select * from t")
        connection.execute(f"create trigger if not exists main.{text} begin {body}\n end")
        ((stored,),) = connection.execute("select sql from sqlite_schema where type = 'trigger'").fetchall()
    found = read_trigger(stored)
    assert found == TriggerText(timing=timing, event=event, columns=columns, when=when, body=body)


@pytest.mark.parametrize(
    "text",
    [
        "", "create trigger", "create table t (a)", "create trigger x insert t begin select 1; end",
        "create trigger x truncate on t begin select 1; end", "create trigger x insert on t select 1; end",
        "create trigger x insert on t when begin select 1; end", "create trigger x insert on t when 1 select 1; end",
        "create trigger x insert on t begin select 1;", "create trigger x insert on t begin end",
        "create trigger x insert on t begin drop table t; end", "create trigger x insert on t begin select '; end",
    ],
)  # fmt: skip
def test_what_is_no_trigger_is_not_read(text: str) -> None:
    with pytest.raises(LexError):
        read_trigger(text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("select 1", "select 1;"), ("select 1;", "select 1;"), ("select 1 -- x", "select 1; -- x"),
        (" BEGIN\n select 1 ; END ;", "select 1 ;"),
        ("begin select case 1 when 1 then 1 end; end", "select case 1 when 1 then 1 end;"),
        ("select case 1 when 1 then 1 end", "select case 1 when 1 then 1 end;"),
        ("BEGIN select 'END; drop table t'; END -- x", "select 'END; drop table t';"),
    ],
)  # fmt: skip
def test_a_body_is_statements_without_their_frame(text: str, inner: str) -> None:
    assert checked_body(text) == inner
    assert checked_body(inner) == inner


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ";", "select 1;;", "BEGIN END", "BEGIN ; END", "END", "select 1; END", "select 1; END; select 1",
        "BEGIN select 1; END; drop table t; select 1", "BEGIN select 1; END; BEGIN select 1; END", "drop table t",
        "select 1; commit", "select 1 /*", "select '", 'select "', "pragma x", "/* */", "-- x",
    ],
)  # fmt: skip
def test_what_would_close_the_body_is_refused(text: str) -> None:
    with pytest.raises(LexError):
        checked_body(text)
