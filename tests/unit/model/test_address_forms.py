"""Addresses that are read on the short way come out as on the long one."""

from __future__ import annotations

import pytest

from reconciler.model import ref as refs
from reconciler.model.ref import Ref

WORDS = [
    "table.orders", "table.orders.column.status", "table.app.orders", "table.app.orders.column.status", "table.column",
    "table.orders.primary_key", 'table."Orders".column.status', "table.orders.column.index", "table.orders.trigger.t",
    "table.ord$ers.column.a", "view.x.index.y", "table.a.b.c", "table..column.a", "column", "", "table.orders.",
    "table.or ders", "table.Ä", "index.a.column.b", "table.orders.primary_key.x",
]  # fmt: skip


@pytest.mark.parametrize("address", WORDS)
def test_both_ways_agree(address: str) -> None:
    short = refs._plainly(address)
    if short is not None:
        assert short == refs._parse(address)
        assert str(short) == address


def test_the_commonest_forms_take_the_short_way() -> None:
    assert refs._plainly("table.orders.column.status") == Ref.root("table", "orders").child("column", "status")
    assert refs._plainly("table.orders") == Ref.root("table", "orders")
