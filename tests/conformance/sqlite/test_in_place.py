"""What a newer SQLite changes in place, on its own library and on Python's: the same schema, the same rows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.engines.sqlite import environments
from tests.process import Reconcile
from tests.target import Target

LIBRARIES = environments()
BEFORE = """
create table p (id integer primary key);
create table t (
  id integer primary key, -- the id
  a int, b text not null on conflict ignore,
  pid int, constraint t_pid foreign key (pid) references p (id),
  constraint t_a check (a > 0), check (b <> '')
);
create index t_a_idx on t (a);
create trigger t_added after insert on t begin update t set a = 5 where a = 6; end;
create view dangling as select * from nowhere;
insert into t values (7, 1, 'x', null);
"""
T = """
table: t
columns:
  id: {{type: int, identity: true}}
  a: {{type: int{a}}}
  b: {{type: text{b}}}
  pid: {{type: int{pid}}}
primary_key: [id]
indexes: {{t_a_idx: [a]}}
{rest}
checks:
{checks}  t_b: b <> ''
"""
P = "table: p\ncolumns: {id: {type: int, identity: true}}\nprimary_key: [id]\n---"
REFERENCES = ", references: p.id"
NULL, CHECK = ", not_null: true, dialect: {sqlite: {on_conflict: ignore}}", "  t_a: a > 0\n"


def spec(a: str = "", b: str = NULL, pid: str = REFERENCES, checks: str = CHECK, rest: str = "") -> str:
    return P + T.format(a=a, b=b, pid=pid, checks=checks, rest=rest)


CHANGES = {
    "set not null": spec(a=", not_null: true"),
    "set not null with a clause": spec(a=NULL),
    "drop not null": spec(b=""),
    "another clause": spec(b=NULL.replace("ignore", "fail")),
    "no clause": spec(b=", not_null: true"),
    "add a check": spec(checks=CHECK + "  more: a < 100\n"),
    "drop a check": spec(checks="", rest="removed: {check.t_a: {reason: wrong}}"),
    "another check": spec(checks="  t_a: a > -1\n"),
    "drop a foreign key": spec(pid="", rest="removed: {foreign_key.t_pid: {reason: wrong}}"),
    "several": spec(a=NULL, b="", checks="  t_a: a > -1\n  more: a < 100\n"),
    "with what needs a rebuild": spec(a=", not_null: true, default: 3", checks=""),
}
REBUILT = {"with what needs a rebuild"}


@pytest.fixture
def folder(sqlite: Target, tmp_path: Path) -> Path:
    sqlite.execute(BEFORE)
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nsql: sqlite\nenvironments: {{here: {{url: '{sqlite.url}', default: true}}}}\n"
    )
    return tmp_path


def environment(library: str) -> Mapping[str, str]:
    return {**os.environ, **LIBRARIES[library]}


# Python's own library rebuilds for each of them; a few are enough to see it.
RUNS = [(name, "newer") for name in CHANGES] + [("set not null", "own"), ("several", "own")]


@pytest.mark.parametrize(("name", "library"), RUNS)
def test_a_change_is_made_in_place_where_it_can_be(
    folder: Path, sqlite: Target, reconcile: Reconcile, name: str, library: str
) -> None:
    """A comment inside the CREATE TABLE tells: a rebuild writes the text anew."""
    (folder / "t.yaml").write_text(CHANGES[name])
    reconcile("apply", "--auto-approve", "--allow", "*", "-C", folder, env=environment(library)).ok()
    (other,) = LIBRARIES.keys() - {library}
    assert "up to date" in reconcile("plan", "-C", folder, env=environment(other)).ok().out
    in_place = library == "newer" and name not in REBUILT
    assert ("-- the id" in str(sqlite.query("select sql from sqlite_schema where name = 't'"))) == in_place
    assert sqlite.query("select id, a, b, pid from t") == [(7, 1, "x", None)]
    assert sqlite.query("select count(*) from sqlite_schema where name in ('t_added', 't_a_idx', 'dangling')") == [(3,)]
    assert sqlite.query("pragma integrity_check") == [("ok",)]


@pytest.mark.parametrize("document", [spec(pid=REFERENCES + ", not_null: true"), spec(checks="  t_a: a > 1\n")])
def test_rows_that_contradict_refuse(folder: Path, sqlite: Target, reconcile: Reconcile, document: str) -> None:
    before = sqlite.observe()
    (folder / "t.yaml").write_text(document)
    reconcile("apply", "--auto-approve", "--allow", "*", "-C", folder, env=environment("newer")).ok(3)
    assert sqlite.observe() == before
