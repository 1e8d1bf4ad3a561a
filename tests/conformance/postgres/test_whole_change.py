"""The change that no declarative peer completes: enum, view, types, keys and expressions at once, with rows present."""

from __future__ import annotations

from decimal import Decimal

from reconciler.model.objects import ForeignKey, Object, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action, Generated, Identity, IndexPart, Literal
from reconciler.plan.hazards import Effect
from reconciler.plan.step import Transaction
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, script
from tests.conformance.postgres.samples import (
    changed,
    check,
    column,
    enum,
    expression,
    index,
    key,
    native,
    root,
    sql,
    view,
)
from tests.target import Target

ORDERS, CUSTOMERS = root("orders"), root("customers")
FOREIGN_KEY = ORDERS.child(Kind.FOREIGN_KEY, "orders_customer_fkey")

BEFORE: list[Object] = [
    enum("order_status", "new", "paid"),
    Table(ref=CUSTOMERS),
    column(CUSTOMERS, "id", "bigint", 1, identity=Identity()),
    column(CUSTOMERS, "email", "varchar(100)", 2),
    key(CUSTOMERS, "id"),
    Table(ref=ORDERS),
    column(ORDERS, "id", "int", 1, identity=Identity()),
    column(ORDERS, "customer_id", "bigint", 2),
    column(ORDERS, "status", "enum(order_status)", 3, default=Literal("new")),
    column(ORDERS, "total", "decimal(10,2)", 4, default=Literal(0)),
    column(ORDERS, "label", "varchar(20)", 5),
    column(ORDERS, "double", "decimal(12,2)", 6, generated=Generated(sql("total * 2"))),
    column(ORDERS, "n", "int", 7),
    key(ORDERS, "id"),
    check(ORDERS, "orders_total_check", "total >= 0"),
    ForeignKey(ref=FOREIGN_KEY, columns=("customer_id",), target=CUSTOMERS),
    index(ORDERS, "orders_label_idx", expression("lower(label)"),
          where=sql("status = 'new' and total between 1 and 5")),
    view("labels", "select o.id, o.label, o.status, c.email from orders o join customers c on c.id = o.customer_id "
                   "where o.total between 0 and 100"),
    view("some_labels", "select * from labels where label like 'a%'"),
]  # fmt: skip

AFTER = changed(
    BEFORE,
    enum("order_status", "new", "packed", "paid", "returned"),
    column(ORDERS, "id", "bigint", 1, identity=Identity()),
    column(ORDERS, "customer_id", "bigint", 2, not_null=True),
    column(ORDERS, "status", "enum(order_status)", 3, default=Literal("packed"), not_null=True),
    column(ORDERS, "total", "decimal(14,4)", 4, default=Literal(0)),
    column(ORDERS, "label", "varchar(40)", 5),
    column(ORDERS, "double", "decimal(16,4)", 6, generated=Generated(sql("total * 3"))),
    check(ORDERS, "orders_total_check", "total > 0 and status in ('new', 'packed', 'paid')"),
    ForeignKey(ref=FOREIGN_KEY, columns=("customer_id",), target=CUSTOMERS, on_delete=Action.CASCADE),
    index(
        ORDERS, "orders_label_idx", expression("lower(label)"), IndexPart(column="n"),
        where=sql("status = 'packed' and total between 1 and 5"),
    ),
)  # fmt: skip

ROWS = "insert into customers (email) values ('a'), ('b'); insert into orders (customer_id, status, total, label) "
ROWS += "values (1, 'new', 5, 'abc'), (2, 'paid', 7.25, 'x')"


def test_everything_at_once(pg: Target) -> None:
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared(BEFORE))
        pg.execute(ROWS)
        plan = converge(session, target, declared(AFTER))
    assert not [hazard for hazard in plan.hazards if hazard.effect is Effect.BLOCK]
    rows = pg.query("select id, customer_id, status::text, total, label, double from orders order by id")
    assert rows == [
        (1, 1, "new", Decimal("5.0000"), "abc", Decimal("15.0000")),
        (2, 2, "paid", Decimal("7.2500"), "x", Decimal("21.7500")),
    ]
    assert pg.query("select label, email from some_labels") == [("abc", "a")]
    pg.execute("insert into orders (customer_id, total) values (1, 1)")
    assert pg.query("select status::text from orders where id = 3") == [("packed",)]


def test_what_has_to_be_committed_comes_before_anything_is_taken_away(pg: Target) -> None:
    """Killed after that commit, nothing is missing: the rest is one transaction."""
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared(BEFORE))
        plan = planned(session, target, declared(AFTER)).plan
    splits = [statement.transaction is Transaction.COMMIT_AFTER for statement in plan.statements]
    assert splits == sorted(splits, reverse=True)
    assert sum(splits) == 2


def test_what_a_view_had_beyond_its_query_survives_a_rebuild(pg: Target) -> None:
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared(BEFORE))
        role = f"rc_reader_{pg.url.split('rc_test_')[1].split('?')[0]}"
        pg.execute(f"create role {role}")
        try:
            pg.execute(
                f"grant select on labels to {role} with grant option; grant update (label) on labels to public; "
                f"create role {role}_owner; alter view labels owner to {role}_owner; "
                "comment on column labels.label is 'what it says'; "
                "alter view labels alter column label set default 'q'"
            )
            before = pg.observe() if "-" not in pg.server else ""
            converge(session, target, declared(AFTER))
            pg.execute("grant select on customers, orders to public")
            after = pg.observe() if "-" not in pg.server else ""
            wanted = ("OWNER", "GRANT", "COMMENT", "SET DEFAULT 'q'")
            kept = [line for line in before.splitlines() if "labels" in line and any(word in line for word in wanted)]
            assert [line for line in kept if line not in after.splitlines()] == []
            assert pg.query("select pg_get_userbyid(relowner) from pg_class where relname = 'labels'") == [
                (f"{role}_owner",)
            ]
        finally:
            pg.execute(f"drop owned by {role}, {role}_owner cascade; drop role {role}, {role}_owner")


