"""What documents declare: every field of every kind, positions, variables, implicit names."""

from __future__ import annotations

from decimal import Decimal

from reconciler import spec
from reconciler.model.objects import Check, Column, Enum, ForeignKey, Index, PrimaryKey, Table, Unique, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Deferrable, Generated, Identity, IndexPart, Literal, Sql
from reconciler.spec.scalars import Scalar
from tests.unit.spec.lowered import column, get, lower

ORDERS = """
table: orders
comment: One row per order.
columns:
  id:          {type: bigint, identity: {always: true, start: 100}}
  customer_id: {type: bigint, not_null: true, references: customers.id, on_delete: restrict}
  status:      {type: enum(order_status), not_null: true, default: new, renamed_from: state}
  total:       {type: "decimal(12,2)", default: 0.50}
  label:       {type: text, generated: {sql: "status || ':'", stored: false}}
primary_key: [id]
unique:      {orders_key: [customer_id, total]}
indexes:
  orders_status_idx: [status, total desc nulls last]
  orders_open_idx: {columns: [{sql: lower(label), opclass: text_ops}], where: total > 0, include: [id], unique: true}
foreign_keys:
  orders_fk: {columns: [id], references: customers(id), on_update: no action, deferrable: deferred}
checks:      {orders_total: total >= 0}
options:     {sqlite: {strict: true, without_rowid: false}}
protect: true
---
table: customers
columns: {id: {type: bigint, primary_key: true}}
---
enum: order_status
values: [new, paid]
---
view: open_orders
columns: [id]
query: |
  select id from orders
---
removed: table.legacy
reason: nobody reads it
"""


def test_a_whole_table() -> None:
    desired = lower(ORDERS)
    table = Ref.root("table", "orders")
    assert desired.model[table] == Table(ref=table, comment="One row per order.")
    assert desired.model.get_as(table, Table).protect is True
    assert desired.renames == {table.child("column", "status"): table.child("column", "state")}
    assert desired.removed == {Ref.root("table", "legacy"): "nobody reads it"}
    assert desired.unnamed == {
        table.child("primary_key"),
        Ref.root("table", "customers").child("primary_key"),
        table.child("foreign_key", "orders_customer_id_fkey"),
    }


def test_its_columns() -> None:
    desired = lower(ORDERS)
    table = Ref.root("table", "orders")
    assert get(desired, "table.orders.column.id") == Column(
        ref=table.child("column", "id"), type=Type("bigint"), not_null=True, identity=Identity(True, 100)
    )
    assert get(desired, "table.orders.column.status") == Column(
        ref=table.child("column", "status"), type=Type("enum", ("order_status",)), not_null=True,
        default=Literal("new"),
    )  # fmt: skip
    assert get(desired, "table.orders.column.total") == Column(
        ref=table.child("column", "total"), type=Type("decimal", ("12", "2")), default=Literal(Decimal("0.50"))
    )
    label = desired.model.get_as(table.child("column", "label"), Column)
    assert label.generated == Generated(Sql("status || ':'"), False)


def test_its_keys_and_checks() -> None:
    desired = lower(ORDERS)
    table, model = Ref.root("table", "orders"), desired.model
    assert model[table.child("primary_key")] == PrimaryKey(ref=table.child("primary_key"), columns=("id",))
    assert get(desired, "table.orders.unique.orders_key") == Unique(
        ref=table.child("unique", "orders_key"), columns=("customer_id", "total")
    )
    key = model.get_as(table.child("foreign_key", "orders_customer_id_fkey"), ForeignKey)
    assert (key.columns, key.target, key.target_columns) == (("customer_id",), Ref.root("table", "customers"), ("id",))
    assert (key.on_delete, key.deferrable) == (Action.RESTRICT, Deferrable.NO)
    assert model.get_as(table.child("foreign_key", "orders_fk"), ForeignKey).deferrable is Deferrable.DEFERRED
    assert model.get_as(table.child("check", "orders_total"), Check).expression == Sql("total >= 0")


