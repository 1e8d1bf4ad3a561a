"""What the server makes of a declared text when nobody sees it is, byte for byte, what it stores."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, Table, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import texts
from reconciler.model.values import Generated, IndexPart, Literal
from tests.conformance.postgres.driver import connected, declared, on, planned
from tests.conformance.postgres.samples import check, column, enum, expression, index, key, native, root, sql, view
from tests.target import Target

T, U = root("t"), root("u", "app")

EXPRESSIONS = {
    "in": "a in (1, 2, 3)",
    "not in": "name not in ('x', 'y')",
    "between": "total between 1 and 10",
    "like": "name like 'a%'",
    "ilike": "name !~~* 'B_'",
    "cast": "cast(a as numeric) > 1.5 and a::text <> '1'",
    "enum": "mood = 'calm' or mood in ('calm', 'wild')",
    "coalesce": "coalesce(a, 0) >= 0",
    "concatenation": "name || '-' || code <> 'x'",
    "case": "case when a > 1 then true else name is not null end",
    "null": "(a is null) = (b is null)",
    "any": "a = any (array[1, 2])",
    "function": "length(trim(name)) > 0",
    "interval": "made > '2020-01-01' and made < now() + interval '1 day'",
    "json": "(doc ->> 'k') is not null",
    "row": "(a, b) <> (1, 2)",
    "regex": "code ~ '^[A-Z]+$'",
    "arithmetic": "(a + b) * 2 % 3 = -1",
    "extract": "extract(year from made) > 2000",
    "at time zone": "made at time zone 'UTC' > timestamp '2020-01-01'",
    "exists in words": "not (a = 1 and not b = 2)",
    "escape": "name <> E'a\\nb' and name <> 'it''s'",
}


def table(ref: Ref) -> list[Object]:
    return [
        Table(ref=ref),
        column(ref, "id", "bigint", 1),
        column(ref, "a", "int", 2),
        column(ref, "b", "int", 3),
        column(ref, "name", "varchar(20)", 4),
        column(ref, "code", "char(3)", 5),
        column(ref, "total", "decimal(10,2)", 6),
        column(ref, "mood", "enum(mood)", 7),
        column(ref, "made", "timestamptz", 8),
        column(ref, "doc", native("jsonb"), 9),
        key(ref, "id"),
    ]


MOOD = enum("mood", "calm", "wild")


def elaborated(pg: Target, *objects: Object) -> dict[Ref, Object]:
    """Return what elaboration makes of objects that are not in the database, and how many locks it leaves."""
    desired = DIALECT.normalize(Model([MOOD, *table(T), *table(U), *objects])).model
    target = on(pg.url, "app")
    with connected(target) as session:
        actual = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        found = DIALECT.elaborate(session, [desired[obj.ref] for obj in objects], actual, desired)
        assert session.query("select count(*) from pg_class where relpersistence = 't'") == [(0,)]
    return dict(found)


def setup(pg: Target) -> None:
    pg.execute("create type mood as enum ('calm', 'wild'); create schema app")
    for name in ("t", "app.u"):
        pg.execute(
            f"create table {name} (id bigint primary key, a int, b int, name varchar(20), code char(3), "
            "total numeric(10,2), mood mood, made timestamptz, doc jsonb)"
        )


def live(pg: Target) -> Model:
    target = on(pg.url, "app")
    with connected(target) as session:
        return DIALECT.normalize(DIALECT.inspect(session, target).model).model


def same(found: dict[Ref, Object], stored: Model) -> None:
    """Hold that the spelling is the stored one, and that what is emitted is still the author's."""
    for ref, obj in found.items():
        assert {place: sql.canonical for place, sql in texts(obj).items()} == {
            place: sql.canonical for place, sql in texts(stored[ref]).items()
        }


@pytest.mark.parametrize("schema", ["", "app"])
def test_checks_and_indexes(pg: Target, schema: str) -> None:
    setup(pg)
    ref, name = (U, "app.u") if schema else (T, "t")
    objects: list[Object] = []
    for number, text in enumerate(EXPRESSIONS.values()):
        objects.append(check(ref, f"c{number}", text))
        pg.execute(f"alter table {name} add constraint c{number} check ({text})")
        if "made" not in text:  # comparing points in time is not immutable
            objects.append(index(ref, f"i{number}", IndexPart(column="a"), where=sql(text)))
            pg.execute(f"create index i{number} on {name} (a) where {text}")
    for number, text in enumerate(("lower(name)", "a + b", "(doc ->> 'k')", "coalesce(name, code)", "mood = 'calm'")):
        objects.append(index(ref, f"e{number}", expression(text, descending=True)))
        pg.execute(f"create index e{number} on {name} (({text}) desc)")
    found = elaborated(pg, *objects)
    assert set(found) == {obj.ref for obj in objects}
    same(found, live(pg))
    assert texts(found[ref.child(Kind.CHECK, "c0")])["expression"].text == EXPRESSIONS["in"]


