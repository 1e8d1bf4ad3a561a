"""What documents declare for a dialect: overrides, SQL by dialect, implicit names, variables, positions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from reconciler import spec
from reconciler.errors import SpecError
from reconciler.model.model import Desired
from reconciler.model.objects import Check, Column, Enum, ForeignKey, Index, Object, PrimaryKey, Table, Unique, View
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Deferrable, Generated, Identity, IndexPart, Literal, Sql
from reconciler.spec.scalars import Scalar


def lower(text: str, *words: str, variables: Mapping[str, Scalar] | None = None, schema: str = "") -> Desired:
    chain = words or ("postgres",)
    return spec.lower(
        spec.load_text(text, "a.yaml"),
        dialect=chain[0],
        fallback=chain,
        sql="postgres",
        variables=variables or {},
        default_schema=schema,
    )


def get(desired: Desired, address: str) -> Object:
    return desired.model[Ref.parse(address)]


def column(text: str, *words: str, variables: Mapping[str, Scalar] | None = None) -> Column:
    found = get(lower(f"table: t\ncolumns:\n  a: {text}\n", *words, variables=variables), "table.t.column.a")
    assert isinstance(found, Column)
    return found


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
    model = desired.model
    assert model[table] == Table(ref=table, comment="One row per order.")
    assert model.get_as(table, Table).protect is True
    assert get(desired, "table.orders.column.id") == Column(
        ref=table.child("column", "id"), type=Type("bigint"), not_null=True, identity=Identity(True, 100)
    )
    assert get(desired, "table.orders.column.status") == Column(
        ref=table.child("column", "status"),
        type=Type("enum", ("order_status",)),
        not_null=True,
        default=Literal("new"),
    )
    assert get(desired, "table.orders.column.total") == Column(
        ref=table.child("column", "total"), type=Type("decimal", ("12", "2")), default=Literal(Decimal("0.50"))
    )
    assert model.get_as(table.child("column", "label"), Column).generated == Generated(Sql("status || ':'"), False)
    assert model[table.child("primary_key")] == PrimaryKey(ref=table.child("primary_key"), columns=("id",))
    assert get(desired, "table.orders.unique.orders_key") == Unique(
        ref=table.child("unique", "orders_key"), columns=("customer_id", "total")
    )
    assert model.get_as(table.child("index", "orders_status_idx"), Index).parts == (
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
    key = model.get_as(table.child("foreign_key", "orders_customer_id_fkey"), ForeignKey)
    assert (key.columns, key.target, key.target_columns) == (("customer_id",), Ref.root("table", "customers"), ("id",))
    assert (key.on_delete, key.deferrable) == (Action.RESTRICT, Deferrable.NO)
    assert model.get_as(table.child("foreign_key", "orders_fk"), ForeignKey).deferrable is Deferrable.DEFERRED
    assert model.get_as(table.child("check", "orders_total"), Check).expression == Sql("total >= 0")
    assert get(desired, "enum.order_status") == Enum(ref=Ref.root("enum", "order_status"), values=("new", "paid"))
    view = model.get_as(Ref.root("view", "open_orders"), View)
    assert (view.query, view.columns) == (Sql("select id from orders"), ("id",))
    assert desired.renames == {table.child("column", "status"): table.child("column", "state")}
    assert desired.removed == {Ref.root("table", "legacy"): "nobody reads it"}
    assert desired.unnamed == {
        table.child("primary_key"),
        Ref.root("table", "customers").child("primary_key"),
        table.child("foreign_key", "orders_customer_id_fkey"),
    }


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


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("postgres",), Type("jsonb", native=True)),
        (("mysql",), Type("json")),
        (("mariadb", "mysql"), Type("text")),
        (("d1", "sqlite"), Type("json")),
    ],
)
def test_overrides_by_dialect(words: tuple[str, ...], expected: Type) -> None:
    override = "{postgres: {native: jsonb}, mysql: {not_null: true}, mariadb: {type: text}}"
    found = column(f"{{type: json, dialect: {override}}}", *words)
    assert found.type == expected
    assert found.not_null == ("mysql" in words)


def test_overrides_reach_into_a_table() -> None:
    text = """
table: t
columns: {a: {type: int, default: {sql: one}}, b: {type: int}}
indexes: {i: {columns: [a], where: a > 0}}
dialect:
  mysql: {columns: {a: {default: {sql: two}}}, indexes: {i: {where: a > 1, unique: true}}, checks: {c: a > 0}}
  mariadb: {indexes: {i: {omit: true}}, comment: On MariaDB}
