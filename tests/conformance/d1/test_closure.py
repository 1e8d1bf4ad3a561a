"""A table that others refer to is rebuilt on D1, where nobody can switch foreign keys off: every row stays."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import ApplyFailed, Refused, dialects, workflow
from reconciler.dialects.sqlite.dialect import DIALECT as SQLITE
from reconciler.plan.policy import Allowance
from tests.target import Target

pytestmark = pytest.mark.live("d1")

BEFORE = """
create table parents (
  id integer primary key autoincrement, code text not null, name text collate nocase, fax text,
  above integer references parents (id) on delete restrict
);
create unique index parents_code_idx on parents (code);
create table children (
  id integer primary key, parent_id integer not null references parents (id) on delete cascade,
  code text references parents (code) on update cascade
);
create index children_parent_idx on children (parent_id);
create table toys (
  child_id integer not null references children (id) on delete set null, name text not null, owner integer,
  primary key (child_id, name), constraint toys_owner_fk foreign key (owner) references toy_owners (id)
) without rowid;
create table toy_owners (
  id integer primary key, toy text, child integer references children (id) on delete set default
);
create table log (what text);
create view named as select p.name, c.id from parents p join children c on c.parent_id = p.id;
create view dangling as select * from nowhere;
create trigger children_log after delete on children begin insert into log (what) values ('gone ' || old.id); end;
create trigger parents_log after update on parents begin insert into log (what) values ('new ' || new.code); end;
insert into parents (code, name, above) values ('a', 'Ann', 1), ('b', 'Bob', 1), ('c', 'Cid', null);
insert into parents (code) values ('gone'); delete from parents where code = 'gone';
insert into children (parent_id, code) select id, code from parents;
insert into toy_owners (toy, child) values ('car', 1);
insert into toys select id, 'car', 1 from children;
"""

SPEC = """
table: parents
columns:
  id: {type: bigint, identity: true}
  code: {type: varchar(9), not_null: true}
  name: {type: text, not_null: true, collation: nocase}
  fax: {type: text}
  above: {type: int, references: parents.id, on_delete: restrict}
primary_key: [id]
indexes: {parents_code_idx: {columns: [code], unique: true}}
options: {sqlite: {autoincrement: true}}
---
table: children
columns:
  id: {type: bigint, identity: true}
  parent_id: {type: int, not_null: true, references: parents.id, on_delete: cascade}
  code: {type: text, references: parents.code, on_update: cascade}
  born: {type: date}