def test_an_enum_that_loses_and_moves_values(pg: Target) -> None:
    target = on(pg.url)
    arrays = [column(ORDERS, "history", "array(enum(order_status))", 8, default=Literal("{new}"))]
    after = changed(
        [*AFTER, *arrays],
        enum("order_status", "paid", "packed"),
        column(ORDERS, "history", "array(enum(order_status))", 8, default=Literal("{packed}")),
        check(ORDERS, "orders_total_check", "status in ('packed', 'paid')"),
    )
    with connected(target) as session:
        converge(session, target, declared([*AFTER, *arrays]))
        pg.execute(ROWS)
        blocked = planned(session, target, declared(after))
        found = {hazard.ref: (hazard.count, hazard.sample) for hazard in blocked.hazards if hazard.code == "DS107"}
        assert found[ORDERS.child(Kind.COLUMN, "status")] == (1, ("1",))
        assert found[ORDERS.child(Kind.COLUMN, "history")][0] == 2
        assert {h.ref for h in blocked.hazards if h.code == "DS106"} == {Ref.root(Kind.ENUM, "order_status")}
        pg.execute("update orders set status = 'paid', history = '{packed,paid}'")
        plan = converge(session, target, declared(after))
    assert not [hazard for hazard in plan.hazards if hazard.effect is Effect.BLOCK]
    assert pg.query("select distinct status::text, history::text from orders") == [("paid", "{packed,paid}")]
    assert pg.query("select enum_range(null::order_status)::text") == [("{paid,packed}",)]
    assert pg.query("select count(*) from pg_type where typname like '\\_\\_rc\\_%'") == [(0,)]


def test_types_change_across_families_and_back(pg: Target) -> None:
    table = root("t")
    here: list[Object] = [Table(ref=table), column(table, "id", "int"), key(table, "id")]
    kinds = {
        "int": "7", "bool": "true", "bigint": "1", "text": "'1'", "varchar(5)": "'1'", "decimal(9,2)": "1",
        "double": "1", "smallint": "1",
    }  # fmt: skip
    target = on(pg.url)
    with connected(target) as session:
        for before in kinds:
            for after in kinds:
                first = column(table, "v", before, 2, default=Literal(1))
                converge(session, target, declared([*here, first]))
                pg.execute("truncate t; insert into t (id) values (1)")
                second = column(table, "v", after, 2, default=Literal(1))
                plan = converge(session, target, declared([*here, second]))
                assert not [hazard for hazard in plan.hazards if hazard.effect is Effect.BLOCK], (before, after)
                assert pg.query("select v::text::numeric::int::text from t where v::text not in ('t', 'true')") in (
                    [],
                    [("1",)],
                )
        pg.execute("truncate t")
        converge(session, target, declared([*here, column(table, "v", "timestamptz", 2)]))
        converge(session, target, declared([*here, column(table, "v", "date", 2)]))
        converge(session, target, declared([*here, column(table, "v", native("jsonb"), 2)]))
        converge(session, target, declared([*here, column(table, "v", "json", 2)]))


def test_serial_identity_and_plain_lead_to_each_other(pg: Target) -> None:
    table = root("t")
    forms = {
        "plain": column(table, "id", "bigint"),
        "serial": column(table, "id", native("serial")),
        "bigserial": column(table, "id", native("bigserial")),
        "always": column(table, "id", "int", identity=Identity(always=True)),
        "by default": column(table, "id", "bigint", identity=Identity(start=10, increment=2)),
    }
    target = on(pg.url)
    with connected(target) as session:
        for before in forms.values():
            for after in forms.values():
                body: list[Object] = [Table(ref=table), key(table, "id"), column(table, "v", "int")]
                converge(session, target, declared([*body, before]))
                pg.execute("delete from t; insert into t (id, v) overriding system value values (40, 1)")
                converge(session, target, declared([*body, after]))
                if after is not forms["plain"] and before is forms["plain"]:
                    pg.execute("insert into t (v) values (2)")
                    assert pg.query("select id from t where v = 2") == [(41,)]
    assert pg.query("select count(*) from pg_class where relkind = 'S'") == [(1,)]


def test_what_falls_together_falls_in_order(pg: Target) -> None:
    """Two tables that point to each other, an enum, and views upon views."""
    a, b = root("a"), root("b")
    mutual: list[Object] = [
        enum("mood", "calm"),
        *(part for table, other in ((a, b), (b, a)) for part in (
            Table(ref=table), column(table, "id", "int"), column(table, "mood", "enum(mood)"), key(table, "id"),
            column(table, "other", "int"),
            ForeignKey(ref=table.child(Kind.FOREIGN_KEY, f"{table.name}_fkey"), columns=("other",), target=other),
        )),
        view("v", "select * from a"), view("w", "select v.id from v join b on b.id = v.id"),
    ]  # fmt: skip
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared(mutual))
        plan = converge(session, target, declared([]))
    assert script(plan).splitlines()[:2] == ['DROP VIEW "w";', 'DROP VIEW "v";']
