"""Drift is settled in three ways on every dialect: the specs follow the database, it follows them, or it is noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.process import Reconcile
from tests.target import Target

CUSTOMERS = """\
# Who buys.
table: customers
columns:
  id: {type: bigint, primary_key: true}  # never reused
"""
ORDERS = """\
# What they buy.
table: orders

columns:
  id: {type: bigint, primary_key: true}
  # in cents
  total: {type: int, not_null: true}   # never null
  note:  {type: varchar(20)}
indexes:
  # for support
  orders_note_idx: [note]
---
view: totals
query: select id, total from orders
"""
# By hand: a column and its index gone, a column, an index and two tables more, a column that may be null.
DRIFTED = """
drop index orders_note_idx{on};
alter table orders drop column note;
alter table orders add column extra varchar(10) default 'x';
create index dbg on orders (extra);
create table regions (code char(2) not null primary key);
create table tmp_x (a int);
"""


@pytest.fixture
def drifted(target: Target, tmp_path: Path, reconcile: Reconcile) -> Target:
    """A database that was as declared until somebody worked on it by hand."""
    (tmp_path / "reconcile.yaml").write_text(
        f"# ours\nreconcile: 1\nproject: p\nenvironments:\n  here: {{url: '{target.url}'}}  # the one\n"
    )
    (tmp_path / "customers.yaml").write_text(CUSTOMERS)
    (tmp_path / "orders.yaml").write_text(ORDERS)
    reconcile("apply", "--auto-approve").ok()
    on = " on orders" if target.dialect in ("mysql", "mariadb") else ""
    target.execute(DRIFTED.format(on=on))
    return target


def result(reconcile: Reconcile, *words: str, code: int = 0) -> Any:
    return json.loads(reconcile(*words, "--json").ok(code).out)["result"]


def test_drift_is_settled_in_three_ways(drifted: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    accepted(tmp_path, reconcile)
    ignored(tmp_path / "reconcile.yaml", reconcile)
    # The database follows, where it is allowed to, and nowhere else.
    drifted.execute("create table other (a int)")
    (tmp_path / "rows.yaml").write_text("data: regions\nkey: [code]\nmode: upsert\nrows: [{code: EU}]\n")
    refused = reconcile("drift", "revert", "table.orders.index.dbg", "--auto-approve")
    assert (refused.code, "DS105:table.orders.index.dbg" in refused.err) == (3, True)
    reconcile("drift", "revert", "table.orders.index.dbg", "--auto-approve", "--allow", "DS105").ok()
    assert "dbg" not in drifted.observe()
    assert "other" in drifted.observe()
    assert drifted.query("select * from regions") == []
    (tmp_path / "rows.yaml").unlink()
    drifted.execute("drop table other")
    assert result(reconcile, "check")["drift"] == []
    assert "tmp_x" in drifted.observe()
    assert reconcile("apply", "--auto-approve").ok().code == 0


def accepted(folder: Path, reconcile: Reconcile) -> None:
    orders = folder / "orders.yaml"
    before = orders.read_text()
    shown = result(reconcile, "drift", "accept", "table.orders", "--dry-run")
    assert (shown["saved"], orders.read_text()) == (False, before)
    assert {(one["address"], one["finding"]) for one in shown["settled"]} >= {
        ("table.orders.column.note", "missing"), ("table.orders.column.extra", "undeclared"),
    }  # fmt: skip
    note = next(one for one in shown["settled"] if one["address"] == "table.orders.column.note")
    assert (note["source"]["file"], note["source"]["line"]) == ("orders.yaml", 8)

    # The specs follow: only what differs is edited, and a new table has a file of its own.
    said = reconcile("drift", "accept", "table.orders.column.note", "table.orders.column.extra", "table.regions").ok()
    assert "-  note:  {type: varchar(20)}" in said.out.splitlines()
    kept = [line for line in before.splitlines() if "note" not in line and line not in ("indexes:", "  # for support")]
    after = orders.read_text().splitlines()
    assert [line for line in after if "extra" not in line] == kept
    (edited,) = (line for line in after if "extra" in line)
    assert "varchar(10)" in edited.lower()
    assert "default" in edited
    assert "table: regions" in (folder / "tables" / "regions.yaml").read_text()
    assert result(reconcile, "plan")["changes"] == []
    assert reconcile("drift", "accept", "table.orders.column.note").code == 64


def ignored(project: Path, reconcile: Reconcile) -> None:
    # It is noted: told, with its reason, and nothing fails for it, whatever the policy says of what is undeclared.
    reconcile("drift", "ignore", "table.tmp_x", "--reason", "until Friday").ok()
    text = project.read_text()
    assert text.startswith("# ours\n")
    assert "# the one" in text
    project.write_text(text.replace("      ignore:", "      undeclared: error\n      ignore:"))
    checked = result(reconcile, "check", code=2)
    assert [one["address"] for one in checked["drift"]] == ["table.orders.index.dbg"]
    assert checked["ignored"] == [{"address": "table.tmp_x", "reason": "until Friday"}]


def test_what_is_declared_is_reverted_and_ignored_too(drifted: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    # What needs what is ignored is left with it.
    reconcile("drift", "ignore", "table.orders.column.note").ok()
    planned = result(reconcile, "plan")
    assert planned["changes"] == []
    assert {one["address"] for one in planned["ignored"]} == {
        "table.orders.column.note", "table.orders.index.orders_note_idx",
    }  # fmt: skip
    reconcile("apply", "--auto-approve").ok()
    # Chosen by its address it comes back, with what it rests on, and nothing else does.
    drifted.execute("drop table customers")
    reconcile("drift", "revert", "table.orders.index.orders_note_idx", "--auto-approve").ok()
    assert [one["address"] for one in result(reconcile, "plan")["changes"] if one["inside"] is None] == [
        "table.customers"
    ]
    assert "where nothing differs" in reconcile("plan").ok().out
    # A table that was dropped by hand is not declared any more; its file goes with it.
    reconcile("drift", "accept", "table.customers").ok()
    assert not (tmp_path / "customers.yaml").exists()
    assert result(reconcile, "plan")["changes"] == []
