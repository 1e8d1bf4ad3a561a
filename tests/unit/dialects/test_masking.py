"""Which columns of a query's result may hold what is sensitive: followed by name, and in doubt all of them."""

from __future__ import annotations

import pytest

from reconciler.dialects.masking import masks
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql

USERS, ORDERS = Ref.root(Kind.TABLE, "users"), Ref.root(Kind.TABLE, "orders")


def _column(table: Ref, name: str, *, sensitive: bool = False) -> Column:
    return Column(ref=table.child(Kind.COLUMN, name), type=Type("text"), sensitive=sensitive)


def _view(name: str, query: str) -> View:
    return View(ref=Ref.root(Kind.VIEW, name), query=Sql(query, "postgres"))


MODEL = Model([
    Table(ref=USERS), _column(USERS, "id"), _column(USERS, "secret", sensitive=True), _column(USERS, "note"),
    Table(ref=ORDERS), _column(ORDERS, "id"), _column(ORDERS, "total"),
    _view("open", "select id, secret as inner_name from users"),
    _view("wide", "select * from users"),
    _view("blind", "select id, upper(secret) from users"),
])  # fmt: skip


def masked(query: str, *columns: str) -> list[bool]:
    return list(masks(query, columns, MODEL, "postgres"))


@pytest.mark.parametrize(
    ("query", "columns", "expected"),
    [
        ("select id, secret from users", "id secret", "01"),
        ("select id, note from users where secret = 'x'", "id note", "00"),
        ("select * from users", "id secret note", "010"),
        ("select u.*, o.total from users u, orders o", "id secret note total", "0100"),
        ("select id, total from orders", "id total", "00"),
        ("select secret as a, note as b from users", "a b", "10"),
        ("select upper(secret) as a, count(*) as n from users group by 1", "a n", "10"),
        ("select x.a as b from (select secret as a from users) x", "b", "1"),
        ("select a from (select id, secret from users) as x(n, a)", "a", "1"),
        ("with x as (select secret as a, id from users), y as (select a as b, id from x) select b, id from y",
         "b id", "10"),
        ("with x(p, q) as (select id, secret from users) select p, q from x", "p q", "11"),
        ("with users as (select * from users) select secret as s from users", "s", "1"),
        ("select note from users union all select secret from users", "note", "1"),
        ("select u as whole from users u", "whole", "1"),
        ("select inner_name as x, id from open", "x id", "10"),
        ("select secret from wide", "secret", "1"),
        ("select id from blind", "id", "1"),  # what the view calls its second column nobody knows
        ("select id, upper(secret) from users", "id upper", "11"),
        ("select id from elsewhere", "id", "1"),
        ("select id, made_by_hand(id) as x from orders", "id x", "01"),
        ("select v, o.id from users, orders o, unnest(string_to_array(secret, 'x')) as t(v)", "v id", "11"),
        ("select id, (select max(secret) from users) as top from orders", "id top", "01"),
        ("select * from (select secret, secret from users) x", "secret secret:1", "11"),
        ("select SECRET from USERS", "secret", "1"),
        ("this cannot be read (", "id", "1"),
    ],
)  # fmt: skip
def test_what_is_masked(query: str, columns: str, expected: str) -> None:
    assert masked(query, *columns.split()) == [mark == "1" for mark in expected]


def test_without_anything_sensitive_nothing_is_masked() -> None:
    plain = Model([Table(ref=ORDERS), _column(ORDERS, "id")])
    assert masks("select what(id) from elsewhere", ("a",), plain, "sqlite") == (False,)
