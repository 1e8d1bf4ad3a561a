"""A declared model, made on a real server and read back, is the same model; pg_dump is the second pair of eyes."""

from __future__ import annotations

from dataclasses import replace

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, PrimaryKey, Table, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Generated
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, run, script
from tests.conformance.postgres.samples import ORDERS, WIDE, changed, check, column, enum, native, sql, view
from tests.target import Target


def test_what_is_made_is_what_was_declared(pg: Target) -> None:
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared(WIDE))
        left = planned(session, target, declared(WIDE)).comparison
        live = DIALECT.normalize(DIALECT.inspect(session, target).model).model
    assert dict(left.desired) == dict(live)


def test_normalizing_twice_changes_nothing(pg: Target) -> None:
    once = DIALECT.normalize(Model(WIDE)).model
    assert dict(DIALECT.normalize(once).model) == dict(once)
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared(WIDE))
        live = DIALECT.normalize(DIALECT.inspect(session, target).model).model
    assert dict(DIALECT.normalize(live).model) == dict(live)


def test_the_spec_s_words_come_back(pg: Target) -> None:
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared(WIDE))
        live = DIALECT.normalize(DIALECT.inspect(session, target).model).model
    for obj in WIDE:
        if isinstance(obj, Column) and not obj.type.native:
            back = DIALECT.portable(live[obj.ref])
            assert isinstance(back, Column)
            assert str(back.type) == str(obj.type), obj.ref
            if obj.identity:
                assert back.identity is not None
                assert back.identity.always is obj.identity.always


def test_texts_from_the_server_are_accepted_as_declaration(pg: Target) -> None:
    """What is imported must plan nothing, whatever the server made of it."""
    target = on(pg.url, "app")
    with connected(target) as session:
        converge(session, target, declared(WIDE))
        imported = [DIALECT.portable(obj) for obj in DIALECT.inspect(session, target).model.values()]
        assert planned(session, target, declared(imported)).plan.empty


def lines(dump: str) -> list[str]:
    """Return the lines of a dump in no order: a column that is made anew stands last."""
    return sorted(line.strip().rstrip(",") for line in dump.splitlines() if not line.startswith(("--", "\\")))


def test_two_ways_lead_to_one_schema(pg: Target, postgres: Target) -> None:
    """Directly, and by way of another schema: pg_dump sees no difference."""
    before: list[Object] = changed(
        WIDE,
        enum("order_status", "paid", "gone", "new", "it's"),
        column(ORDERS, "small", "text", 7),
        column(ORDERS, "open", "int", 9, not_null=True),
        column(ORDERS, "double", "decimal(14,2)", 20, generated=Generated(sql("total * 3"))),
        column(ORDERS, "id", "int", 1),
        check(ORDERS, "orders_total_check", "total >= 7"),
        column(ORDERS, "precise", native("date"), 23),
        view("all_customers", "select id from customers"),
        without=[Ref.root(Kind.VIEW, "big_orders"), ORDERS.child(Kind.INDEX, "orders_open_idx")],
    )
    for way, url in (([before, WIDE], pg.url), ([WIDE], postgres.url)):
        target = on(url, "app")
        with connected(target) as session:
            for objects in way:
                converge(session, target, declared(objects))
    if "-" not in pg.server:
        assert lines(pg.observe()) == lines(postgres.observe())


def test_everything_goes_and_comes_back(pg: Target) -> None:
    target = on(pg.url, "app")
    with connected(target) as session:
        first = converge(session, target, declared(WIDE))
        rest = [obj for obj in WIDE if obj.ref.kind == Kind.SCHEMA]
        converge(session, target, declared(rest))
        again = planned(session, target, declared(WIDE))
        assert script(again) == "\n".join(script(first).splitlines()[1:])
        run(session, again)


def test_renames_keep_everything(pg: Target) -> None:
    target = on(pg.url, "app")
    moved = {
        Ref.root(Kind.TABLE, "purchases"): ORDERS,
        Ref.root(Kind.TABLE, "purchases").child(Kind.COLUMN, "amount"): Ref.root(Kind.TABLE, "purchases").child(
            Kind.COLUMN, "total"
        ),
        Ref.root(Kind.VIEW, "unfinished"): Ref.root(Kind.VIEW, "open_orders"),
        Ref.root(Kind.ENUM, "status"): Ref.root(Kind.ENUM, "order_status"),
    }
    with connected(target) as session:
        converge(session, target, declared(WIDE))
        pg.execute("insert into customers (email) values ('a'); insert into orders (customer_id, total) values (1, 7)")
        after = Model([replace(obj, columns=None) if isinstance(obj, View) else obj for obj in WIDE])
        after = Model(DIALECT.resolve(list(after.values()), after))  # a text follows what it says that it uses
        for new, old in sorted(moved.items(), key=lambda item: len(item[0].parts)):
            after = DIALECT.rename(after, [(old, new)])
        wanted = [_retyped(obj) for obj in after.values()]
        # The column of a view is called as its query says, and nobody but the author knows that it is called otherwise.
        wanted = changed(wanted, view("big_orders", "select * from unfinished where amount > 50"))
        plan = converge(session, target, declared(wanted, moved))
        roots = {(step.action, step.subject.kind) for step in plan.plan.steps}
        assert roots == {
            *(("rename", kind) for kind in (Kind.TABLE, Kind.COLUMN, Kind.VIEW, Kind.ENUM)),
            *((action, Kind.VIEW) for action in ("create", "delete")),
        }
    assert pg.query("select amount, status::text from purchases") == [(7, "new")]
    assert pg.query("select amount from unfinished") == [(7,)]


def _retyped(obj: Object) -> Object:
    """Return the object as an author would write it after the renaming."""
    if hasattr(obj, "uses"):
        obj = replace(obj, uses=frozenset())  # type: ignore[call-arg]  # not every kind has the field
    if isinstance(obj, View):
        return replace(obj, query=sql(obj.query.text))
    if isinstance(obj, Column) and obj.type.args == ("order_status",):
        return replace(obj, type=Type("enum", ("status",)))
    return obj


def test_a_key_gets_the_name_that_the_spec_gives(pg: Target) -> None:
    table = ORDERS
    bare: list[Object] = [
        Table(ref=table),
        column(table, "id", "int"),
        PrimaryKey(ref=table.child(Kind.PRIMARY_KEY), columns=("id",)),
    ]
    target = on(pg.url)
    with connected(target) as session:
        pg.execute("create table orders (id int constraint strange primary key)")
        assert planned(session, target, declared(bare)).plan.empty
        named = changed(bare, PrimaryKey(ref=table.child(Kind.PRIMARY_KEY), columns=("id",), name="better"))
        plan = converge(session, target, declared(named))
        assert script(plan) == 'ALTER TABLE "orders" RENAME CONSTRAINT "strange" TO "better"'
