"""A view or trigger that names what is not there is not made, although SQLite would make it."""

from __future__ import annotations

from pathlib import Path

from tests.process import Reconcile
from tests.target import Target

TABLE = "table: t\ncolumns: {id: {type: int}, a: {type: int}}\nprimary_key: [id]\n"
GOOD = "view: v\nquery: select id, a from t\n"
TRIGGER = "trigger: g\ntable: t\ntiming: after\nevents: [insert]\nbody: [update t set {} = 1 where id < new.id]\n"
BROKEN = {
    "a table": "view: v\nquery: select id from nowhere\n",
    "a column": "view: v\nquery: select id, absent from t\n",
    "a column in a body": TRIGGER.format("absent"),
}


def declare(folder: Path, sqlite: Target, *documents: str) -> None:
    (folder / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: shop\nsql: {sqlite.dialect}\nenvironments: "
        f"{{here: {{url: '{sqlite.url}', default: true, policy: {{approve: never}}}}}}\n"
    )
    (folder / "spec.yaml").write_text("---\n".join(documents))


def test_what_names_nothing_is_not_made(tmp_path: Path, sqlite: Target, reconcile: Reconcile) -> None:
    for document in BROKEN.values():
        declare(tmp_path, sqlite, TABLE, document)
        done = reconcile("apply", cwd=tmp_path)
        assert done.code == 1
        assert "could not be used: no such" in done.err
        assert sqlite.observe() == ""


def test_what_is_right_is_made(tmp_path: Path, sqlite: Target, reconcile: Reconcile) -> None:
    declare(tmp_path, sqlite, TABLE, GOOD, TRIGGER.format("a"))
    reconcile("apply", cwd=tmp_path).ok()
    assert reconcile("plan", "--detailed-exitcode", cwd=tmp_path).code == 0


def test_what_was_broken_before_stands_in_nobodys_way(tmp_path: Path, sqlite: Target, reconcile: Reconcile) -> None:
    sqlite.execute("create table t (id integer primary key, a int); create view v as select absent from t")
    more = TABLE.replace("a: {type: int}", "a: {type: int}, b: {type: int}")
    declare(tmp_path, sqlite, more, "view: v\nquery: select absent from t\n")
    reconcile("apply", cwd=tmp_path).ok()
    assert '"b"' in sqlite.observe()
