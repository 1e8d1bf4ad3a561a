"""Models written by hand: short constructors, and the schemas that the tests share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.model.objects import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    Object,
    PrimaryKey,
    Schema,
    Table,
    Unique,
    View,
)
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type, parse_type
from reconciler.model.values import (
    Action,
    Deferrable,
    Generated,
    Identity,
    IndexPart,
    Literal,
    Sql,
)


def sql(text: str) -> Sql:
    """Return a fragment in PostgreSQL's words."""
    return Sql(text, "postgres")


def root(name: str, schema: str = "") -> Ref:
    """Return a table's address."""
    return Ref.root(Kind.TABLE, name, schema)


def native(words: str) -> Type:
    """Return a type in PostgreSQL's words."""
    return Type(words, native=True)


def column(table: Ref, name: str, type_: str | Type, position: int = 0, **fields: Any) -> Column:
    """Return a column; a type as text is a portable one."""
    read = parse_type(type_) if isinstance(type_, str) else type_
    return Column(ref=table.child(Kind.COLUMN, name), type=read, position=position, **fields)


def key(table: Ref, *columns: str) -> PrimaryKey:
    """Return a primary key without a name."""
    return PrimaryKey(ref=table.child(Kind.PRIMARY_KEY), columns=columns)


def check(table: Ref, name: str, text: str) -> Check:
    """Return a check."""
    return Check(ref=table.child(Kind.CHECK, name), expression=sql(text))


def index(table: Ref, name: str, *parts: str | IndexPart, **fields: Any) -> Index:
    """Return an index; a part as text is a column."""
    read = tuple(IndexPart(column=part) if isinstance(part, str) else part for part in parts)
    return Index(ref=table.child(Kind.INDEX, name), parts=read, **fields)


def expression(text: str, **fields: Any) -> IndexPart:
    """Return a part of an index that is an expression."""
    return IndexPart(expression=sql(text), **fields)


def view(name: str, query: str, **fields: Any) -> View:
    """Return a view."""
    return View(ref=Ref.root(Kind.VIEW, name), query=sql(query), **fields)


def enum(name: str, *values: str, schema: str = "") -> Enum:
    """Return an enum."""
    return Enum(ref=Ref.root(Kind.ENUM, name, schema), values=values)


def changed(objects: Iterable[Object], *others: Object, without: Sequence[Ref] = ()) -> list[Object]:
    """Return the objects with others put in place of those at the same address, or added."""
    found = {obj.ref: obj for obj in objects} | {obj.ref: obj for obj in others}
    return [obj for ref, obj in found.items() if ref not in without]


CUSTOMERS, ORDERS, ODDS, AUDIT = root("customers"), root("orders"), root("Odd table"), root("audit", "app")