primary_key: [id]
indexes: {children_parent_idx: [parent_id, born]}
"""


def request_for(folder: Path, url: str, spec: str = SPEC) -> workflow.Request:
    """Write a project for a database."""
    (folder / "spec.yaml").write_text(spec)
    (folder / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: closure\nenvironments: {{here: {{url: '{url}', policy: {{approve: never}}}}}}\n"
    )
    return workflow.Request(directory=folder, environment="here", lock_timeout=5)


EVERYTHING = workflow.Terms(given=(Allowance("*"),))


def rows(target: Target) -> dict[str, list[tuple[object, ...]]]:
    return {
        "parents": target.query("select id, code, name, fax, above from parents order by id"),
        "children": target.query("select id, parent_id, code from children order by id"),
        "toys": target.query("select child_id, name, owner from toys order by 1, 2"),
        "owners": target.query("select id, toy, child from toy_owners"),
        "log": target.query("select what from log"),
        "view": target.query("select name, id from named order by id"),
        "sequence": target.query("select name, seq from sqlite_sequence"),
    }


def test_every_row_stays_and_every_key_works(d1: Target, tmp_path: Path) -> None:
    """Cascades two deep, a reference to itself, a circle, a unique index that is referred to, views, triggers."""
    d1.execute(BEFORE)
    before, others = rows(d1), d1.query("select name, sql from sqlite_schema where type in ('view', 'trigger')")
    request = request_for(tmp_path, d1.url)
    done = workflow.apply(request, EVERYTHING)
    assert done.outcome is not None
    assert done.review.planned.comparison.notes == (
        "table.parents is rebuilt together with what refers to it: table.children, table.toy_owners, table.toys",
    )
    assert rows(d1) == before
    assert "__rc_" not in d1.observe()
    assert workflow.plan(request).planned.plan.empty
    assert sorted(d1.query("select name, sql from sqlite_schema where type in ('view', 'trigger')")) == sorted(others)
    assert d1.query("select 1 from pragma_foreign_key_check") == []
    keys = (
        'select m.name, k."table", k."from", k."to", k.on_delete'
        " from sqlite_schema m, pragma_foreign_key_list(m.name) k"
        " where m.type = 'table' and substr(m.name, 1, 4) <> '_cf_'"
    )
    assert sorted(d1.query(keys)) == [
        ("children", "parents", "code", "code", "NO ACTION"),
        ("children", "parents", "parent_id", "id", "CASCADE"),
        ("parents", "parents", "above", "id", "RESTRICT"),
        ("toy_owners", "children", "child", "id", "SET DEFAULT"),
        ("toys", "children", "child_id", "id", "SET NULL"),
        ("toys", "toy_owners", "owner", "id", "NO ACTION"),
    ]
    d1.execute("delete from toys; delete from toy_owners; delete from parents where code = 'b'")
    assert d1.query("select count(*) from children") == [(2,)]
    assert d1.query("select what from log") == [("gone 2",)]
    d1.execute("insert into parents (code, name) values ('d', 'Dan')")
    assert d1.query("select id from parents where code = 'd'") == [(5,)]


def test_a_rebuild_of_the_one_table_alone_would_lose_them(
    d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SQLite's documentation says, done on D1: success is reported, and the children are gone."""
    d1.execute("create table p (id integer primary key, a text); insert into p values (1, 'x')")
    d1.execute("create table c (id integer primary key, p_id int references p (id) on delete cascade)")
    d1.execute("insert into c values (1, 1), (2, 1)")
    spec = "table: p\ncolumns: {id: {type: int, identity: true}, a: {type: text, not_null: true}}\nprimary_key: [id]\n"
    request = request_for(tmp_path, d1.url, spec)
    naive = replace(dialects.dialect("d1"), rules=SQLITE.rules)
    with monkeypatch.context() as patch:
        patch.setattr(dialects, "dialect", lambda name: naive)
        workflow.apply(request, EVERYTHING)
    assert d1.query("select count(*) from c") == [(0,)]
    d1.execute("insert into c values (1, 1), (2, 1)")
    (tmp_path / "spec.yaml").write_text(spec.replace("type: text", "type: varchar(7)"))
    workflow.apply(request, EVERYTHING)
    assert d1.query("select count(*) from c") == [(2,)]


def test_rows_that_came_meanwhile_undo_the_whole_batch(d1: Target, tmp_path: Path) -> None:
    """Keys are looked at when the batch ends: what D1 says then is told, nothing is kept, and nothing is sent again."""
    d1.execute("create table p (id integer primary key); create table c (id integer primary key, p_id int)")
    spec = (
        "table: p\ncolumns: {id: {type: int, identity: true}}\nprimary_key: [id]\n---\ntable: c\n"
        "columns: {id: {type: int, identity: true}, p_id: {type: int, references: p.id}}\nprimary_key: [id]\n"
    )
    before = d1.observe()

    def meddle(_position: int, _step: object) -> None:
        d1.execute("insert into c (p_id) values (9)")

    with pytest.raises(ApplyFailed, match="FOREIGN KEY constraint failed") as info:
        workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING, progress=workflow.Progress(started=meddle))
    assert "nothing was changed" in info.value.message
    assert (d1.observe(), d1.query("select p_id from c")) == (before, [(9,)])


