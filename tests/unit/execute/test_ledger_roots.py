"""Which root an address of the ledger belongs to, as it is written."""

from __future__ import annotations

import pytest

from reconciler.execute.ledger import _root, outside
from reconciler.model.ref import Ref

NAMES = ("orders", "app", "column", "table", "a.b", "a b", 'a"b', "primary_key", "Ä", "x.column.y")
ROOTS = [Ref.root("table", name, schema) for name in NAMES for schema in ("", *NAMES)]


@pytest.mark.parametrize("root", ROOTS, ids=str)
def test_an_address_is_of_its_own_root(root: Ref) -> None:
    held = [root, root.child("column", "c"), root.child("column", "a.b"), root.child("primary_key")]
    held.append(root.child("index", "i").child("column", "x"))
    assert {_root(str(ref)) for ref in held} == {str(root)}


def test_plain_addresses_are_found() -> None:
    assert _root("table.orders.column.status") == "table.orders"
    assert _root("table.app.orders.column.status") == "table.app.orders"
    assert _root("table.app.orders") == "table.app.orders"
    assert _root("view.v") == "view.v"
    assert _root("table.orders.primary_key") == "table.orders"


@pytest.mark.parametrize("root", ROOTS, ids=str)
def test_it_is_in_that_root_and_in_no_other(root: Ref) -> None:
    others = {str(other) for other in ROOTS if other != root}
    for ref in (root, root.child("column", "c"), root.child("column", "a.b"), root.child("primary_key")):
        assert not outside({str(ref)}, {str(root)})
        assert outside({str(ref)}, others) == {str(ref)}