WIDE: list[Object] = [
    Schema(ref=Ref.root(Kind.SCHEMA, "app")),
    enum("order_status", "new", "paid", "it's"),
    enum("Level", "low", "high"),
    enum("colour", "red", "blue", schema="app"),
    Table(ref=CUSTOMERS, comment="People who buy; 100 % of them"),
    column(CUSTOMERS, "id", "bigint", 1, identity=Identity()),
    column(CUSTOMERS, "email", "varchar(320)", 2, not_null=True, comment="it's lower case"),
    column(CUSTOMERS, "name", "text", 3, collation="C"),
    column(CUSTOMERS, "tags", "array(varchar(20))", 4, default=Literal("{}")),
    column(CUSTOMERS, "settings", native("jsonb"), 5, default=Literal('{"a":1}')),
    key(CUSTOMERS, "id"),
    Unique(ref=CUSTOMERS.child(Kind.UNIQUE, "customers_email_key"), columns=("email",), comment="one each"),
    Table(ref=ORDERS),
    column(ORDERS, "id", native("bigserial"), 1),
    column(ORDERS, "customer_id", "bigint", 2, not_null=True),
    column(ORDERS, "status", "enum(order_status)", 3, not_null=True, default=Literal("new")),
    column(ORDERS, "level", "enum(Level)", 4),
    column(ORDERS, "total", "decimal(12,2)", 5, not_null=True, default=Literal("1.50")),
    column(ORDERS, "rate", "double", 6, default=Literal("-2.5")),
    column(ORDERS, "small", "smallint", 7, default=Literal(-3)),
    column(ORDERS, "big", "bigint", 8, default=Literal(5000000000)),
    column(ORDERS, "open", "bool", 9, default=Literal(True)),
    column(ORDERS, "code", "char(3)", 10, default=Literal("EUR")),
    column(ORDERS, "note", "text", 11, default=Literal("it's 100% \\ :ok")),
    column(ORDERS, "made", "timestamptz", 12, default=sql("current_timestamp")),
    column(ORDERS, "day", "date", 13, default=Literal("2020-1-2")),
    column(ORDERS, "at", "timestamp", 14, default=sql("localtimestamp")),
    column(ORDERS, "clock", "time", 15),
    column(ORDERS, "key", "uuid", 16, default=sql("gen_random_uuid()")),
    column(ORDERS, "data", "bytes", 17),
    column(ORDERS, "doc", "json", 18),
    column(ORDERS, "ratio", "float", 19),
    column(ORDERS, "double", "decimal(14,2)", 20, generated=Generated(sql("total * 2"))),
    column(ORDERS, "span", native("interval"), 21, default=sql("interval '1 day'")),
    column(ORDERS, "net", native("cidr"), 22),
    column(ORDERS, "precise", native("timestamptz(3)"), 23),
    key(ORDERS, "id"),
    Unique(ref=ORDERS.child(Kind.UNIQUE, "orders_key"), columns=("customer_id", "key"), deferrable=Deferrable.DEFERRED),
    check(ORDERS, "orders_total_check", "total >= 0 and status in ('new', 'paid')"),
    check(ORDERS, "orders_code_check", "code like 'E%' or length(code) = 3"),
    ForeignKey(
        ref=ORDERS.child(Kind.FOREIGN_KEY, "orders_customer_fkey"), columns=("customer_id",), target=CUSTOMERS,
        on_delete=Action.CASCADE, on_update=Action.RESTRICT, deferrable=Deferrable.IMMEDIATE,
    ),
    index(ORDERS, "orders_status_idx", "status", IndexPart(column="made", descending=True)),
    index(ORDERS, "orders_open_idx", "customer_id", where=sql("total > 0 and status = 'new'"), include=("total",)),
    index(ORDERS, "orders_note_idx", expression("lower(note)", opclass="text_pattern_ops"), unique=True),
    index(ORDERS, "orders_day_idx", IndexPart(column="day", nulls_first=True), comment="by day"),
    index(CUSTOMERS, "customers_tags_idx", "tags", method="gin"),
    Table(ref=ODDS),
    column(ODDS, "select", "int", 1, identity=Identity(always=True, start=100, increment=5)),
    column(ODDS, 'a "b" c', "text", 2),
    column(ODDS, "parent", "int", 3),
    key(ODDS, "select"),
    ForeignKey(ref=ODDS.child(Kind.FOREIGN_KEY, "odd self"), columns=("parent",), target=ODDS),
    Table(ref=AUDIT),
    column(AUDIT, "order_id", "bigint", 1, not_null=True),
    column(AUDIT, "colour", "enum(app.colour)", 2, default=Literal("red")),
    check(AUDIT, "audit_check", "order_id > 0 and colour <> 'blue'"),
    ForeignKey(ref=AUDIT.child(Kind.FOREIGN_KEY, "audit_fkey"), columns=("order_id",), target=ORDERS),
    view("open_orders", "select o.id, o.total, c.email from orders o join customers c on c.id = o.customer_id "
                        "where o.total between 1 and 100 and o.status in ('new', 'paid');", comment="what is open"),
    view("all_customers", "select * from customers"),
    view("per_customer", "select c.id, c.email, count(*) as orders from customers c left join orders o "
                         "on o.customer_id = c.id group by c.id"),
    view("big_orders", "select * from open_orders where total > 50"),
]  # fmt: skip
