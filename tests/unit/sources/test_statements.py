"""Texts are divided where the dialect's own program divides them; each statement knows its place and what it makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler import dialects
from reconciler.sources.files import Section, Source
from reconciler.sources.heads import Head, bare, head
from reconciler.sources.statements import Statement, statements


def divided(name: str, text: str) -> list[Statement]:
    """Return the statements of a text."""
    source = Source(path=Path("x.sql"), shown="x.sql", text=text, sections=(Section(start=0, end=len(text)),))
    return list(statements(source, dialects.dialect(name).adoption().grammar))


TRIGGER = "create trigger t after insert on a begin update a set b = case when 1 then ';' end; delete from c; end"
ROUTINE = "create procedure p() begin if 1 then select 1; end if; begin select case 1 when 1 then 2 end; end; end"
ATOMIC = "create function f() returns int begin atomic select case when true then 1 end; select 2; end"
ROWS = "insert into t (a, b, c, d, e, f, g) values (1, -2, 'x'), /* ; */ (3) -- ;\n"
BODY = "create function f() returns int as $x$ begin; 'it''s'; end $x$ language plpgsql"

TEXTS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("sqlite", "-- a; b\nselect 'it''s; x' ; ;\n/* ; */ select [;]", ["select 'it''s; x'", "select [;]"]),
    ("sqlite", f".mode csv\n{TRIGGER};\nselect 1;", [".mode csv\n", TRIGGER, "select 1"]),
    ("postgres", f"\\restrict x;\n{BODY};{ATOMIC};select E'\\';'", ["\\restrict x;\n", BODY, ATOMIC, "select E'\\';'"]),
    ("postgres", "copy t (a) from stdin;\n1;\n\\.\nselect 2;", ["copy t (a) from stdin", "select 2"]),
    ("postgres", "create rule r as on insert to t do (select 1; select 2);x", [
        "create rule r as on insert to t do (select 1; select 2)", "x",
    ]),
    ("postgres", f"{ROWS} (E'\\';', 'e', e'\\\\');x", [f"{ROWS} (E'\\';', 'e', e'\\\\')", "x"]),
    ("mysql", f"{ROUTINE};\nselect 1 # ;\n;", [ROUTINE, "select 1 # ;"]),
    ("mysql", f"DELIMITER $$\n{ROUTINE}$$\ndelimiter ;\nselect '\\';';", [
        "DELIMITER $$\n", ROUTINE, "delimiter ;\n", "select '\\';'",
    ]),
    ("mariadb", "/*M!999999\\- enable the sandbox mode */ \nselect 1", [
        "/*M!999999\\- enable the sandbox mode */ \n", "select 1",
    ]),
    ("mysql", "/*!40101 SET x=1 */;\n/*!50003 CREATE*/ /*!50003 VIEW v AS SELECT 1 */;", [
        "/*!40101 SET x=1 */", "/*!50003 CREATE*/ /*!50003 VIEW v AS SELECT 1 */",
    ]),
)  # fmt: skip


@pytest.mark.parametrize(("name", "text", "found"), TEXTS)
def test_a_text_is_divided_as_the_dialect_s_program_does(name: str, text: str, found: Sequence[str]) -> None:
    assert [one.text for one in divided(name, text)] == list(found)


def test_a_statement_knows_its_place() -> None:
    first, second = divided("postgres", "select 1;\n\n  create\n table t (a int);\n")
    assert (str(first.position), str(second.position)) == ("x.sql:1:1", "x.sql:3:3")
    assert second.line == "  create"


@pytest.mark.parametrize("name", ["sqlite", "postgres", "mysql"])
def test_a_quote_without_an_end_is_told_at_its_place(name: str) -> None:
    good, bad = divided(name, "select 1;\nselect 'abc\n;")
    assert good.text == "select 1"
    assert (bad.unreadable, str(bad.position)) == (True, "x.sql:2:8")


@pytest.mark.parametrize(
    ("name", "text", "found", "hard"),
    [
        ("postgres", "create table if not exists App.t (a int)",
         Head(verb="CREATE", kind="table", schema="app", name="t"),
         "create table  App.t (a int)"),
        ("postgres", 'create unique index concurrently if not exists "I" on only t (a)',
         Head(verb="CREATE", kind="index", name="I", table="t"), 'create unique index   "I" on only t (a)'),
        ("mysql", "create definer=`a`@`b` trigger tr before insert on t for each row set new.a = 1",
         Head(verb="CREATE", kind="trigger", name="tr", table="t"), None),
        ("postgres", "create or replace view v as select 1", Head(verb="CREATE", kind="view", name="v", replaces=True),
         None),
        ("postgres", "alter table only t add if not exists a int, add column b numeric(1, 2), add primary key (a)",
         Head(verb="ALTER", kind="table", name="t", table="t", columns=("a", "b")),
         "alter table only t add  a int, add column b numeric(1, 2), add primary key (a)"),
        ("sqlite", "create temp table t (a)", Head(verb="CREATE"), None),
        ("sqlite", "drop table if exists [t]", Head(verb="DROP", kind="table", name="t", table="t"), None),
    ],
)  # fmt: skip
def test_a_statement_says_what_it_makes(name: str, text: str, found: Head, hard: str | None) -> None:
    (statement,) = divided(name, text)
    read = head(statement.words)
    assert (read.verb, read.kind, read.schema, read.name, read.table, read.replaces, read.columns) == (
        found.verb, found.kind, found.schema, found.name, found.table, found.replaces, found.columns,
    )  # fmt: skip
    assert bare(text, read) == (text if hard is None else hard)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sqlite", "attach 'x' as y"), ("sqlite", "vacuum into 'x'"), ("postgres", "drop database x"),
        ("postgres", "alter system set x = 1"), ("postgres", "copy t from program 'rm'"), ("postgres", "grant a to b"),
        ("postgres", "do $$begin execute 'create role x'; end$$"), ("postgres", "do $$begin drop  Role x; end$$"),
        ("mysql", "create database x"), ("mysql", "set global x = 1"), ("mysql", "set x = 1, @@global.y = 2"),
        ("mysql", "load data infile 'x' into table t"), ("mysql", "select 1 into outfile 'x'"),
        ("mariadb", "create or replace user x"), ("mariadb", "grant all on *.* to x"),
    ],
)  # fmt: skip
def test_what_reaches_beyond_a_database_never_runs(name: str, text: str) -> None:
    (statement,) = divided(name, text)
    adoption = dialects.dialect(name).adoption()
    assert adoption.never(statement.words)
    (usual,) = divided(name, "create table roles (a int)")
    assert not adoption.never(usual.words)
    assert not adoption.idle(usual.words)
