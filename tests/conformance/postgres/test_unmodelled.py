"""What is met and not managed: listed under its own kind word, never dropped, and in the way where it has to be."""

from __future__ import annotations

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import PlanError
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique, Unmodelled
from reconciler.model.ref import Ref
from tests.conformance.postgres.driver import connected, converge, declared, on, planned
from tests.conformance.postgres.samples import column, enum, index, key, root
from tests.target import Target

EVERYTHING = """
create type mood as enum ('calm', 'wild');
create schema app;
create schema elsewhere;
create table elsewhere.hidden (id int primary key);
create domain posint as int check (value > 0);
create type pair as (a int, m mood);
create type span as range (subtype = int4);
create sequence free;
create function f(a int, m mood) returns int language sql immutable as 'select a';
create function f(a text) returns int language sql as 'select 1';
create function touch() returns trigger language plpgsql as 'begin return new; end';
create procedure p() language sql as 'select 1';
create aggregate total(int) (sfunc = int4pl, stype = int);
create operator === (leftarg = int, rightarg = int, function = int4eq);
create text search configuration words (copy = english);
create collation german (locale = 'C');
create extension pg_trgm;
create table t (id int primary key, a int, b int, m mood, during int4range,
    exclude using gist (during with &&));
create table weak (id int references elsewhere.hidden);
alter table weak replica identity full;
alter table weak force row level security;
create table partial (id int, other int, foreign key (id, other) references target (a, b) on delete set null (other));
create function same(int) returns int language internal immutable as 'int4up';
create policy mine on t using (b > 1);
alter table t enable row level security;
create rule quiet as on delete to t do instead nothing;
create statistics st on a, b from t;
create materialized view mv as select m from t;
create table parted (a int, m mood) partition by list (a);
create trigger on_parted before insert on parted for each row execute function touch();
create table part1 partition of parted for values in (1);
create table parent (a int);
create table child (b int) inherits (parent);
create type shape as (a int);
create table typed of shape;
create foreign data wrapper w;
create server s foreign data wrapper w;
create foreign table far (a int) server s;
create temp table passing (a int);
create table _reconcile_run (a int);
create unlogged table fast (a int) with (fillfactor = 70);
"""

FOUND = {
    "aggregate.\"total(integer)\"", "collation.german", "foreign_table.far",
    "partition.part1.trigger.on_parted", 'function."same(int)"', "inherited_table.child",
    "inherited_table.parent", 'operator."public.===(integer,integer)"', "partition.part1",
    "partitioned_table.parted", "partitioned_table.parted.trigger.on_parted",
    "table.t.policy.mine",
    "table.t.row_security.enabled", "table.t.rule.quiet", "table.t.statistics.st",
    "table.weak.constraint.weak_id_fkey", "text_search_configuration.words", "type.pair", "type.shape", "type.span",
    "typed_table.typed",
}  # fmt: skip


def made(pg: Target) -> Model:
    pg.execute("create table target (a int, b int, primary key (a, b))")
    pg.execute(EVERYTHING)
    with connected(on(pg.url, "app")) as session:
        return DIALECT.normalize(DIALECT.inspect(session, on(pg.url, "app")).model).model


def test_everything_is_listed(pg: Target) -> None:
    model = made(pg)
    found = {str(ref) for ref, obj in model.items() if isinstance(obj, Unmodelled)}
    assert found == FOUND
    assert {str(ref) for ref, obj in model.items() if isinstance(obj, Table)} == {
        "table.t", "table.weak", "table.partial", "table.target", "table.fast",
    }  # fmt: skip
    odd = model[root("weak")]
    assert isinstance(odd, Table)
    assert odd.not_understood == "REPLICA IDENTITY FULL, FORCE ROW LEVEL SECURITY"


def test_definitions_and_uses_are_the_catalog_s(pg: Target) -> None:
    model = made(pg)
    uses = {str(ref): {str(used) for used in obj.uses} for ref, obj in model.items() if isinstance(obj, Unmodelled)}
    assert uses["table.t.policy.mine"] == {"table.t", "table.t.column.b"}
    assert "enum.mood" in uses["partitioned_table.parted"]


def test_nothing_of_it_is_ever_dropped(pg: Target) -> None:
    """A plan that wants nothing in the schema leaves all that we do not manage, and what that rests on is refused."""
    pg.execute(
        "create aggregate total(int) (sfunc = int4pl, stype = int); "
        "create function f() returns int language internal as 'pg_backend_pid'; create table t (a int)"
    )
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared([]))
    assert pg.query("select count(*) from pg_class where relname = 't'") == [(0,)]
    assert pg.query("select count(*) from pg_aggregate where aggfnoid = 'total(int)'::regprocedure") == [(1,)]
    assert pg.query("select f() = pg_backend_pid()") == [(True,)]


