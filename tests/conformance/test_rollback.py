"""Going back: what earlier runs left is there again on every dialect, what it costs is asked for, strangers stay."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engines import backup_tools
from tests.process import Reconcile, Result
from tests.target import Target

FIRST = """
table: users
columns:
  id: {type: bigint, primary_key: true}
  name: {type: varchar(40), not_null: true}
  state: {type: varchar(10), default: new}
indexes: {users_state_idx: [state]}
---
table: posts
columns:
  id: {type: bigint, primary_key: true}
  user_id: {type: bigint, references: users.id}
---
view: new_users
query: "select id, name from users where state = 'new'"
"""
# A rename that a view, an index and its own column follow; a table that goes, and one that comes; a type that grows.
SECOND = """
table: members
renamed_from: users
columns:
  id: {type: bigint, primary_key: true}
  name: {type: varchar(80), not_null: true}
  status: {type: varchar(10), default: new, renamed_from: state}
  role: {type: varchar(10), not_null: true, default: user}
indexes: {users_state_idx: [status]}
---
table: invites
columns: {code: {type: varchar(20), primary_key: true}}
---
view: new_users
query: "select id, name from members where status = 'new'"
---
removed: table.posts
reason: nobody reads them
"""
LATE = "---\ntable: late\ncolumns: {id: {type: bigint, primary_key: true}}\n"
THIRD = SECOND.partition("---\nremoved")[0].replace("  role: {type: varchar(10), not_null: true, default: user}\n", "")
THIRD += LATE


class Shop:
    """A project on a fresh database, and the command line on it."""

    def __init__(self, run: Callable[..., Result], folder: Path) -> None:
        self.run, self.folder = run, folder

    def apply(self, document: str) -> str:
        (self.folder / "schema.yaml").write_text(document)
        done = self.run("apply", "--auto-approve", "--allow", "*", "--json").ok().out
        return str(json.loads(done)["result"]["run_id"])

    def data(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json").ok(code).out)["result"]


@pytest.fixture
def shop(reconcile: Reconcile, target: Target, tmp_path: Path) -> Shop:
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: shop\nspecs: [schema.yaml]\nenvironments:\n"
        f"  live: {{url: {{env: SHOP_URL}}, dialect: {target.dialect}, disposable: true}}\n"
        f"  kept: {{url: {{env: SHOP_URL}}, dialect: {target.dialect}}}\n"
    )
    env = {"SHOP_URL": target.url, "RECONCILE_TOOLS": backup_tools(target.server, tmp_path / "tools")}

    def run(*words: str, **extra: str) -> Result:
        return reconcile(*words, *(() if "-e" in words else ("-e", "live")), env=env | extra)

    return Shop(run, tmp_path)


def test_back_to_an_earlier_run(shop: Shop, target: Target) -> None:
    first = shop.apply(FIRST)
    target.execute("insert into users values (1, 'Ada', 'new'), (2, 'Bob', 'old'); insert into posts values (7, null)")
    target.execute("create table strange (id integer)")
    was = target.observe().replace('"', "")
    second = shop.apply(SECOND)
    third = shop.apply(THIRD)

    # Without a word it is the last run that is undone.
    shown = shop.data("rollback", "--plan")
    assert {(one["address"], one["action"]) for one in shown["steps"]} >= {("table.late", "delete")}
    assert shop.data("history")["runs"][0]["run_id"] == third, "a plan writes nothing"

    # All the same hazards, and what goes is counted.
    refused = shop.run("rollback", "--to", first, "--auto-approve").ok(3)
    assert "DS102" in refused.err
    allowed = ("--allow", "*", "--auto-approve")
    done = shop.data("rollback", "--to", first, *allowed)
    notes = json.dumps(done["plan"])
    assert second in notes
    assert third in notes
    assert target.observe().replace('"', "") == was, "a rename quotes the names in a view"
    assert target.query("select id, name, state from users order by id") == [(1, "Ada", "new"), (2, "Bob", "old")]
    assert target.query("select id, name from new_users") == [(1, "Ada")]
    (shop.folder / "schema.yaml").write_text(FIRST)
    shop.run("plan", "--detailed-exitcode").ok(0)
    run = shop.data("show", "latest")
    assert (run["command"], run["run_id"]) == ("rollback", done["run_id"])

    # The run that went back is a run: undone, everything is as the third one left it.
    told = shop.run("rollback", *allowed).ok().out
    assert "change them too" in told
    (shop.folder / "schema.yaml").write_text(THIRD)
    shop.run("plan", "--detailed-exitcode").ok(0)
    assert shop.data("rollback", "--to", "latest")["steps"] == []
    target.execute("update _reconcile_run set was = null")
    assert "did not write down" in shop.run("rollback", *allowed).ok(64).err


KEPT = """
table: makers
columns:
  id: {type: bigint, primary_key: true}
  name: {type: varchar(80), not_null: true}
  raw: {type: bytes}
  price: {type: "decimal(12,2)", not_null: true}
---
table: items
columns:
  id: {type: bigint, identity: true, primary_key: true}
  maker_id: {type: bigint, references: makers.id}
  label: {type: text}
---
table: parts
columns:
  id: {type: bigint, primary_key: true}
  item_id: {type: bigint, references: items.id}
"""
LOST = """
table: makers
columns:
  id: {type: bigint, primary_key: true}
  name: {type: varchar(80), not_null: true}
