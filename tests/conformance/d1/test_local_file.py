"""The file in which D1's engine keeps a database on this machine is a target, as `wrangler dev` leaves it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reconciler import workflow
from tests.conformance.d1.test_closure import EVERYTHING, request_for
from tests.engines.places import cache
from tests.target import Target

pytestmark = pytest.mark.live("d1")

SPEC = "table: p\ncolumns: {id: {type: int, identity: true}, a: {type: text, not_null: true}}\nprimary_key: [id]\n"
# As wrangler makes it.
D1_BOOK = """create table d1_migrations (id integer primary key autoincrement, name text unique,
             applied_at timestamp default current_timestamp not null)"""


def file_of(table: str) -> Path:
    """Find the file that holds a table."""
    for path in cache().glob("d1-*/data/**/*.sqlite"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            if connection.execute("select 1 from sqlite_schema where name = ?", (table,)).fetchall():
                return path
    raise AssertionError(f"no file holds {table}")


def test_a_file_is_changed_and_what_is_cloudflare_s_stays(d1: Target, tmp_path: Path) -> None:
    mark = f"mark_{tmp_path.name}_{d1.url.rpartition('-')[2]}"
    d1.execute(f"create table {mark} (id int); {D1_BOOK}")
    d1.execute("create table p (id integer primary key, a text); insert into p values (1, 'x')")
    d1.execute("create table c (id integer primary key, p_id int references p (id) on delete cascade)")
    d1.execute("insert into c values (1, 1), (2, 1)")
    d1.query("select * from p")
    found = file_of(mark)
    for path in found.parent.glob(f"{found.name}*"):
        shutil.copy(path, tmp_path / path.name)
    copy = tmp_path / found.name
    with closing(sqlite3.connect(copy)) as connection:
        theirs = connection.execute("select * from sqlite_schema where name like '\\_cf%' escape '\\'").fetchall()
    request = request_for(tmp_path, f"sqlite:///{copy}", SPEC)
    review = workflow.plan(request)
    undeclared = {str(ref) for ref in review.planned.comparison.scope.undeclared if len(ref.parts) == 2}
    assert undeclared == {f"table.{mark}", "table.c"}
    workflow.apply(request, EVERYTHING)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("select id, p_id from c").fetchall() == [(1, 1), (2, 1)]
        now = connection.execute("select * from sqlite_schema where name like '\\_cf%' escape '\\'").fetchall()
        assert [row[1] for row in now] == [row[1] for row in theirs] != []
        assert connection.execute("select count(*) from _cf_METADATA").fetchall() != [(0,)]


def test_on_d1_itself_too(d1: Target, tmp_path: Path) -> None:
    """Where the specs are the whole truth, what is Cloudflare's and wrangler's is nobody's to drop."""
    d1.execute(f"{D1_BOOK}; create table stray (id int)")
    request = request_for(tmp_path, d1.url, SPEC)
    project = tmp_path / "reconcile.yaml"
    project.write_text(project.read_text().replace("approve: never", "approve: never, undeclared: drop"))
    workflow.apply(request, EVERYTHING)
    names = {name for (name,) in d1.query("select name from sqlite_schema where type = 'table'")}
    assert {"d1_migrations", "p", "_cf_METADATA"} <= names
    assert "stray" not in names
