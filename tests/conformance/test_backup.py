"""Backups by each database's own means: what was there comes back, row by row, on every dialect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import backup_tools
from tests.process import Reconcile, Result
from tests.target import Target, fresh

_BYTES = {"postgres": "bytea", "mysql": "blob", "mariadb": "blob"}
_HEX = {"postgres": "'\\x00ff27'"}

_SPEC = """
table: makers
columns:
  id: {{type: bigint, primary_key: true}}
  name: {{type: varchar(80), not_null: true}}
  raw: {{type: bytes}}
  price: {{type: "decimal(12,2)"}}
---
table: items
columns:
  id: {{type: bigint, primary_key: true}}
  maker_id: {{type: bigint, references: makers.id}}
{note}indexes: {{items_maker_idx: [maker_id]}}
---
view: item_names
query: "select items.id, makers.name from items join makers on makers.id = items.maker_id"
"""
_NOTE = "  note: {type: text}\n"
_ROWS = "select * from {table} order by id"


def _made(target: Target, folder: Path) -> None:
    """Write a project for a database, and put rows in it that are not easily copied."""
    folder.joinpath("reconcile.yaml").write_text(
        f"reconcile: 1\nproject: shop\nspecs: [schema.yaml]\nenvironments:\n  live: {{url: {{env: SHOP_URL}}, "
        f"dialect: {target.dialect}, backup: {{to: kept}}}}\n"
    )
    folder.joinpath("schema.yaml").write_text(_SPEC.format(note=_NOTE))


def _filled(target: Target) -> None:
    blob = _HEX.get(target.dialect, "x'00ff27'")
    target.execute(
        f"insert into makers values (1, 'O''B; -- \\ \"Ü\" 🙂', {blob}, 12.50), (2, 'line\nbreak\ttab', null, -0.01);"
        "insert into items values (9007199254740993, 1, 'first'), (11, null, null), (12, 2, '')"
    )


@pytest.fixture
def run(reconcile: Reconcile, target: Target, tmp_path: Path) -> Callable[..., Result]:
    """The command line on the target, with the programs that dump it."""
    env = {"SHOP_URL": target.url, "RECONCILE_TOOLS": backup_tools(target.server, tmp_path / "tools")}
    return lambda *words: reconcile(*words, env=env)


def _contents(target: Target) -> tuple[object, ...]:
    return target.observe(), *(target.query(_ROWS.format(table=name)) for name in ("makers", "items", "item_names"))


def test_what_a_destructive_apply_takes_comes_back(run: Callable[..., Result], target: Target, tmp_path: Path) -> None:
    _made(target, tmp_path)
    run("apply", "--auto-approve").ok()
    _filled(target)
    before = _contents(target)
    made = json.loads(run("backup", "create", "--json").ok().out)["result"]["backup"]
    assert {name.rpartition(".")[2]: table["rows"] for name, table in made["tables"].items() if "_rec" not in name} == {
        "items": 3, "makers": 2
    }  # fmt: skip
    assert "SHOP_URL" not in json.dumps(made)
    assert oct(Path(made["path"]).stat().st_mode)[-3:] == "700"
    assert json.loads(run("backup", "verify", "--json").ok().out)["result"]["status"] == "passed"

    tmp_path.joinpath("schema.yaml").write_text(_SPEC.format(note="").partition("---")[0])
    applied = json.loads(run("apply", "--backup", "--auto-approve", "--allow", "*", "--json").ok().out)["result"]
    kept = json.loads(run("show", "latest", "--json").ok().out)["result"]["backup"]
    assert kept == applied["applied"]["backup"] != made["id"]
    target.execute("delete from makers where id = 2")
    run("backup", "restore", kept).ok(7)
    assert "items" not in target.observe()
    told = run("backup", "restore", kept, "--auto-approve").ok().out
    assert "proven row by row" in told
    assert _contents(target) == before
    tmp_path.joinpath("schema.yaml").write_text(_SPEC.format(note=_NOTE))
    run("plan", "--detailed-exitcode").ok()
    there = json.loads(run("backup", "list", "--json").ok().out)["result"]["backups"]
    assert [one["id"] for one in there][1:] == [kept, made["id"]], "what was there before stands in another one"


def test_a_backup_goes_into_an_empty_database_and_into_no_other(
    run: Callable[..., Result], target: Target, tmp_path: Path
) -> None:
    _made(target, tmp_path)
    run("apply", "--auto-approve").ok()
    _filled(target)
    run("backup", "create", "--compress").ok()
    refused = run("backup", "restore", "latest", "--into", target.url).ok(1)
    assert "is not empty" in refused.err
    with fresh(target.server, tmp_path) as other:
        run("backup", "restore", "latest", "--into", other.url).ok()
        assert _contents(other) == _contents(target)
    part = next(path for path in tmp_path.glob("kept/b_*/*") if path.suffix not in (".json",))
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    tried = json.loads(run("backup", "verify", "--json").ok(1).out)
    assert tried["result"]["status"] == "failed"
    assert "damaged" in tried["result"]["differences"][0]
    assert "damaged" in run("backup", "restore", "latest", "--auto-approve").ok(1).err


def test_a_backup_is_made_before_an_apply_as_the_environment_wants_it(reconcile: Reconcile, tmp_path: Path) -> None:
    def apply(before: str, columns: str, *words: str) -> str:
        said = f", backup: {{{before}to: kept}}" if before else ""
        (tmp_path / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: shop\nspecs: [s.yaml]\nenvironments: {{live: {{url: 'sqlite:///x.db'{said}}}}}\n"
        )
        (tmp_path / "s.yaml").write_text(f"table: t\ncolumns: {{id: {{type: int, primary_key: true}}{columns}}}\n")
        done = reconcile("apply", "-e", "live", "--auto-approve", "--allow", "*", "--json", *words)
        return str(json.loads(done.ok().out)["result"]["applied"].get("backup", ""))

    a, b, c = (f", {name}: {{type: text}}" for name in "abc")
    assert apply("before: risky, ", a + b) == "", "nothing is lost by it"
    assert apply("before: risky, ", a), "a column goes"
    assert apply("before: always, ", a + b)
    assert apply("before: always, ", a + b + c, "--no-backup") == ""
    assert apply("before: never, ", a + b) == ""
    assert apply("", a) == "", "unless somebody says so there is none"
    kept = sorted((tmp_path / "kept").glob("b_*"))
    assert len(kept) == 2
    # Seven days unless somebody says otherwise, and the newest stays.
    for folder, day in zip(kept, ("2020-01-01", "2020-01-02"), strict=True):
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "created_at": f"{day}T00:00:00+00:00"}))
    reconcile("backup", "prune", "-e", "live", "--to", "kept", "--dry-run").ok()
    assert sorted((tmp_path / "kept").glob("b_*")) == kept
    reconcile("backup", "prune", "-e", "live", "--to", "kept").ok()
    assert sorted((tmp_path / "kept").glob("b_*")) == kept[1:]
    runs = json.loads(reconcile("history", "-e", "live", "--json").ok().out)["result"]["runs"]
    assert [bool(run.get("backup")) for run in runs] == [False, False, False, True, True, False]


def test_a_missing_program_is_found_before_the_first_step(reconcile: Reconcile, target: Target, tmp_path: Path) -> None:
    _made(target, tmp_path)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    env = {"SHOP_URL": target.url, "RECONCILE_TOOLS": str(nothing), "PATH": str(nothing)}
    if target.dialect in ("sqlite", "d1"):  # which take none
        reconcile("apply", "--backup", "--auto-approve", env=env).ok()
        return
    told = reconcile("apply", "--backup", "--auto-approve", env=env).ok(1).err
    assert "is needed" in told
    assert "RECONCILE_TOOLS" in told
    assert "makers" not in target.observe()
