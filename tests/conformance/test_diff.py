"""`diff A B` on every dialect: databases, snapshots, commits, specs and nothing, each against each that matters."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile, Result
from tests.target import Target

BEFORE = (
    "table: t\ncolumns: {id: {type: int}, a: {type: varchar(20), not_null: true, default: new}}\nprimary_key: [id]\n"
    "checks: {t_ck: \"a <> ''\"}\nindexes: {t_ix: [a desc]}\n---\nview: v\nquery: select id, a from t where a <> 'x'\n"
)
AFTER = BEFORE.replace("a: {type: varchar(20)", "b: {type: int}, a: {type: varchar(40)")


class Shop:
    """A project in a git repository on a fresh database, and the command line on it."""

    def __init__(self, folder: Path, target: Target, reconcile: Reconcile) -> None:
        self.folder, self.target, self._run = folder, target, reconcile
        (folder / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: shop\nsql: postgres\ndialects: [{target.dialect}]\nenvironments: "
            f"{{here: {{url: '{target.url}', default: true, policy: {{approve: never}}}}}}\n"
        )
        self.git("init", "-q")

    def __call__(self, *words: str) -> Result:
        return self._run(*words, cwd=self.folder)

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        done = subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def declare(self, text: str) -> None:
        (self.folder / "spec.yaml").write_text(text)

    def diff(self, first: str, second: str) -> Any:
        return json.loads(self("diff", first, second, "--json").ok(0).out)["result"]


@pytest.fixture
def shop(tmp_path: Path, target: Target, reconcile: Reconcile) -> Shop:
    return Shop(tmp_path, target, reconcile)


def changes(found: Any) -> set[tuple[str, str]]:
    return {(one["actions"][0], one["address"]) for one in found["changes"]}


def test_a_database_against_what_it_was_made_of(shop: Shop) -> None:
    shop.declare(BEFORE)
    shop("apply").ok()
    shop("snapshot", "--out", "was.json").ok()
    for pair in (("env:here", "spec"), ("spec", "env:here"), ("snapshot:was.json", "env:here"),
                 ("env:here", "snapshot:was.json"), ("env:here", "env:here")):  # fmt: skip
        assert changes(shop.diff(*pair)) == set(), pair
    shop("diff", "env:here", "spec", "--detailed-exitcode").ok(0)
    shop.target.execute("create table stray (id int); insert into t values (1, 'secret row')")
    assert changes(shop.diff("snapshot:was.json", "env:here")) >= {("create", "table.stray")}
    gone = shop.diff("env:here", "spec")
    assert {address for verb, address in changes(gone) if verb == "delete"} >= {"table.stray"}
    assert (gone["from"], gone["to"], gone["applyable"]) == ("env:here", "spec", True)
    assert "secret row" not in shop("diff", "env:here", "spec", "--detailed-exitcode").ok(2).out
    assert shop.target.query("select count(*) from stray") == [(0,)]


def test_specs_of_a_commit_need_no_database_and_no_work_tree(shop: Shop) -> None:
    shop.declare(BEFORE)
    shop.git("add", "-A")
    shop.git("commit", "-qm", "before")
    shop.declare(AFTER)
    before = shop.git("status", "--porcelain")
    found = shop.diff("git:HEAD", "spec")
    assert ("create", "table.t.column.b") in changes(found)
    assert {address for _, address in changes(found)} >= {"table.t.column.a"}
    back = shop.diff("spec", "git:HEAD")
    assert changes(back) >= {("delete", "table.t.column.b")}
    assert "DS103" in {one["code"] for one in back["hazards"]}
    assert changes(shop.diff("git:HEAD", "git:HEAD")) == set()
    made = shop.diff("empty", "git:HEAD")
    assert changes(made) >= {("create", "table.t"), ("create", "view.v")}
    against = json.loads(shop("plan", "--against", "git:HEAD", "--json").ok().out)["result"]
    assert changes(against) == changes(found)
    assert shop.git("status", "--porcelain") == before
    assert "table.t.column.b" in shop("diff", "git:HEAD", "spec").ok().out
    assert "table.t.column.b" in shop("diff", "git:HEAD", "spec", "-o", "markdown").ok().out
    assert "ALTER TABLE" in shop("diff", "git:HEAD", "spec", "-o", "sql").ok().out.upper()


def test_what_was_wrong_in_a_commit_is_named_there(sqlite: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    shop = Shop(tmp_path, sqlite, reconcile)
    shop.declare("table: t\ncolumns: {id: {type: nonsense}}\n")
    shop.git("add", "-A")
    shop.git("commit", "-qm", "wrong")
    shop.declare(BEFORE)
    assert "HEAD:spec.yaml:2:" in shop("diff", "git:HEAD", "spec").ok(65).err
    assert "nowhere" in shop("diff", "git:nowhere", "spec").ok(64).err
    assert "env:NAME, snapshot:FILE" in shop("diff", "here", "spec").ok(64).err
    assert "--output" in shop("diff", "git:--output=x", "spec").ok(64).err
    assert not (tmp_path / "x").exists()