"""
    model = lower(text, "mysql").model
    table = Ref.root("table", "t")
    assert model.get_as(table.child("column", "a"), Column).default == Sql("two")
    assert model.get_as(table.child("index", "i"), Index).where == Sql("a > 1")
    assert model.get_as(table.child("index", "i"), Index).unique
    assert table.child("check", "c") in model
    maria = lower(text, "mariadb", "mysql").model
    assert table.child("index", "i") not in maria
    assert maria.get_as(table, Table).comment == "On MariaDB"
    assert table.child("check", "c") not in lower(text).model


@pytest.mark.parametrize(
    ("written", "words", "there"),
    [
        ("only: [sqlite]", ("d1", "sqlite"), True),
        ("only: [d1]", ("sqlite",), False),
        ("only: [mysql, postgres]", ("mariadb", "mysql"), True),
        ("dialect: {sqlite: {omit: true}}", ("d1", "sqlite"), False),
        ("dialect: {sqlite: {omit: true}, d1: {omit: false}}", ("d1", "sqlite"), True),
        ("dialect: {d1: {omit: true}}", ("sqlite",), True),
    ],
)
def test_left_out(written: str, words: tuple[str, ...], there: bool) -> None:
    text = f"table: t\ncolumns: {{a: {{type: int}}, b: {{type: int, {written}}}}}\n"
    assert (Ref.parse("table.t.column.b") in lower(text, *words).model) is there
    whole = f"table: t\ncolumns: {{}}\n{written}\n---\nview: v\nquery: select 1\n"
    assert (Ref.parse("table.t") in lower(whole, *words).model) is there


@pytest.mark.parametrize(
    ("words", "expected"), [(("sqlite",), ("lite", "sqlite")), (("d1", "sqlite"), ("one", "d1")), (("mysql",), None)]
)
def test_sql_by_dialect(words: tuple[str, ...], expected: tuple[str, str] | None) -> None:
    text = "{type: text, default: {sql: {sqlite: lite, d1: one}}}"
    if expected is None:
        with pytest.raises(SpecError) as caught:
            column(text, *words)
        assert "no SQL for mysql" in str(caught.value)
        assert "omit: true" in caught.value.hint
        return
    default = column(text, *words).default
    assert isinstance(default, Sql)
    assert (default.text, default.dialect) == expected


def test_sql_is_of_the_projects_dialect() -> None:
    default = column("{type: text, default: {sql: now()}}", "sqlite").default
    assert isinstance(default, Sql)
    assert default.dialect == "postgres"


def test_collations_are_for_the_dialects_that_they_name() -> None:
    assert column("{type: text, collation: {postgres: C}}").collation == "C"
    assert column("{type: text, collation: {postgres: C}}", "sqlite").collation is None
    assert column("{type: text, collation: nocase}", "sqlite").collation == "nocase"


def test_options_are_of_one_dialect_and_without_defaults() -> None:
    text = "table: t\ncolumns: {}\noptions: {sqlite: {strict: true, without_rowid: true}, d1: {without_rowid: false}}\n"
    table = Ref.root("table", "t")
    assert lower(text, "sqlite").model.get_as(table, Table).options == (("strict", True), ("without_rowid", True))
    assert lower(text, "d1", "sqlite").model.get_as(table, Table).options == (("strict", True),)
    assert lower(text).model.get_as(table, Table).options == ()


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


def test_a_nullable_key_is_sqlites_alone() -> None:
    text = "{type: text, primary_key: true, not_null: false}"
    assert column(text, "d1", "sqlite").not_null is False
    assert column("{type: text, primary_key: true}", "sqlite").not_null is True


def test_names_that_have_dots() -> None:
    text = """
table: '"a.b"'
columns: {"x.y": {type: int, primary_key: true}, z: {type: int, references: '"a.b"."x.y"'}}
"""
    model = lower(text).model
    table = Ref.root("table", "a.b")
    key = next(iter(model.children(table, ForeignKey)))
    assert (key.target, key.target_columns) == (table, ("x.y",))


def test_shared_names_follow_the_dialect() -> None:
    text = "table: {}\ncolumns: {{a: {{type: int}}}}\nindexes: {{i: [a]}}\n---\n"
    text = (text.format("t") + text.format("u")).removesuffix("---\n")
    assert len(lower(text, "mysql").model) == 6
    for words in (("postgres",), ("sqlite",), ("d1", "sqlite")):
        with pytest.raises(SpecError) as caught:
            lower(text, *words)
        assert caught.value.code == "SPEC035"


def test_parentheses_in_strings_do_not_count() -> None:
    for sql in ("a <> '('", 'a <> "("', "a > 0 -- (", "a > 0 /* ( */", r"a <> 'it\'s ('", "a <> $$($$"):
        desired = lower("table: t\ncolumns: {a: {type: int}}\nchecks:\n  c: |\n    " + sql + "\n")
        assert desired.model.get_as(Ref.parse("table.t.check.c"), Check).expression.text == sql