def test_its_indexes() -> None:
    desired = lower(ORDERS)
    table = Ref.root("table", "orders")
    assert desired.model.get_as(table.child("index", "orders_status_idx"), Index).parts == (
        IndexPart(column="status"),
        IndexPart(column="total", descending=True, nulls_first=False),
    )
    assert get(desired, "table.orders.index.orders_open_idx") == Index(
        ref=table.child("index", "orders_open_idx"),
        parts=(IndexPart(expression=Sql("lower(label)"), opclass="text_ops"),),
        where=Sql("total > 0"),
        include=("id",),
        unique=True,
    )


def test_an_enum_and_a_view() -> None:
    desired = lower(ORDERS)
    assert get(desired, "enum.order_status") == Enum(ref=Ref.root("enum", "order_status"), values=("new", "paid"))
    view = desired.model.get_as(Ref.root("view", "open_orders"), View)
    assert (view.query, view.columns) == (Sql("select id from orders"), ("id",))


def test_positions_of_objects_and_their_fields() -> None:
    desired = lower(ORDERS)
    table = Ref.root("table", "orders")
    expected = {
        (table, ""): "2:8",
        (table, "comment"): "3:10",
        (table.child("column", "status"), ""): "7:3",
        (table.child("column", "status"), "type"): "7:23",
        (table.child("column", "status"), "default"): "7:68",
        (table.child("column", "status"), "renamed_from"): "7:87",
        (table.child("column", "status"), "collation"): "7:3",
        (table.child("primary_key"), ""): "10:1",
        (table.child("primary_key"), "columns"): "10:14",
        (table.child("unique", "orders_key"), "columns"): "11:27",
        (table.child("index", "orders_status_idx"), "parts"): "13:22",
        (table.child("index", "orders_open_idx"), "parts.0"): "14:30",
        (table.child("index", "orders_open_idx"), "where"): "14:79",
        (table.child("foreign_key", "orders_customer_id_fkey"), "on_delete"): "6:84",
        (table.child("foreign_key", "orders_fk"), "target"): "16:42",
        (table.child("check", "orders_total"), "expression"): "17:29",
        (Ref.root("view", "open_orders"), "query"): "29:8",
        (Ref.root("table", "legacy"), ""): "32:10",
        (table.child("index", "gone"), "where"): "2:8",
    }
    found = {key: str(desired.position(*key)) for key in expected}
    assert found == {key: f"a.yaml:{place}" for key, place in expected.items()}
    assert (table, "comment") in desired.positions
    assert len(list(desired.positions)) == len(desired.positions)


def test_yaml_1_2_scalars() -> None:
    text = "{on: 1, no: 0x1F, y: 12:30:45, d: 2020-01-01, u: 1_000, o: 0o17, t: True, f: 1.50, e: 1e3, n: ~, q: '5'}"
    columns = "\n".join(
        f"  {pair.split(': ', 1)[0]}: {{type: text, default: {pair.split(': ', 1)[1]}}}"
        for pair in text.strip("{}").split(", ")
    )
    desired = lower(f"table: t\ncolumns:\n{columns}\n")
    found = {c.ref.name: c.default for c in desired.model.children(Ref.root("table", "t"), Column)}
    values = {name: default.value for name, default in found.items() if isinstance(default, Literal)}
    assert values == {
        "on": 1, "no": 31, "y": "12:30:45", "d": "2020-01-01", "u": "1_000", "o": 15, "t": True, "f": Decimal("1.5"),
        "e": Decimal(1000), "q": "5",
    }  # fmt: skip
    assert str(values["f"]) == "1.50"
    assert found["n"] is None


