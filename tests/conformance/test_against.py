"""Plans without a database, on every dialect: against an empty one, and against a snapshot of what is there."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile, Result
from tests.target import Target

BEFORE = (
    "table: t\ncolumns: {id: {type: int}, a: {type: varchar(20), not_null: true, default: new}}\nprimary_key: [id]\n"
)
BEFORE += "checks: {t_ck: \"a <> ''\"}\nindexes: {t_ix: [a desc]}\n"
VIEW = "view: v\nquery: select id, a from t\n"
AFTER = BEFORE.replace("id: {type: int}, a:", "id: {type: bigint}, b: {type: text}, a:")


class Shop:
    """A project on a fresh database, and the command line on it."""

    def __init__(self, folder: Path, target: Target, reconcile: Reconcile) -> None:
        self.folder, self.target, self._run = folder, target, reconcile
        self.environment(f"url: '{target.url}'")

    def environment(self, words: str) -> None:
        (self.folder / "reconcile.yaml").write_text(
            "reconcile: 1\nproject: shop\nsql: postgres\ndialects: [sqlite, postgres]\nenvironments: "
            f"{{here: {{{words}, default: true, policy: {{approve: never}}}}}}\n"
        )

    def __call__(self, *words: str) -> Result:
        return self._run(*words, cwd=self.folder)

    def declare(self, *documents: str) -> None:
        (self.folder / "spec.yaml").write_text("---\n".join(documents))

    def plan(self, *words: str) -> Any:
        return json.loads(self("plan", *words, "--json").ok(0, 2).out)["result"]


@pytest.fixture
def shop(tmp_path: Path, target: Target, reconcile: Reconcile) -> Shop:
    return Shop(tmp_path, target, reconcile)


def statements(plan: Any) -> list[str]:
    return [one["sql"] for step in plan["steps"] for one in step["statements"]]


def test_against_an_empty_database_everything_is_made(shop: Shop) -> None:
    shop.declare(BEFORE, VIEW)
    live = shop.plan()
    for url in (f"url: '{shop.target.url}'", f"url: {{env: NOWHERE}}, dialect: {shop.target.dialect}"):
        shop.environment(url)
        assert statements(shop.plan("--against", "empty")) == statements(live) != []
    assert "an empty database" in shop("plan", "--against", "empty").ok().out
    assert "CREATE TABLE" in shop("plan", "--against", "empty", "-o", "sql").ok().out


def test_nothing_says_which_dialect(shop: Shop) -> None:
    shop.declare(BEFORE)
    shop.environment("url: {env: NOWHERE}")
    assert "which dialect" in shop("plan", "--against", "empty").ok(64).err


def test_against_a_snapshot_the_plan_is_the_one_of_the_database(shop: Shop) -> None:
    shop.declare(BEFORE, VIEW)
    shop("apply").ok()
    shop.target.execute("insert into t values (1, 'secret row'); create table other (id int)")
    assert "plan --against snapshot:prod.json" in shop("snapshot", "--out", "prod.json").ok().out
    file = shop.folder / "prod.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret row" not in file.read_text()
    nothing = shop.plan("--against", "snapshot:prod.json")
    assert statements(nothing) == []
    assert {one["address"] for one in nothing["undeclared"]} == {"table.other"}
    shop.declare(AFTER, VIEW)
    live, kept = shop.plan(), shop.plan("--against", "snapshot:prod.json")
    assert statements(kept) == statements(live) != []
    assert (kept["plan_id"], kept["fingerprint"]) == (live["plan_id"], live["fingerprint"])
    shop("plan", "--against", "snapshot:prod.json", "--out", "plan.json").ok()
    shop("apply", "plan.json").ok()
    assert shop.target.query("select id, a, b from t") == [(1, "secret row", None)]


def test_what_the_rows_would_say_is_not_known(shop: Shop) -> None:
    shop.declare(BEFORE, VIEW)
    shop("apply").ok()
    shop("snapshot").ok()
    file = f"snapshot:{shop.folder}/.reconcile/snapshots/here.json"
    shop.declare(BEFORE.replace("a: {type: varchar(20), ", "a: {type: varchar(3), "), VIEW)
    found = [one for one in shop.plan("--against", file)["hazards"] if one["code"] == "DS107"]
    assert [(one["count"], "could not be asked" in one["message"]) for one in found] == [(None, True)]


def test_what_the_ledger_owned_is_dropped_and_the_rest_is_not(shop: Shop) -> None:
    shop.declare(BEFORE, VIEW)
    shop("apply").ok()
    shop.target.execute("create table other (id int)")
    shop("snapshot", "--out", "s.json").ok()
    shop.declare(BEFORE)
    changes = shop.plan("--against", "snapshot:s.json")["changes"]
    assert [(one["address"], one["actions"]) for one in changes] == [("view.v", ["delete"])]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"format_version": "2.0"}, "its format is '2.0'"),
        ({"format": "else"}, "it holds none"),
        ({"dialect": "other"}, "of the dialect other"),
        ({"project": "other"}, "of the project other"),
        ({"schema": "elsewhere"}, "of the default schema elsewhere"),
        ({"objects": [{"kind": "table"}]}, "cannot be read"),
        ({"server": None}, "cannot be read"),
    ],
)
def test_a_snapshot_of_something_else_is_refused(shop: Shop, damage: dict[str, Any], words: str) -> None:
    shop.declare(BEFORE)
    shop("snapshot", "--out", "s.json").ok()
    file = shop.folder / "s.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | damage))
    assert words in shop("plan", "--against", "snapshot:s.json").ok(1).err


@pytest.mark.parametrize("word", ["commit:main", "snapshot", "", "nothing"])
def test_what_there_is_to_plan_against_is_named(shop: Shop, word: str) -> None:
    shop.declare(BEFORE)
    assert "--against takes empty, snapshot:FILE or git:REF" in shop("plan", f"--against={word}").ok(64).err


@pytest.mark.parametrize("whose", ["mysql", "mariadb"])
def test_what_a_program_has_of_its_server_is_not_asked_for(whose: str, tmp_path: Path, reconcile: Reconcile) -> None:
    (tmp_path / "reconcile.yaml").write_text(
        "reconcile: 1\nproject: p\n"
        f"environments: {{here: {{url: {{env: NOWHERE}}, dialect: {whose}, default: true}}}}\n"
    )
    options = f"options: {{{whose}: {{sql_mode: ANSI_QUOTES, charset: latin1}}}}\n"
    (tmp_path / "p.yaml").write_text(f"procedure: p\nbody: {{{whose}: SELECT 1}}\n{options}")
    planned = json.loads(reconcile("plan", "--against", "empty", "--json", cwd=tmp_path).ok().out)["result"]
    assert [change["address"] for change in planned["changes"]] == ["procedure.p"]