@pytest.mark.parametrize(
    ("made_by_hand", "culprit"),
    [
        ("create policy mine on t using (a > 1)", "table.t.policy.mine"),
        ("create rule tr as on insert to t where new.a > 1 do also nothing", "table.t.rule.tr"),
    ],
)  # fmt: skip
def test_a_type_change_under_it_is_refused_by_name(pg: Target, made_by_hand: str, culprit: str) -> None:
    t = root("t")
    wanted: list[Object] = [Table(ref=t), column(t, "id", "int"), key(t, "id"), column(t, "a", "int")]
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared(wanted))
        pg.execute(made_by_hand)
        with pytest.raises(PlanError) as error:
            planned(session, target, declared([*wanted[:-1], column(t, "a", "bigint")]))
    (problem,) = error.value.problems()
    assert problem.code == "RUN032"
    assert problem.address == culprit


def test_an_enum_that_an_aggregate_takes_is_not_remade(pg: Target) -> None:
    target = on(pg.url)
    with connected(target) as session:
        converge(session, target, declared([enum("mood", "calm", "wild")]))
        pg.execute(
            "create function later(a mood, b mood) returns mood language sql as 'select b';"
            "create aggregate latest(mood) (sfunc = later, stype = mood)"
        )
        with pytest.raises(PlanError, match="is not managed by this tool"):
            planned(session, target, declared([enum("mood", "wild", "calm")]))


def test_clauses_that_no_spec_can_say_are_carried(pg: Target) -> None:
    """What a key, check or index has beyond the model is there again after it had to make way."""
    pg.execute(
        "create table p (a int, b int, x text, primary key (a, b) include (x));"
        "create table t (id int, a int, b int, s varchar(10),"
        "  constraint t_fkey foreign key (a, b) references p match full,"
        "  constraint t_uq unique (s) with (fillfactor = 60), constraint t_ck check (s <> 'a') no inherit);"
        "create unique index t_ix on t (lower(s)) with (fillfactor = 70);"
    )
    target = on(pg.url)
    t = root("t")
    with connected(target) as session:
        live = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        wanted = [DIALECT.portable(obj) for obj in live.values()]
        wanted = [column(t, "s", "bytes", 4) if obj.ref == t.child("column", "s") else obj for obj in wanted]
        before = pg.query("select pg_get_constraintdef(oid) from pg_constraint where contype <> 'n' order by 1")
        wanted = [obj for obj in wanted if obj.ref.name not in ("t_ck", "t_ix")]
        converge(session, target, declared(wanted))
        after = pg.query("select pg_get_constraintdef(oid) from pg_constraint where contype <> 'n' order by 1")
    assert [row for row in before if "<>" not in row[0]] == after
    kinds = {type(obj) for obj in live.values()}
    assert {ForeignKey, PrimaryKey, Unique, Index, Column} <= kinds


def test_the_index_that_makes_way_comes_back_whole(pg: Target) -> None:
    pg.execute("create table t (s varchar(10)); create index t_ix on t ((s || 'x')) with (fillfactor = 70)")
    target, t = on(pg.url), root("t")
    with connected(target) as session:
        live = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        wanted = [
            column(t, "s", "varchar(10)", 1, collation="C") if isinstance(obj, Column) else obj for obj in live.values()
        ]
        converge(session, target, declared(wanted))
    assert pg.query("select reloptions from pg_class where relname = 't_ix'") == [(["fillfactor=70"],)]


def test_an_invalid_index_is_not_the_declared_one(pg: Target) -> None:
    """What a concurrent build that failed leaves behind is dropped and built again."""
    pg.execute("create table t (a int); insert into t values (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        pg.execute("create unique index concurrently t_ix on t (a)")
    target, t = on(pg.url), root("t")
    wanted = [Table(ref=t), column(t, "a", "int"), index(t, "t_ix", "a", unique=True)]
    with connected(target) as session:
        pg.execute("delete from t")
        converge(session, target, declared(wanted))
    assert pg.query("select indisvalid from pg_index join pg_class on oid = indexrelid where relname = 't_ix'") == [
        (True,)
    ]


def test_addresses_can_be_read_back(pg: Target) -> None:
    for ref in made(pg):
        assert Ref.parse(str(ref)) == ref
