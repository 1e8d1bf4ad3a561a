"""`-o sql` on MySQL and MariaDB: the client does what apply would, a second time nothing, and a stranger stops it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler import PlanError, dialects, workflow
from reconciler.dialects.script import Order
from reconciler.model.change import Change, Create, Drop, Rename
from reconciler.model.model import Model
from reconciler.model.objects import Table
from reconciler.model.ref import Ref
from reconciler.plan.policy import Allowance
from reconciler.plan.rules import States
from reconciler.report.sql import plan_sql
from tests.conformance.driver import Project
from tests.scripting import run_script
from tests.target import Target, fresh
from tests.unit.report.made import made, step

BEFORE = """
create table customers (
    id bigint primary key auto_increment, mail varchar(100), fax text, n int not null, unique key mail_key (mail));
create table orders (id bigint primary key, customer_id bigint, total decimal(10,2), state varchar(9) default 'a',
    constraint bought_customer_id_fkey foreign key (customer_id) references customers (id),
    constraint plus check (customer_id > 0));
create table legacy (id bigint primary key);
insert into customers (mail, n) values ('a''b', 1), ('c', 2);
insert into orders (id, customer_id, total) values (1, 1, 5), (2, 1, 25);
create view big as select id from orders where total > 10;
create trigger gone before insert on orders for each row set new.total = coalesce(new.total, 0);
create trigger told before insert on customers for each row set new.n = coalesce(new.n, 0);
create procedure old_p() select 1;
create procedure same_p() select 1;
create event ev on schedule every 1 day do delete from orders where total = 1;
"""
SPECS = (
    """table: customers
columns:
  id: {type: bigint, identity: true}
  email: {type: varchar(100), renamed_from: mail, comment: "it's; -- `mail` \\\\ //"}
  n: {type: bigint, not_null: true, default: 5}
  kind: {type: varchar(20), default: "it's; \\\\ $$ `x`"}
primary_key: [id]
checks: {n_positive: n >= 0}
unique: {mail_key: [email]}
removed: {column.fax: {reason: nobody}}
triggers:
  told: {timing: before, events: [insert], body: "BEGIN SET new.n = coalesce(new.n, 7); SET new.kind = ';;//'; END"}
""",
    """table: bought
renamed_from: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, references: customers.id, on_delete: cascade}
  total: {type: "decimal(12,2)", not_null: true, default: 0}
  state: {type: varchar(9), default: event}
  placed: {type: timestamp}
