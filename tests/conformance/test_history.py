"""What the ledger tells of past runs, on every dialect: by the command line, read-only, also from an older ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile, Result
from tests.target import Target

BEFORE = "table: t\ncolumns: {id: {type: int}, a: {type: text}}\nprimary_key: [id]\n"
AFTER = 'table: t\ncolumns: {id: {type: int}, b: {type: text, comment: "it\'s"}}\nprimary_key: [id]\n'


class Shop:
    """A project on a fresh database, and the command line on it."""

    def __init__(self, folder: Path, target: Target, reconcile: Reconcile) -> None:
        self.folder, self.target, self._run = folder, target, reconcile
        (folder / "reconcile.yaml").write_text(
            "reconcile: 1\nproject: shop\nsql: postgres\ndialects: [sqlite, postgres]\nenvironments: "
            f"{{here: {{url: '{target.url}', default: true, policy: {{approve: never, allow: [DS103]}}}}}}\n"
        )

    def __call__(self, *words: str) -> Result:
        return self._run(*words, cwd=self.folder)

    def apply(self, document: str, *words: str) -> Result:
        (self.folder / "spec.yaml").write_text(document)
        return self("apply", *words)

    def data(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").ok().out)["result"]


@pytest.fixture
def shop(tmp_path: Path, target: Target, reconcile: Reconcile) -> Shop:
    return Shop(tmp_path, target, reconcile)


def applied_twice(shop: Shop) -> None:
    shop.apply(BEFORE).ok()
    shop.target.execute("insert into t values (1, 'x')")
    shop.apply(AFTER).ok()


def test_a_database_without_a_ledger_has_no_history(shop: Shop) -> None:
    assert "no ledger" in shop("history").ok().out
    assert shop.data("history") == {"environment": "here", "ledger": False, "runs": []}
    assert "nothing was ever applied" in shop("show", "latest").ok(64).err
    if shop.target.dialect == "postgres":
        assert shop.target.query("select 1 from pg_class where relname like '%reconcile%'") == []


def test_runs_are_told_newest_first_with_who_when_and_what(shop: Shop) -> None:
    applied_twice(shop)
    before = shop.target.query("select * from _reconcile_run order by run_id")
    second, first = shop.data("history")["runs"]
    assert [run["run_id"] for run in (first, second)] == [row[0] for row in sorted(before, key=lambda row: row[8])]
    assert second["result"] == "done"
    assert second["steps"]["done"] == second["steps"]["total"] > 0
    assert (second["project"], second["environment"], second["command"]) == ("shop", "here", "apply")
    assert second["started_at"].endswith("+00:00")
    assert "@" in second["actor"]
    assert second["seconds"] >= 0
    assert second["consents"] == [{"code": "DS103", "address": "table.t.column.a", "by": "the policy"}]
    assert shop.data("history", "--limit", "1")["runs"] == [second]
    text = shop("history").ok().out
    assert text.index(second["run_id"]) < text.index(first["run_id"])
    assert max(map(len, text.splitlines())) <= 120
    assert shop.target.query("select * from _reconcile_run order by run_id") == before


def test_a_run_is_shown_in_full_by_its_id_the_beginning_of_it_or_as_the_latest(shop: Shop) -> None:
    applied_twice(shop)
    second, first = shop.data("history")["runs"]
    full = shop.data("show", "latest")
    assert full["run_id"] == second["run_id"]
    assert any("ADD COLUMN" in step["statements"] for step in full["done"])
    assert shop.data("show", second["run_id"]) == full
    assert shop.data("show", second["run_id"][:-1])["run_id"] in (first["run_id"], second["run_id"])
    text = shop("show", second["run_id"]).ok().out
    assert "ADD COLUMN" in text
    assert "DS103 at table.t.column.a, by the policy" in text
    assert "2 runs" in shop("show", "r_").ok(64).err
    assert "there is no run 'r_nothing'" in shop("show", "r_nothing").ok(64).err


def test_a_failed_run_says_what_the_database_said_and_shows_no_control_characters(shop: Shop) -> None:
    shop.apply(BEFORE).ok()
    shop.target.execute("update _reconcile_run set state = 'failed', error = 'no \x1b[2J way', actor = 'eve\x07@host'")
    for words in (("history",), ("show", "latest")):
        out = shop(*words).ok().out
        assert "failed, nothing was changed" in out
        assert not {"\x1b", "\x07"} & set(out)
    assert shop.data("show", "latest")["error"] == "no \x1b[2J way"


def test_a_ledger_of_an_older_version_is_read_and_then_brought_up_to_date(shop: Shop) -> None:
    shop.apply(BEFORE).ok()
    shop.target.execute("alter table _reconcile_run drop column details")
    (old,) = shop.data("history")["runs"]
    assert (old["environment"], old["steps"]["total"], old["consents"]) == (None, None, [])
    assert shop.target.query("select count(*) from _reconcile_run") == [(1,)]
    shop.apply(AFTER).ok()
    second, first = shop.data("history")["runs"]
    assert (first["environment"], second["environment"]) == (None, "here")
    assert shop("plan", "--detailed-exitcode").ok(0)


def test_what_somebody_else_wrote_into_the_ledger_is_no_reason_to_fail(shop: Shop) -> None:
    shop.apply(BEFORE).ok()
    for details in ("{", "[1]", '{"steps": "many", "consents": [3]}'):
        shop.target.execute(f"update _reconcile_run set details = '{details}', started_at = 'whenever'")
        (run,) = shop.data("history")["runs"]
        assert (run["seconds"], run["steps"]["total"]) == (None, None)
        shop("history").ok()


@pytest.mark.parametrize("limit", ["0", "-1", "many", "²"])
def test_a_limit_is_a_number(shop: Shop, limit: str) -> None:
    assert "--limit" in shop("history", f"--limit={limit}").ok(64).err
