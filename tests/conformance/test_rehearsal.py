"""A plan is tried on a copy without rows, on every dialect: what goes well is told, what does not stops an apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from reconciler.model.names import helper_name
from tests.process import Reconcile
from tests.target import Target

BEFORE = """
table: customers
columns: {id: {type: bigint, primary_key: true}, name: {type: varchar(20), not_null: true}}
---
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, not_null: true, references: customers.id}
  total: {type: int, not_null: true}
  state: {type: varchar(10)}
primary_key: [id]
indexes: {orders_state_idx: [state]}
---
view: totals
query: select customer_id, total from orders
"""
AFTER = """
table: customers
columns: {id: {type: bigint, primary_key: true}, name: {type: varchar(40), not_null: true}}
---
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, not_null: true, references: customers.id, on_delete: cascade}
  total: {type: int, not_null: true}
  status: {type: varchar(10), renamed_from: state}
primary_key: [id]
indexes: {orders_state_idx: [status]}
checks: {orders_total_positive: total >= 0}
---
view: totals
query: select customer_id, total from orders where total > 0
"""
WRONG = "\n---\ntable: wrong\ncolumns: {a: {type: int}}\nchecks: {wrong_a: nowhere(a) > 0}\n"


@pytest.fixture
def project(target: Target, tmp_path: Path, reconcile: Reconcile) -> Path:
    """A database with rows, and specs that change much of it."""
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', policy: {{approve: never}}}}}}\n"
    )
    (tmp_path / "s.yaml").write_text(BEFORE)
    reconcile("apply", "--no-rehearse").ok()
    target.execute("insert into customers values (1, 'a'); create table tmp_x (a int)")
    (tmp_path / "s.yaml").write_text(AFTER)
    return tmp_path


def planned(reconcile: Reconcile, *words: str, code: int = 0) -> Any:
    return json.loads(reconcile("plan", *words, "--json").ok(code).out)


def test_a_plan_is_tried_on_a_copy(target: Target, project: Path, reconcile: Reconcile) -> None:
    before = target.observe()
    found = planned(reconcile, "--rehearse")["result"]
    assert found["rehearsal"]["status"] == "passed"
    assert found["rehearsal"]["statements"] == found["summary"]["statements"] > 0
    assert "on a copy without rows" in reconcile("plan", "--rehearse").ok().out
    by_itself = planned(reconcile)["result"]["rehearsal"]
    assert (by_itself is not None) == (target.dialect in ("sqlite", "d1"))
    assert target.observe() == before

    # What a killed run left behind is in nobody's way, and goes.
    leave_behind(target)
    # Copies have no rows, so that what rows would refuse is not found out; what the database refuses is.
    (project / "s.yaml").write_text(AFTER + WRONG)
    failed = reconcile("apply", "--rehearse", "--allow", "*", "--json").ok(1)
    (problem,) = json.loads(failed.out)["diagnostics"]
    assert problem["code"] == "RUN024"
    assert "table.wrong" in problem["summary"]
    assert "nowhere" in problem["summary"]
    assert target.observe() == before
    assert helpers(target) == []

    (project / "s.yaml").write_text(AFTER)
    done = json.loads(reconcile("apply", "--rehearse", "--allow", "*", "--json").ok().out)["result"]
    assert done["plan"]["rehearsal"]["status"] == "passed"
    assert planned(reconcile)["result"]["changes"] == []


def test_whoever_may_make_no_database_is_told_the_remedy(target: Target, project: Path, reconcile: Reconcile) -> None:
    if target.dialect in ("sqlite", "d1"):
        assert planned(reconcile, "--rehearse")["result"]["rehearsal"]["message"] == ""
        return
    account, url = powerless(target)
    try:
        told = reconcile("plan", "--rehearse", "--url", url).ok(1)
        assert "that takes the right to make a database" in told.err
        remedy = "CREATEDB" if target.dialect == "postgres" else "GRANT ALL ON `__rc_"
        assert remedy in told.err
        assert reconcile("plan", "--url", url).ok().code == 0
    finally:
        target.execute(f"drop owned by {account}; drop role {account}" if target.dialect == "postgres"
                       else f"drop user {account}")  # fmt: skip


def powerless(target: Target) -> tuple[str, str]:
    """Make somebody who may do anything to this database, and make no other one."""
    database, name = make_url(target.url).database, f"rc_{make_url(target.url).database}"[:30]
    if target.dialect == "postgres":
        target.execute(f"create role {name} login password 'x'; grant all on all tables in schema public to {name}")
    else:
        target.execute(f"create user {name} identified by 'x'; grant all on {database}.* to {name}")
    url = make_url(target.url).set(username=name, password="x")
    return name, url.render_as_string(hide_password=False)


def leave_behind(target: Target) -> None:
    if target.dialect in ("postgres", "mysql", "mariadb"):
        name = helper_name(str(make_url(target.url).database), "rehearsal")
        target.execute(f"create database {target.quoted(name)}")


def helpers(target: Target) -> list[Any]:
    """Return what is left of our databases for rehearsals of this one."""
    name = helper_name(str(make_url(target.url).database), "rehearsal")
    asked = {
        "postgres": f"select 1 from pg_database where datname = '{name}'",
        "mysql": f"select 1 from information_schema.schemata where schema_name = '{name}'",
    }
    query = asked.get({"mariadb": "mysql"}.get(target.dialect, target.dialect))
    return list(target.query(query)) if query else []