def test_variables() -> None:
    values: dict[str, Scalar] = {"n": 1000, "s": "x", "b": True, "d": Decimal("1.50")}
    assert column('{type: int, default: "${var.n}"}', variables=values).default == Literal(1000)
    assert column('{type: text, default: "${var.s}-${var.n}-${var.d}-${var.b}"}', variables=values).default == Literal(
        "x-1000-1.50-true"
    )
    assert column('{type: text, default: "$${var.s}"}', variables=values).default == Literal("${var.s}")
    assert column('{type: int, default: {sql: "${var.n} + 1"}}', variables=values).default == Sql("1000 + 1")
    assert column('{type: int, comment: "${var.s}!"}', variables=values).comment == "x!"


def test_variables_come_from_three_places() -> None:
    environ = {"RECONCILE_VAR_B": "2", "RECONCILE_VAR_new": "x", "OTHER": "y"}
    found = spec.gathered({"a": 1, "b": 1, "c": 1}, environ, {"c": "3", "t": "no"})
    assert found == {"a": 1, "b": 2, "c": 3, "new": "x", "t": "no"}


def test_unnamed_things_get_implicit_names() -> None:
    text = """
table: t
columns: {id: {type: int, unique: true}, a: {type: int}, b: {type: text}}
primary_key: [id]
unique: [[a, b]]
indexes: [[a desc], {columns: [{sql: lower(b)}, id]}, {columns: [b], where: a > 0}, {columns: [b], where: a > 1}]
foreign_keys: [{columns: [a], references: t(id)}]
checks: [a > 0, "a > b", "a <> 'b'"]
"""
    desired = lower(text)
    children = [ref for ref in desired.model if len(ref.parts) > 2 and ref.kind not in ("column", "primary_key")]
    names = [ref.name for ref in children]
    assert [name for name in names if "_idx_" not in name and "check_" not in name] == [
        "t_a_b_key", "t_id_key", "t_a_fkey", "t_a_b_check", "t_a_idx", "t_expr_id_idx",
    ]  # fmt: skip
    assert sum(name.startswith("t_b_idx_") for name in names) == 2
    assert sum(name.startswith("t_a_check_") for name in names) == 2
    assert desired.unnamed == {*children, Ref.root("table", "t").child("primary_key")}
    turned = text.replace('[a > 0, "a > b", "a <> \'b\'"]', '["a <> \'b\'", "a > b", a > 0]')
    assert turned != text
    assert set(lower(turned).model) == set(desired.model)


def test_schemas() -> None:
    text = """
table: app.orders
renamed_from: purchases
columns: {id: {type: int, primary_key: true}, a: {type: int, references: public.users.id}, m: {type: enum(app.mood)}}
---
table: public.users
renamed_from: app.people
columns: {id: {type: int, primary_key: true}, o: {type: int, references: app.orders.id}, p: {type: enum(public.pet)}}
---
enum: app.mood
values: [good]
---
enum: pet
values: [cat]
---
removed: table.public.legacy
reason: gone
"""
    desired = lower(text, schema="public")
    assert {str(ref) for ref in desired.model if len(ref.parts) == 2} == {
        "schema.app", "table.app.orders", "table.users", "enum.app.mood", "enum.pet",
    }  # fmt: skip
    assert {str(new): str(old) for new, old in desired.renames.items()} == {
        "table.app.orders": "table.app.purchases",
        "table.users": "table.app.people",
    }
    assert desired.removed == {Ref.parse("table.legacy"): "gone"}
    types = [
        desired.model.get_as(Ref.parse(a), Column).type for a in ("table.app.orders.column.m", "table.users.column.p")
    ]
    assert types == [Type("enum", ("app.mood",)), Type("enum", ("pet",))]


def test_names_that_have_dots() -> None:
    text = """
table: '"a.b"'
columns: {"x.y": {type: int, primary_key: true}, z: {type: int, references: '"a.b"."x.y"'}}
"""
    model = lower(text).model
    table = Ref.root("table", "a.b")
    key = next(iter(model.children(table, ForeignKey)))
    assert (key.target, key.target_columns) == (table, ("x.y",))