def test_defaults_and_generated_columns(pg: Target) -> None:
    setup(pg)
    wanted = {
        "d1": ("text", "upper('a') || 'b'"),
        "d2": ("timestamptz", "now() - interval '1 day'"),
        "d3": ("int", "1 + 1"),
        "d4": ("varchar(5)", "cast('x' as varchar)"),
        "d5": ("date", "current_date + 1"),
        "d6": ("enum(mood)", "case when true then 'calm'::mood else 'wild' end"),
        "g1": ("text", "name || code"),
        "g2": ("bool", "mood = 'calm' and total between 1 and 2"),
    }
    objects: list[Object] = []
    for name, (type_, text) in wanted.items():
        stored = type_.replace("enum(mood)", "mood")
        if name.startswith("g"):
            objects.append(column(T, name, type_, 20, generated=Generated(sql(text))))
            pg.execute(f"alter table t add {name} {stored} generated always as ({text}) stored")
        else:
            objects.append(column(T, name, type_, 20, default=sql(text)))
            pg.execute(f"alter table t add {name} {stored} default ({text})")
    found, stored_model = elaborated(pg, *objects), live(pg)
    for obj in objects:
        assert found[obj.ref] == stored_model[obj.ref], obj.ref
    d4 = found[T.child(Kind.COLUMN, "d4")]
    assert isinstance(d4, Column)
    assert d4.default == Literal("x")


VIEWS = {
    "between": "select id, total from t where total between 1 and 2",
    "join": "select x.id, u.name as other from t x left join app.u u using (id) where x.mood = 'calm'",
    "star": "select * from t",
    "group by key": "select t.id, t.name, t.code, count(*) from t join app.u u on u.id = t.id group by t.id",
    "with": "with big as (select * from t where total > 5) select id, rank() over (order by total) from big",
    "union": "select id from t union all select id from app.u where name like 'a%' order by 1 limit 3",
    "subquery": "select (select max(a) from app.u) as most, exists (select 1 from t) as any from t",
    "in": "select id from t where name in ('a', 'b') and a in (select a from app.u)",
    "lateral": "select t.id, l.v from t cross join lateral (select t.a + 1 as v) l",
    "over a view": "select * from star where a > 1",
    "percent": "select to_char(total, 'FM999%') as shown, a % 2 as odd from t",
}


def test_views(pg: Target) -> None:
    setup(pg)
    for name, text in VIEWS.items():
        pg.execute(f'create view "{name}" as {text}')
    objects = [view(name, text + " ;") for name, text in VIEWS.items()]
    found, stored = elaborated(pg, *objects), live(pg)
    assert set(found) == {obj.ref for obj in objects}
    same(found, stored)
    for obj in found.values():
        assert isinstance(obj, View)
        live_view = stored[obj.ref]
        assert isinstance(live_view, View)
        assert obj.columns == live_view.columns


def test_a_view_is_spelled_over_the_declared_tables(pg: Target) -> None:
    """A star over a table that gets a column in the same plan holds that column afterwards."""
    setup(pg)
    pg.execute("create view star as select * from t")
    desired = declared([MOOD, *table(T), column(T, "added", "text", 30), view("star", "select * from t")])
    target = on(pg.url)
    with connected(target) as session:
        plan = planned(session, target, desired)
        found = plan.comparison.desired[Ref.root(Kind.VIEW, "star")]
    assert isinstance(found, View)
    assert "added" in (found.columns or ())
    assert [str(step.subject) for step in plan.plan.steps] == ["table.t.column.added", "view.star"]


def test_values_that_an_enum_is_about_to_get(pg: Target) -> None:
    setup(pg)
    pg.execute("alter table t add constraint c check (mood in ('calm', 'wild'))")
    desired = DIALECT.normalize(
        Model([enum("mood", "calm", "new", "wild"), *table(T), check(T, "c", "mood in ('new', 'calm')")])
    ).model
    target = on(pg.url)
    with connected(target) as session:
        actual = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        found = DIALECT.elaborate(session, [desired[T.child(Kind.CHECK, "c")]], actual, desired)
    pg.execute("alter type mood add value 'new' after 'calm'")
    pg.execute("alter table t drop constraint c, add constraint c check (mood in ('new', 'calm'))")
    same(dict(found), live(pg))