"""
_BYTES = {"postgres": "'\\x00ff27'"}
_HEX = "x'00ff27'"


def _rows(target: Target) -> list[list[tuple[object, ...]]]:
    return [target.query(f"select * from {name} order by id") for name in ("makers", "items", "parts")]


def test_rows_come_back_from_the_backup_that_was_made(shop: Shop, target: Target) -> None:
    shop.apply(KEPT)
    target.execute(
        f"insert into makers values (1, 'O''B; -- \"Ü\" 🙂', {_BYTES.get(target.dialect, _HEX)}, 12.50),"
        " (2, 'line\nbreak', null, -0.01), (3, 'later gone', null, 3);"
        "insert into items (maker_id, label) values (1, 'first'), (null, null), (2, '');"
        "insert into parts values (9007199254740993, 3), (4, null)"
    )
    before = _rows(target)
    (shop.folder / "schema.yaml").write_text(LOST)
    allowed = ("--allow", "*", "--auto-approve")
    kept = shop.data("apply", "--backup", *allowed)["applied"]["backup"]
    target.execute("delete from makers where id = 3")
    # Killed anywhere, run again it goes on to where it was to lead: in the middle, and before the rows are back.
    for point in ("after_statement:hit=2:kill", "before_release:kill"):
        assert shop.run("rollback", *allowed, RECONCILE_FAILPOINT=point).code not in (0, 1)
    done = shop.data("rollback", *allowed)["applied"]
    changed = 1 if target.dialect in ("mysql", "mariadb") else 2  # which do not count what was null and stays so
    assert [(one["address"], one["rows"], one["reason"]) for one in done["rows_back"]] == [
        ("table.items", 3, None), ("table.makers.column.price", 2, None), ("table.makers.column.raw", changed, None),
        ("table.parts", 2, None),
    ]  # fmt: skip
    assert {one["backup"] for one in done["rows_back"]} == {kept}
    names = target.query("select id, name, raw, price from makers order by id")
    assert names == before[0][:2]
    assert _rows(target)[1:] == before[1:]
    assert {run["state"] for run in shop.data("history")["runs"][:2]} == {"done"}
    target.execute("insert into items (label) values ('numbered on')")
    assert target.query("select max(id) from items") == [(4,)]

    # Without a backup nothing comes back, and that is told.
    shop.data("apply", *allowed)
    assert "MF103" in shop.run("rollback", *allowed).ok(3).err, "a price has to come from somewhere"
    target.execute("delete from makers")
    told = shop.run("rollback", *allowed).ok().out
    assert "table.items  stays empty: no backup was made before r_" in told
    assert target.query("select count(*) from items") == [(0,)]


def test_reset_throws_away_only_what_is_disposable(shop: Shop, target: Target) -> None:
    shop.apply(FIRST)
    target.execute("insert into users values (1, 'Ada', 'new')")
    target.execute("create table strange (id integer)")
    assert "not disposable" in shop.run("reset", "-e", "kept", "--auto-approve").ok(3).err
    assert "--url" in shop.run("reset", "-e", "live", "--url", target.url, "--auto-approve").ok(3).err
    assert "all of it goes" in shop.run("reset").ok(7).err
    (shop.folder / "schema.yaml").write_text("table: users\ncolumns: {id: {type: nonsense}}\n")
    shop.run("reset", "--auto-approve").ok(65)
    assert target.query("select count(*) from users") == [(1,)]
    (shop.folder / "schema.yaml").write_text(SECOND)
    assert shop.data("reset", "--auto-approve")["applied"]["steps"] > 0
    assert "strange" not in target.observe()
    assert target.query("select count(*) from members") == [(0,)]
    assert [run["command"] for run in shop.data("history")["runs"]] == ["reset"]
    shop.run("plan", "--detailed-exitcode").ok(0)


def test_a_run_knows_the_commit_of_its_specs_also_from_a_saved_plan(reconcile: Reconcile, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        told = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *told, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    def applied(*words: str) -> Any:
        reconcile("apply", "--url", "sqlite:///x.db", "--auto-approve", *words).ok()
        return json.loads(reconcile("show", "latest", "--url", "sqlite:///x.db", "--json").ok().out)["result"]["commit"]

    (tmp_path / ".gitignore").write_text("x.db*\nplan.json\n.reconcile\n")
    (tmp_path / "s.yaml").write_text("table: t\ncolumns: {id: {type: int, primary_key: true}}\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    head = git("rev-parse", "--short=7", "HEAD").strip()
    assert applied() == head
    (tmp_path / "s.yaml").write_text("table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: int}}\n")
    reconcile("plan", "--url", "sqlite:///x.db", "--out", "plan.json").ok()
    git("commit", "-qam", "second")
    assert applied("plan.json") == f"{head}, with changes that are not in it", "what the plan was made from"
    (tmp_path / "s.yaml").write_text("table: t\ncolumns: {id: {type: int, primary_key: true}}\n")
    told = reconcile("show", "latest", "--url", "sqlite:///x.db", "-o", "sql").ok().out
    assert "ADD COLUMN" in told
    for form, sign in (("markdown", "```sql"), ("html", "<!doctype html>")):
        told = reconcile("show", "latest", "--url", "sqlite:///x.db", "-o", form).ok().out
        assert sign in told
        assert head in told
