"""What of a CREATE TABLE is not understood is told everywhere, and keeps the table from being made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.dialects import dialect
from reconciler.dialects.base import Target as Place
from reconciler.dialects.sqlite import render
from reconciler.model.model import Model
from reconciler.model.objects import Table
from reconciler.plan.understood import not_understood
from tests.conformance.imported import Imported
from tests.process import Reconcile
from tests.target import Target, fresh

# Each is accepted by SQLite, and says what our own words would not say again.
ODD = {
    "no_rowid": ("create table no_rowid (id integer primary key desc, a int)", "INTEGER PRIMARY KEY DESC"),
    "always": ("create table always (id int primary key, a int generated always)", "expected AS"),
}
# Each is as odd, and understood.
PLAIN = (
    "create table p1 as select 1 as x, 'a' as y, 2.5 as \"odd name\"",
    "create table p2 (id integer primary key, a [odd type], b \"TEXT\", c 'single quoted', d)",
    "create table p3 (key text, generated text, always int, \"desc\" int, 'sq' int, `bt` int, [br] int)",
    "create table p4 (a TEXT COLLATE 'nocase' DEFAULT -.5, b DEFAULT NULL, c DEFAULT true, d DEFAULT current_timestamp,"
    " e DEFAULT (1) NOT NULL, f DEFAULT \"dq\", g default 'x' collate rtrim, h default +5, j default x'00')",
    "create table p5 (id int constraint c1 primary key on conflict replace, a int constraint c2 not null on conflict"
    " ignore constraint c3 unique on conflict fail, b int constraint c4 default 5, c int constraint c5 null, d text"
    " constraint c6 collate nocase, e int constraint c7 references p2 (id) match full on delete set null deferrable"
    " initially deferred, f int references p2 on update cascade)",
    "create table p6 (a int, b int, primary key (a desc, b collate nocase), unique (b collate nocase desc, a),"
    " check (a > 0) on conflict abort constraint z check (b <> ')') foreign key (a, b) references p6)",
    "create table p7 (a int primary key asc, b text generated always as (a || 'x') stored, c text as (a) virtual)",
    "create table p8 (a integer primary key autoincrement, b any, c blob) strict",
    "create table p9 (a text primary key, b int) strict, without rowid",
    "create table p10 (a integer, b int /* a comment */, primary key (a autoincrement)) -- another",
    'create table p11 (a double precision, b unsigned big int, c decimal(10, 5), d long varchar(10), "a""b" int)',
    "create table p12 (rowid int, oid int, _rowid_ int, f int constraint foo, e int default 1 default 2)",
)


def model_of(target: Target) -> Model:
    place = Place(dialect=target.dialect, url=target.url, label="x")
    found = dialect(target.dialect)
    with closing(found.connect(place)) as session:
        return found.inspect(session, place).model


def facts(connection: sqlite3.Connection, table: str) -> list[Any]:
    """Return what the PRAGMAs say of a table, the names of SQLite's own indexes left out."""
    indexes = connection.execute('select name, "unique", origin, partial from pragma_index_list(?)', (table,))
    ask = [f"select * from pragma_{what}(?)" for what in ("table_xinfo", "foreign_key_list")]
    ask += ["select type, ncol, wr, strict from pragma_table_list where name = ?"]
    parts = "select * from pragma_index_xinfo(?)"
    return [
        *(connection.execute(query, (table,)).fetchall() for query in ask),
        sorted((row[1:], connection.execute(parts, row[:1]).fetchall()) for row in indexes.fetchall()),
    ]


def test_our_own_words_make_the_same_table_unless_it_is_marked(sqlite: Target) -> None:
    """Made from the model alone in an empty database, every table is what the PRAGMAs say of the one that was read."""
    for text in (*PLAIN, *(sql for sql, _ in ODD.values())):
        sqlite.execute(text)
    model = model_of(sqlite)
    marked = {ref.name: what for ref, what in not_understood(model).items()}
    assert marked.keys() == ODD.keys()
    assert [name for name, (_, words) in ODD.items() if words not in marked[name]] == []
    path = sqlite.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(":memory:")) as made:
        for table in (obj for ref, obj in model.items() if isinstance(obj, Table) and ref.name not in ODD):
            made.execute(render.create_table(table, model, table.ref.name))
            assert facts(made, table.ref.name) == facts(live, table.ref.name)


@pytest.mark.parametrize("server", ["sqlite", "d1"])
def test_it_is_told_and_stops_what_would_lose_it(server: str, tmp_path: Path, reconcile: Reconcile) -> None:
    with fresh(server, tmp_path) as target:
        _told_and_stopped(target, tmp_path, reconcile)


def _told_and_stopped(target: Target, folder: Path, reconcile: Reconcile) -> None:
    for text, _ in ODD.values():
        target.execute(text)
    target.execute("create table plain (id integer primary key, a int)")
    specs = Imported(reconcile, folder, target.url)
    marked = specs.marked()
    assert marked.keys() == {f"table.{name}" for name in ODD}
    told = f"table.no_rowid: {marked['table.no_rowid']}"
    for command in ("plan", "check", "import"):
        place = ("--out",) if command == "import" else ("-C",)
        assert told in reconcile(command, "--url", target.url, *place, str(specs.specs)).ok().out

    before = target.observe()
    for name in ("no_rowid", "plain"):
        specs.edit(f"tables/{name}.yaml", "a: {native: int}", "a: {type: bigint, not_null: true}")
    assert specs.stopped().keys() == {"table.no_rowid"}
    assert specs.asked("plan")["rehearsal"]["status"] == "skipped"
    refused = reconcile("apply", "-C", specs.specs, "--url", target.url, "--allow", "*", "--auto-approve").ok(3)
    assert "NU101 table.no_rowid: a column that is INTEGER PRIMARY KEY DESC" in " ".join(refused.out.split())
    assert "NU101 at table.no_rowid" in refused.err
    assert target.observe() == before

    # What is added in place takes nothing away, and the other table is not held up by this one.
    specs.edit("tables/no_rowid.yaml", "a: {type: bigint, not_null: true}", "a: {native: int}\n  b: {type: int}")
    specs.apply()
    assert "primary key desc, a int" in target.observe()
    assert "b" in [row[1] for row in target.query("pragma table_info(no_rowid)")]
    assert [row[3] for row in target.query("pragma table_info(plain)")] == [0, 1]