@pytest.mark.parametrize("also", ["", "---\ntable: u\ncolumns: {a: {type: int}}\n"])
def test_a_row_that_came_meanwhile_is_told_with_its_step(d1: Target, tmp_path: Path, also: str) -> None:
    before = "table: t\ncolumns: {id: {type: int, primary_key: true}, n: {type: int}}\n"
    workflow.apply(request_for(tmp_path, d1.url, before), EVERYTHING)
    request = request_for(tmp_path, d1.url, before.replace("n: {type: int}", "n: {type: int, not_null: true}") + also)

    def meddle(position: int, _step: object) -> None:
        if position == 1:
            d1.execute("insert into t values (1, null)")

    with pytest.raises(ApplyFailed, match="NOT NULL constraint failed") as info:
        workflow.apply(request, EVERYTHING, progress=workflow.Progress(started=meddle))
    assert re.search(r"step \d \(update table\.t\): NOT NULL", info.value.message)


def test_children_are_dropped_first(d1: Target, tmp_path: Path) -> None:
    """A parent that went first would empty its children, and fire what watches over them, or fail."""
    d1.execute(
        "create table a (id integer primary key); create table log (what text);"
        "create table b (id integer primary key, a int not null references a (id) on delete set null);"
        "create table c (id integer primary key, b int references b (id) on delete cascade);"
        "create trigger c_log after delete on c begin insert into log values ('c'); end;"
        "insert into a values (1); insert into b values (1, 1); insert into c values (1, 1);"
        "insert into log values ('x')"
    )
    gone = "".join(f"---\nremoved: table.{name}\nreason: nobody asks\n" for name in "abc")
    spec = f"table: log\ncolumns: {{what: {{type: text}}}}\n{gone}"
    workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING)
    assert d1.observe().count("CREATE TABLE") == 1
    assert d1.query("select what from log") == [("x",)]


def test_what_refers_may_go_while_it_is_rebuilt(d1: Target, tmp_path: Path) -> None:
    """Its rows would be left without theirs in the middle of the batch; what stays keeps its own."""
    d1.execute(
        "create table a (id integer primary key, x int); create table log (what text);"
        "create table b (id integer primary key, a int not null references a (id));"
        "create table c (id integer primary key, b int not null references b (id) on delete restrict);"
        "create table stays (id integer primary key, gone int references gone (id) on delete cascade);"
        "create table gone (id integer primary key, a int references a (id) on delete cascade);"
        "create index b_a on b (a); create trigger b_log after delete on b begin insert into log values ('b'); end;"
        "insert into a values (1, 7); insert into b values (1, 1); insert into c values (1, 1);"
        "insert into gone values (1, 1); insert into stays values (1, 1)"
    )
    removed = "".join(f"---\nremoved: table.{name}\nreason: nobody asks\n" for name in ("b", "c", "gone"))
    key = "columns: {id: {type: int, identity: true}"
    spec = (
        f"table: a\n{key}, x: {{type: text}}}}\nprimary_key: [id]\n---\ntable: log\ncolumns: {{what: {{type: text}}}}\n"
        f"---\ntable: stays\n{key}, gone: {{type: int}}}}\nprimary_key: [id]\n"
        f"removed: {{foreign_key.stays_gone_fkey: {{reason: it goes}}}}\n{removed}"
    )
    workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING)
    assert d1.query("select id, x from a") == [(1, "7")]
    assert d1.query("select id, gone from stays") == [(1, 1)]
    assert d1.query("select * from log") == []
    assert d1.observe().count("CREATE TABLE") == 3


def test_a_circle_goes_as_a_whole(d1: Target, tmp_path: Path) -> None:
    d1.execute(
        "create table a (id integer primary key, b int references b (id)); create table keep (id integer primary key);"
        "create table b (id integer primary key, a int references a (id) on delete restrict, me int references b (id));"
        "pragma defer_foreign_keys = on; insert into a values (1, 1); insert into b values (1, 1, 1);"
        "insert into keep values (1)"
    )
    gone = "".join(f"---\nremoved: table.{name}\nreason: nobody asks\n" for name in "ab")
    spec = f"table: keep\ncolumns: {{id: {{type: int, identity: true}}}}\nprimary_key: [id]\n{gone}"
    workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING)
    assert d1.observe().count("CREATE TABLE") == 1
    assert d1.query("select id from keep") == [(1,)]


