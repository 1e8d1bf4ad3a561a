"""Materialized views on a real server: made, changed with all that hangs on them, renamed, dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.objects import Index, Object, Table, Unmodelled, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart
from reconciler.plan.hazards import Effect
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, script
from tests.conformance.postgres.samples import changed, column, expression, index, key, root, sql, view
from tests.target import Target

T, MV = root("t"), Ref.root(Kind.VIEW, "totals")
TOTALS = view("totals", "select kind, count(*) as n from t group by kind", materialized=True, comment="by kind")
TABLE: list[Object] = [
    Table(ref=T), column(T, "id", "int", 1), column(T, "kind", "text", 2), column(T, "size", "int", 3), key(T, "id"),
]  # fmt: skip
BASE: list[Object] = [
    *TABLE,
    TOTALS,
    index(MV, "totals_kind", "kind", unique=True, comment="one each"),
    index(MV, "totals_lower", expression("lower(kind)", opclass="text_pattern_ops"), where=sql("n > 1")),
    view("big", "select kind from totals where n > 10"),
]


def with_rows(pg: Target) -> None:
    pg.execute("insert into t values (1, 'a', 1), (2, 'a', 2), (3, 'b', 3)")


def test_it_is_made_with_its_rows_and_indexes(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(TABLE))
        with_rows(pg)
        converge(session, on(pg.url), declared(BASE))
        live = DIALECT.normalize(DIALECT.inspect(session, on(pg.url)).model).model
    assert pg.query("select kind, n from totals order by 1") == [("a", 2), ("b", 1)]
    assert not [ref for ref, obj in live.items() if isinstance(obj, Unmodelled)]
    made = live.get_as(MV, View)
    assert (made.materialized, made.comment, made.columns) == (True, "by kind", ("kind", "n"))
    assert {obj.ref.name for obj in live.children(MV, Index)} == {"totals_kind", "totals_lower"}


def test_a_changed_query_brings_everything_back(pg: Target) -> None:
    """Indexes, comments, grants, statistics, dependents and storage are there again, and the rows are computed."""
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(BASE))
        with_rows(pg)
        role = f"rc_mv_{pg.url.split('rc_test_')[1].split('?')[0]}"
        pg.execute(f"create role {role}")
        try:
            pg.execute(
                f"grant select on totals to {role}; grant select (n) on totals to public; "
                "comment on column totals.n is 'how many'; create statistics st on kind, n from totals; "
                f"create role {role}_owner; grant create on schema public to {role}_owner; "
                f"grant select on t to {role}_owner; alter materialized view totals owner to {role}_owner"
            )
            before = pg.observe() if "-" not in pg.server else ""
            query = sql("select kind, count(*) as n, sum(size) as size from t group by kind")
            plan = converge(session, on(pg.url), declared(changed(BASE, replace(TOTALS, query=query))))
            after = pg.observe() if "-" not in pg.server else ""
            words = ("INDEX", "GRANT", "COMMENT", "STATISTICS", "OWNER", "VIEW public.big")
            kept = [line for line in before.splitlines() if any(word in line for word in words)]
            assert len(kept) > 8 or not before
            assert [line for line in kept if line not in after.splitlines()] == []
            assert pg.query("select size from totals order by 1") == [(3,), (3,)]
            assert pg.query("select pg_get_userbyid(relowner) from pg_class where relname = 'totals'") == [
                (f"{role}_owner",)
            ]
            (told,) = [hazard for hazard in plan.hazards if hazard.code == "PG319"]
            assert told.ref == MV
            assert told.effect is Effect.NOTICE
            assert told.count is None
            assert " bytes now" in told.message
        finally:
            pg.execute(f"drop owned by {role}, {role}_owner cascade; drop role {role}, {role}_owner")


def test_what_it_reads_may_change_its_type(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(BASE))
        with_rows(pg)
        converge(session, on(pg.url), declared(changed(BASE, column(T, "kind", "varchar(20)", 2))))
    assert pg.query("select kind, n from totals order by 1") == [("a", 2), ("b", 1)]
    assert pg.query("select count(*) from pg_index where indrelid = 'totals'::regclass") == [(2,)]


def test_it_becomes_plain_and_back(pg: Target) -> None:
    plain = [obj for obj in BASE if obj.ref.parent != MV]
    plain = changed(plain, replace(TOTALS, materialized=False))
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(BASE))
        converge(session, on(pg.url), declared(plain))
        assert pg.query("select relkind from pg_class where relname = 'totals'") == [("v",)]
        converge(session, on(pg.url), declared(BASE))
        assert pg.query("select relkind from pg_class where relname = 'totals'") == [("m",)]


def test_its_indexes_come_go_and_change(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(BASE))
        wanted = changed(
            BASE,
            index(MV, "totals_kind", IndexPart(column="kind", descending=True), unique=True, comment="each once"),
            index(MV, "totals_n", "n"),
            without=[MV.child(Kind.INDEX, "totals_lower")],
        )
        done = converge(session, on(pg.url), declared(wanted))
    assert {str(step.subject) for step in done.plan.steps} == {
        "view.totals.index.totals_kind", "view.totals.index.totals_lower", "view.totals.index.totals_n",
    }  # fmt: skip


def test_its_new_name_keeps_everything(pg: Target) -> None:
    new = Ref.root(Kind.VIEW, "sums")
    wanted = [replace(obj, ref=obj.ref.moved(MV, new)) for obj in BASE if obj.ref.name != "big"]
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared([obj for obj in BASE if obj.ref.name != "big"]))
        oid = pg.query("select 'totals'::regclass::oid")
        converge(session, on(pg.url), declared(wanted, {new: MV}))
        assert pg.query("select 'sums'::regclass::oid") == oid
        converge(session, on(pg.url), declared(TABLE))
    assert pg.query("select count(*) from pg_class where relkind = 'm'") == [(0,)]


STORED = [(), (("storage.fillfactor", 70),), (("storage.autovacuum_enabled", False), ("storage.fillfactor", 80)), ()]


def test_storage_is_changed_in_place(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(BASE))
        oid = pg.query("select 'totals'::regclass::oid")
        for options in STORED:
            converge(session, on(pg.url), declared(changed(BASE, replace(TOTALS, options=options))))
        assert pg.query("select 'totals'::regclass::oid") == oid
        other = replace(TOTALS, options=STORED[1], query=sql("select kind, min(id) as n from t group by kind"))
        converge(session, on(pg.url), declared(changed(BASE, other)))
    assert pg.query("select reloptions from pg_class where relname = 'totals'") == [(["fillfactor=70"],)]


OPTIONS = [
    (("security_barrier", True),),
    (("check_option", "local"), ("security_barrier", True)),
    (("check_option", "cascaded"), ("security_invoker", True)),
    (),
]


def test_the_options_of_a_view_are_changed_in_place(pg: Target) -> None:
    plain = view("v", "select id, kind from t where id > 0")
    with connected(on(pg.url)) as session:
        if "security_invoker" not in DIALECT.server(session).features:
            pytest.skip("needs PostgreSQL 15")
        converge(session, on(pg.url), declared([*TABLE, plain]))
        oid = pg.query("select 'v'::regclass::oid")
        for options in OPTIONS:
            done = converge(session, on(pg.url), declared([*TABLE, replace(plain, options=options)]))
            assert "CREATE" not in script(done)
        wider = replace(plain, options=OPTIONS[1], query=sql("select id, kind, size from t where id > 0"))
        converge(session, on(pg.url), declared([*TABLE, wider]))
        assert pg.query("select 'v'::regclass::oid") == oid
        left = planned(session, on(pg.url), declared([*TABLE, wider])).comparison.desired
    assert left.get_as(wider.ref, View).options == OPTIONS[1]
    assert pg.query("select reloptions from pg_class where relname = 'v'") == [
        (["check_option=local", "security_barrier=true"],)
    ] or pg.query("select reloptions from pg_class where relname = 'v'") == [
        (["security_barrier=true", "check_option=local"],)
    ]
