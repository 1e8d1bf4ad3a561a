"""A part of a database is imported by globs over addresses, with what it rests on, and the specs hold together."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import UsageError
from tests.target import Target

SHOP = """
create table customers (id int not null primary key, name varchar(20));
create table orders (id int not null primary key, customer_id int,
  constraint orders_fk foreign key (customer_id) references customers (id));
create table invoices (id int not null primary key);
create view open_orders as select id, customer_id from orders where id > 0;
"""


def imported(target: Target, out: Path, *, select: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> set[str]:
    done = workflow.import_(workflow.Request(directory=out, url=target.url), out, select, exclude)
    # What is imported holds together, and nothing is to be planned.
    assert workflow.plan(workflow.Request(directory=out, url=target.url)).planned.plan.empty
    return {path.stem for path in done.written if path.name != "reconcile.yaml"}


def test_parts_come_with_what_they_rest_on(target: Target, tmp_path: Path) -> None:
    target.execute(SHOP)
    assert imported(target, tmp_path / "a", select=("table.ord*",)) == {"orders", "customers"}
    assert imported(target, tmp_path / "b", select=("view.*",)) == {"open_orders", "orders", "customers"}
    assert imported(target, tmp_path / "c", exclude=("view.*", "table.inv*")) == {"orders", "customers"}
    # The rest is added beside what is there.
    assert imported(target, tmp_path / "a", select=("table.invoices",)) == {"invoices"}
    with pytest.raises(UsageError, match="orderz"):
        imported(target, tmp_path / "d", select=("table.orderz",))


def test_a_key_to_what_is_left_out_is_told(target: Target, tmp_path: Path) -> None:
    target.execute(SHOP)
    request = workflow.Request(directory=tmp_path, url=target.url)
    done = workflow.import_(request, tmp_path / "out", ("table.orders",), ("table.customers",))
    assert {path.stem for path in done.written} == {"orders", "reconcile"}
    assert any("orders_fk" in line and "table.customers" in line for line in done.unmodelled)


def test_files_are_told_from_where_one_stands_each_time(
    sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.execute(SHOP)
    monkeypatch.chdir(tmp_path)
    request = workflow.Request(directory=Path(), url=sqlite.url)
    first = workflow.import_(request, Path("out"), ("table.customers",)).written
    again = workflow.import_(request, Path("out"), ("table.invoices",)).written
    assert [*map(str, first)] == ["out/reconcile.yaml", "out/tables/customers.yaml"]
    assert [*map(str, again)] == ["out/tables/invoices.yaml"]