def test_a_rebuild_fires_no_trigger(d1: Target, tmp_path: Path) -> None:
    """Rows that refer to rows of the same table cascade when it is dropped."""
    d1.execute(
        "create table p (id integer primary key, a text, above int references p (id) on delete cascade);"
        "create table log (what text); create trigger p_log after delete on p begin insert into log values ('p'); end;"
        "insert into p values (1, 'x', null), (2, 'y', 1), (3, 'z', 2)"
    )
    spec = (
        "table: p\ncolumns:\n  id: {type: int, identity: true}\n  a: {type: text, not_null: true}\n"
        "  above: {type: int, references: p.id, on_delete: cascade}\nprimary_key: [id]\n"
    )
    workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING)
    assert d1.query("select id, a, above from p") == [(1, "x", None), (2, "y", 1), (3, "z", 2)]
    assert d1.query("select * from log") == []
    d1.execute("delete from p where id = 2")
    assert d1.query("select count(*) from log") == [(2,)]


def test_a_table_that_refers_and_is_not_understood_stops_it(d1: Target, tmp_path: Path) -> None:
    d1.execute("create table p (id integer primary key, a text)")
    d1.execute("create table c (id integer primary key desc, p_id int references p (id))")
    spec = "table: p\ncolumns: {id: {type: int, identity: true}, a: {type: text, not_null: true}}\nprimary_key: [id]\n"
    planned = workflow.plan(request_for(tmp_path, d1.url, spec)).planned
    assert [(one.code, str(one.ref)) for one in planned.verdict.refused if one.code == "NU101"] == [
        ("NU101", "table.c")
    ]
    with pytest.raises(Refused):
        workflow.apply(request_for(tmp_path, d1.url, spec), EVERYTHING)


CIRCLE = """
table: a
columns: {id: {type: int, identity: true}, c: {type: int, not_null: true, references: c.id}}
primary_key: [id]
---
table: b
columns: {id: {type: int, identity: true}, code: {type: text, references: a.id, on_delete: cascade}}
primary_key: [id]
indexes: {b_code_idx: {columns: [code], unique: true}}
---
table: c
columns: {id: {type: int, identity: true}, b: {type: text, references: b.code, on_update: cascade}}
primary_key: [id]
"""


@pytest.mark.parametrize("before", ["", " references c (id) on delete restrict"], ids=["becomes one", "is one"])
def test_tables_that_refer_in_a_circle_are_rebuilt_with_their_rows(d1: Target, tmp_path: Path, before: str) -> None:
    """Whichever comes first, its rows refer to another one's: b.code, by a unique index only, to a, to c and so on."""
    d1.execute(
        f"create table a (id integer primary key, c int{before});"
        "create table b (id integer primary key, code text references a (id) on delete restrict);"
        "create unique index b_code_idx on b (code);"
        "create table c (id integer primary key, b text references b (code) on delete cascade);"
        "pragma defer_foreign_keys = on; insert into a values (1, 2), (2, 1); insert into b values (1, '1'), (2, '2');"
        "insert into c values (1, '1'), (2, '2'), (3, '1')"
    )
    request = request_for(tmp_path, d1.url, CIRCLE)
    workflow.apply(request, EVERYTHING)
    assert d1.query("select id, c from a order by id") == [(1, 2), (2, 1)]
    assert d1.query("select id, code from b order by id") == [(1, "1"), (2, "2")]
    assert d1.query("select id, b from c order by id") == [(1, "1"), (2, "2"), (3, "1")]
    assert d1.query("select 1 from pragma_foreign_key_check") == []
    assert "__rc_" not in d1.observe()
    assert workflow.plan(request).planned.plan.empty