def test_one_that_cannot_be_made_leaves_out_itself_alone(pg: Target) -> None:
    setup(pg)
    good, bad = check(T, "good", "a between 1 and 2"), check(T, "bad", "missing > 1")
    wrong = view("wrong", "select nothing from nowhere")
    fine = view("fine", "select id from t")
    assert set(elaborated(pg, good, bad, wrong, fine)) == {good.ref, fine.ref}


def test_live_tables_are_not_locked_against_anybody(pg: Target) -> None:
    """Somebody who writes to the table, in a transaction that stays open, neither waits nor is waited for."""
    setup(pg)
    target = on(pg.url, "app")
    with connected(target) as writer:
        writer.begin()
        writer.execute("insert into t (id) values (1)")
        writer.execute("lock table t in share update exclusive mode")
        assert set(elaborated(pg, check(T, "c", "a in (1, 2)"), view("v", "select * from t"))) == {
            T.child(Kind.CHECK, "c"),
            Ref.root(Kind.VIEW, "v"),
        }
        writer.rollback()


def test_many_tables_are_elaborated_in_chunks(pg: Target) -> None:
    tables: list[Object] = []
    for number in range(120):
        ref = root(f"t{number}")
        tables += [Table(ref=ref), column(ref, "a", "int"), check(ref, "c", "a in (1, 2)" if number != 60 else "z > 1")]
        pg.execute(f"create table t{number} (a int, constraint c check (a in (1, 2)))")
    desired = DIALECT.normalize(Model(tables)).model
    checks = [obj for obj in desired.values() if obj.ref.kind == Kind.CHECK]
    target = on(pg.url)
    with connected(target) as session:
        found = DIALECT.elaborate(session, checks, live(pg), desired)
    assert len(found) == 119
    same(dict(found), live(pg))


def test_an_unknown_type_is_spelled_by_the_server(pg: Target) -> None:
    pg.execute("create type pair as (a int, b int); create table t (id pair default row(0 + 1, 2))")
    wanted: list[Object] = [Table(ref=T), column(T, "id", native('public . "pair"'), default=sql("row(0+1,2)"))]
    target = on(pg.url)
    with connected(target) as session:
        assert planned(session, target, declared(wanted)).plan.empty


INSIDE = [
    "create type mood as enum ('calm', 'wild')",
    "create schema app",
    *(
        f"create table {name} (id bigint primary key, a int check (a > 0), b int, name varchar(20) default 'x' || 'y', "
        "code char(3), total numeric(10,2), mood mood, made timestamptz, doc jsonb)"
        for name in ("t", "app.u")
    ),
    "alter table t add constraint k check (a in (1, 2) and mood = 'calm')",
    "create index i on t (lower(name)) where a between 1 and 2",
    "create view v as select * from t where mood in ('calm', 'wild')",
    "create view w as select count(*) as n, sum(v.total) as total from v join app.u using (id)",
]


def test_inside_a_transaction_nothing_is_disturbed(pg: Target) -> None:
    """The tables are made in the transaction that is open, stand-ins carry their names, and what follows goes on."""
    objects: list[Object] = [
        check(T, "k", "a in (1,2) and mood='calm'"),
        check(T, "wrong", "missing > 1"),
        index(T, "i", expression("lower(name)"), where=sql("a between 1 and 2")),
        view("v", "select * from t where mood in ('calm', 'wild')"),
        view("w", "select count(*) as n, sum(v.total) as total from v join app.u using (id)"),
        view("nothing", "select nothing from nowhere"),
    ]
    desired = DIALECT.normalize(Model([MOOD, *table(T), *table(U), *objects])).model
    target = on(pg.url, "app")
    with connected(target) as session, connected(on(pg.url)) as other:
        assert not session.in_transaction()
        session.begin()
        session.execute("set local lock_timeout to '1234ms'")
        for statement in INSIDE:
            session.execute(statement)
        session.execute("insert into t (id, a) values (1, 1)")
        actual = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        locks = "select count(*) from pg_locks where pid = pg_backend_pid()"
        before = session.query(locks)
        found = DIALECT.elaborate(session, [desired[obj.ref] for obj in objects], actual, desired)
        assert session.in_transaction()
        assert session.query(locks) == before
        settings = "select current_setting('lock_timeout'), current_setting('client_min_messages')"
        assert session.query(settings) == [("1234ms", "notice")]
        assert other.query("select to_regclass('t')") == [(None,)]
        session.execute("insert into t (id, a) values (2, 2)")
        session.execute("alter table t add later int")
        assert session.query("select count(*), count(later) from t") == [(2, 0)]
        session.commit()
        assert not session.in_transaction()
    assert set(found) == {obj.ref for obj in objects if obj.ref.name not in ("wrong", "nothing")}
    same(dict(found), live(pg))
    assert pg.query("select count(*) from pg_class where relpersistence = 't'") == [(0,)]
