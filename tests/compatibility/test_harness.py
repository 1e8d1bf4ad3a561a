"""The harness on a schema of ours: it sees that nothing is lost, and it sees it when something is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compatibility.compare import compared
from tests.compatibility.roundtrip import round_trip
from tests.compatibility.rows import kept
from tests.compatibility.said import understood
from tests.compatibility.shapes import Table
from tests.compatibility.subject import Subject
from tests.compatibility.upgrade import upgrade
from tests.observer_postgres import Entry
from tests.target import fresh

HERE = Path(__file__).parent
SERVERS = ["postgres", "sqlite", "d1", "mysql", "mariadb"]


def subject(server: str, *names: str) -> Subject:
    return Subject("shop", server, tuple(HERE / name for name in names))


@pytest.mark.parametrize("server", SERVERS)
def test_a_schema_comes_through(server: str, tmp_path: Path) -> None:
    outcome = round_trip(subject(server, "shop.sql"), tmp_path)
    assert outcome.good, outcome
    assert outcome.compared is not None
    assert outcome.compared.same > 0


@pytest.mark.parametrize("server", SERVERS)
def test_a_release_becomes_the_next_and_keeps_its_rows(server: str, tmp_path: Path) -> None:
    outcome = upgrade(subject(server, "shop.sql"), subject(server, "shop_later.sql"), 3, tmp_path)
    assert outcome.good, outcome
    assert outcome.kept is not None
    assert (outcome.kept.tables, outcome.kept.rows) == (2, 6)


def test_what_tables_rest_on_is_made_and_left_out(tmp_path: Path) -> None:
    file = tmp_path / "functions.sql"
    file.write_text(
        "create function is_even(n int) returns bool immutable language sql as 'select n % 2 = 0';\n"
        "create table pairs (n int not null check (is_even(n)), unique (n), constraint again unique (n));\n"
        "create function watch() returns trigger language plpgsql as 'begin return new; end';\n"
        "create trigger watching before insert on pairs for each row execute function watch();\n"
        "create table days (d date) partition by range (d);\n"
        "create table days_of_2001 partition of days for values from ('2001-01-01') to ('2002-01-01');\n"
        "create index days_idx on days (d);\n"
        "grant select on pairs to public;\n"
    )
    outcome = round_trip(Subject("functions", "postgres", (file,)), tmp_path)
    assert outcome.good, outcome
    assert outcome.compared is not None
    left_out = {sort: count for sort, count in outcome.compared.left_out.items() if sort != "acl"}
    assert left_out == {"table": 2, "table attach": 1, "index": 2, "index attach": 1}


def test_what_an_import_says_in_part_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "clustered.sql"
    file.write_text(
        "create table t (a int not null, b int not null, constraint a_key unique (a));\n"
        "create index b_idx on t (b);\n"
        "alter table t cluster on b_idx;\n"
        "alter table t replica identity using index a_key;\n"
    )
    outcome = round_trip(Subject("clustered", "postgres", (file,)), tmp_path)
    assert outcome.good, outcome
    assert outcome.compared is not None
    assert len(outcome.compared.in_part) == 2
    assert sorted(outcome.said) == [
        'table.t.index.b_idx: ALTER TABLE "t" CLUSTER ON "b_idx"',
        'table.t.unique.a_key: ALTER TABLE "t" REPLICA IDENTITY USING INDEX "a_key"',
    ]


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    file = tmp_path / "broken.sql"
    file.write_text("create table t (a nonsense);")
    assert "nonsense" in round_trip(Subject("broken", "postgres", (file,)), tmp_path).trouble


def test_silence_is_no_excuse() -> None:
    said = understood({'function."f(integer)"', "partitioned_table.days", "table.t: UNLOGGED"}, ("public",))
    assert said.all_of(Entry("f(n integer)", "FUNCTION", "public", "CREATE FUNCTION …"))
    assert said.all_of(Entry("days", "TABLE", "public", "CREATE TABLE …"))
    assert said.all_of(Entry("days_idx", "INDEX", "public", "CREATE INDEX …", holder="days"))
    assert said.part_of(Entry("t", "TABLE", "public", "CREATE UNLOGGED TABLE …"))
    assert not said.all_of(Entry("g()", "FUNCTION", "public", "CREATE FUNCTION …"))
    assert not said.all_of(Entry("t", "TABLE", "public", "CREATE UNLOGGED TABLE …"))


def test_rows_that_are_others_are_seen() -> None:
    before = Table({"a": "text", "b": "integer"}, [{"a": "1", "b": "1"}, {"a": "2", "b": None}])
    wider = Table(
        {"a": "text", "b": "bigint", "c": "text"}, [{"a": "2", "b": "0", "c": ""}, {"a": "1", "b": "0", "c": ""}]
    )
    fewer = Table({"a": "text"}, [{"a": "1"}])
    assert not kept({"t": before}, {"t": wider}).lost
    assert kept({"t": before}, {"t": fewer}).lost == ["t"]


def test_several_schemas_come_through_together(tmp_path: Path) -> None:
    file = tmp_path / "two.sql"
    file.write_text(
        'create schema "Odd App";\n'
        "create table places (id int primary key);\n"
        'create table "Odd App".places (id serial primary key, place int references public.places);\n'
        "create schema unseen;\n"
        "create table unseen.t (a int);\n"
    )
    outcome = round_trip(Subject("two", "postgres", (file,), others=("Odd App",)), tmp_path)
    assert outcome.good, outcome
    assert outcome.compared is not None
    assert outcome.compared.left_out == {"schema": 1, "table": 1}


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_what_mysql_has_beside_tables_comes_through(server: str, tmp_path: Path) -> None:
    file = tmp_path / "beside.sql"
    file.write_text(
        "create table t (a varchar(300) not null, b int, primary key (a(20)));\n"
        "create table u (a int primary key, b int generated always as (a * 2) stored, key (b));\n"
        "set sql_mode = '';\n"
        "create table v (a tinyint(1) not null default 7, b tinyint(1) default 1, c date default '0000-00-00');\n"
        "delimiter //\n"
        "create trigger counted before insert on t for each row begin set new.b = 1; end//\n"
        "create procedure nothing() begin select 1; end//\n"
    )
    outcome = round_trip(Subject("beside", server, (file,)), tmp_path)
    assert outcome.good, outcome
    assert outcome.compared is not None
    assert outcome.compared.left_out == {}
    assert outcome.compared.same == 4
    assert outcome.compared.in_part == ["table t: differs\n  -   PRIMARY KEY (`a`(20))"]


@pytest.mark.parametrize("server", ["mysql", "mariadb"])
def test_show_create_sees_what_is_lost(server: str, tmp_path: Path) -> None:
    with fresh(server, tmp_path) as first, fresh(server, tmp_path) as second:
        first.execute("create table t (a int unsigned primary key, b int, unique key k (b)) character set utf8mb3")
        second.execute("create table t (a int unsigned primary key, b int, unique key k (b)) character set latin1")
        found = compared(first, second, understood((), ("",)))
    assert len(found.differing) == 1
    assert "utf8mb3" in found.differing[0]