primary_key: [id]
checks: {plus: customer_id > 1 or customer_id = 1}
indexes: {placed_ix: [placed]}
removed: {trigger.gone: {reason: nobody}}
""",
    "table: added\ncolumns: {id: {type: bigint, identity: true}, note: {type: text}}\nprimary_key: [id]\n",
    "view: big\nquery: select id, total, state as event from bought where total > 20\n",
    "removed: table.legacy\nreason: moved\n",
    "removed: procedure.old_p\nreason: moved\n",
    "procedure: same_p\nbody: BEGIN DECLARE x int; SET x = 2; SELECT x; END\n",
    "procedure: added_p\narguments: {p_n: int}\nbody: BEGIN DECLARE x int; SET x = p_n; SELECT x; END\n",
    "event: ev\nevery: 2 hour\nbody: delete from bought where total = 2\n",
)
ROWS = "data: lands\nkey: [code]\nrows:\n  - {code: DE, name: Germany}\n  - {code: FR, name: France}\n"


def script_of(project: Project) -> str:
    """Return the script of what the project declares."""
    return plan_sql(workflow.plan(project.request, given=[Allowance("*")]))


def told(target: Target) -> tuple[str, list[tuple[object, ...]]]:
    """Return what a database is, and its rows."""
    return target.observe(), [row for name in ("customers", "bought") for row in target.query(f"select * from {name}")]


def parts(script: str) -> list[int]:
    """Return where each step of a script begins."""
    return [match.start() for match in re.finditer(r"^-- \d+\. ", script, re.MULTILINE)]


def test_a_script_goes_on_where_it_was_stopped_and_then_does_nothing(my: Target, tmp_path: Path) -> None:
    my.execute(BEFORE)
    project = Project(tmp_path, my)
    project.plan(*SPECS)
    script = script_of(project)
    run_script(my, script[: parts(script)[2]]).ok()
    late = run_script(my, script)  # the rows are asked before the renames, under the old names
    assert late.code != 0
    assert "plan again" in late.out
    script = script_of(project)
    for cut in parts(script)[2::4]:
        run_script(my, script[:cut]).ok()
    assert "the database matches plan" in run_script(my, script).ok().out
    held = told(my)
    assert "the database matches plan" in run_script(my, script).ok().out
    assert told(my) == held
    assert workflow.plan(project.request).planned.plan.empty
    assert my.query("select id, email, n from customers") == [(1, "a'b", 1), (2, "c", 2)]


def test_all_at_once_and_twice(my: Target, tmp_path: Path) -> None:
    my.execute(BEFORE)
    project = Project(tmp_path, my)
    project.plan(*SPECS)
    script = script_of(project)
    assert "the database matches plan" in run_script(my, script).ok().out
    held = told(my)
    assert "the database matches plan" in run_script(my, script).ok().out
    assert told(my) == held
    assert workflow.plan(project.request).planned.plan.empty


def test_a_stranger_a_row_and_another_flavor_stop_it(my: Target, tmp_path: Path) -> None:
    my.execute(BEFORE)
    project = Project(tmp_path, my)
    project.plan(*SPECS)
    script = script_of(project)
    my.execute("update customers set n = -1 where id = 1")
    held = my.observe()
    contradicted = run_script(my, script)
    assert contradicted.code != 0
    assert "rows that violate the check: 1" in contradicted.out
    assert my.observe() == held
    my.execute("update customers set n = 1 where id = 1; create table bought (x int)")
    held = my.observe()
    stranger = run_script(my, script)
    assert (stranger.code != 0, my.observe()) == (True, held)
    assert "step 1: neither as before nor as planned, plan again: table.bought" in stranger.out
    other = "mariadb" if my.dialect == "mysql" else "mysql"
    with fresh(other, tmp_path / "project") as elsewhere:
        refused = run_script(elsewhere, script)
        assert refused.code != 0
        assert f"this script was written for {my.dialect}" in refused.out


def test_rows_are_put_in_once_and_never_over_others(my: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, my)
    table = "table: lands\ncolumns: {code: {type: char(2), primary_key: true}, name: {type: varchar(20)}}\n"
    project.apply(f"{table}unique: {{lands_name_key: [name]}}\n")
    project.plan(f"{table}unique: {{lands_name_key: [name]}}\n", ROWS)
    script = script_of(project)
    run_script(my, script).ok()
    run_script(my, script).ok()
    assert my.query("select code, name from lands order by 1") == [("DE", "Germany"), ("FR", "France")]
    my.execute("update lands set code = 'XX' where name = 'France'")
    assert run_script(my, script).code != 0
    assert my.query("select code, name from lands order by 1") == [("DE", "Germany"), ("XX", "France")]


def test_what_cannot_be_done_twice_is_refused(my: Target, tmp_path: Path) -> None:
    my.execute("create event e on schedule every 1 day do select 1")
    project = Project(tmp_path, my)
    project.plan("event: later\nrenamed_from: e\nevery: 1 day\nbody: select 1\n")
    with pytest.raises(PlanError) as caught:
        script_of(project)
    assert [(one.code, one.address) for one in caught.value.problems()] == [("RUN042", "event.later")]


def test_a_name_that_passes_from_one_object_to_another_is_refused() -> None:
    was, now = (Table(ref=Ref.root("table", name)) for name in ("a", "b"))
    states = States(old=Model([was]), new=Model([now]), live=lambda ref: was.ref if ref == now.ref else ref)
    cases: list[list[Change]] = [[Rename(was, now), Create(was)], [Drop(now), Rename(was, now)]]
    for changes in cases:
        plan = made(*(step(change, sql=["SELECT 1"]) for change in changes)).planned.plan
        with pytest.raises(PlanError, match="one object leaves this name, and another takes it"):
            dialects.dialect("mysql").script(Order(plan=plan, states=states))
