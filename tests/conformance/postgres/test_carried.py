"""What is not modelled and hangs on what is: rights, policies, partitions; no change of ours loses any of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import PlanError
from reconciler.model.objects import Enum, Object, Table, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Generated, Literal
from tests.conformance.postgres.driver import connected, converge, declared, on, planned
from tests.conformance.postgres.samples import changed, check, column, enum, index, key, root, sql, view
from tests.target import Target

T = root("t")
SECURED: list[Object] = [
    enum("mood", "calm", "wild"), Table(ref=T), column(T, "id", "bigint", 1), column(T, "owner", "text", 2),
    column(T, "size", "int", 3), column(T, "mood", "enum(mood)", 4, default=Literal("calm")),
    column(T, "twice", "int", 5, generated=Generated(sql("size * 2"))), key(T, "id"),
    view("v", "select id, size from t"),
]  # fmt: skip


@contextmanager
def role(pg: Target) -> Iterator[str]:
    """Lend a role that is gone afterwards."""
    name = f"rc_reader_{pg.url.split('rc_test_')[1].split('?')[0]}"
    pg.execute(f"create role {name}")
    try:
        yield name
    finally:
        pg.execute(f"drop owned by {name} cascade; drop role {name}")


def rights(pg: Target) -> list[tuple[object, ...]]:
    """Return every right, policy and mark of row security, as the catalog has them."""
    return pg.query(
        "select 'table', relname::text, relacl::text, relrowsecurity, relforcerowsecurity from pg_class "
        "where relname in ('t', 'v') union all "
        "select 'column', attname, attacl::text, null, null from pg_attribute "
        "where attacl is not null and not attisdropped union all "
        "select 'type', typname, typacl::text || pg_get_userbyid(typowner), null, null from pg_type "
        "where typname = 'mood' union all "
        "select 'policy', polname, pg_get_expr(polqual, polrelid), polpermissive, null from pg_policy order by 1, 2"
    )


AFTER: list[Object] = changed(
    SECURED,
    enum("mood", "wild", "calm", "odd"),
    column(T, "size", "bigint", 3, not_null=True, default=Literal(1)),
    column(T, "twice", "bigint", 5, generated=Generated(sql("size * 2 + id"))),
    column(T, "new", "text", 6),
    check(T, "t_size", "size > 0"),
    index(T, "t_ix", "owner"),
    view("v", "select id, size, owner || '!' as owner from t where size > 1"),
)


def test_rights_and_policies_stay_through_every_change(pg: Target) -> None:
    """Types, generated columns, views and enums are made anew here, and each has its rights again."""
    with connected(on(pg.url)) as session, role(pg) as reader:
        converge(session, on(pg.url), declared(SECURED))
        pg.execute(
            f"grant select, update on t to {reader} with grant option; grant select (id) on v to {reader};"
            "grant select (twice), update (mood) on t to public;"
            f"revoke all on type mood from public; grant usage on type mood to {reader};"
            f"create policy mine on t for select to {reader} using (owner = current_user);"
            "alter table t enable row level security; alter table t force row level security"
        )
        before = rights(pg)
        pg.execute("insert into t (id, owner, size) values (1, 'a', 1)")
        converge(session, on(pg.url), declared(AFTER))
        assert rights(pg) == before
        assert len(before) > 5
        moved = root("moved")
        renamed = [replace(obj, ref=obj.ref.moved(T, moved)) for obj in AFTER if obj.ref.name != "v"]
        converge(session, on(pg.url), declared([*renamed, view("v", "select id, size, owner || '!' as owner from moved "
                                                                "where size > 1")], {moved: T}))  # fmt: skip
        assert [row[1:] for row in rights(pg) if row[0] == "policy"] == [
            row[1:] for row in before if row[0] == "policy"
        ]


def test_an_enum_of_somebody_else_s_stays_theirs(pg: Target) -> None:
    with connected(on(pg.url)) as session, role(pg) as owner:
        converge(session, on(pg.url), declared([Enum(ref=Ref.root(Kind.ENUM, "mood"), values=("a", "b"))]))
        pg.execute(f"grant create on schema public to {owner}; alter type mood owner to {owner}")
        converge(session, on(pg.url), declared([Enum(ref=Ref.root(Kind.ENUM, "mood"), values=("b", "a"))]))
        assert pg.query("select pg_get_userbyid(typowner) from pg_type where typname = 'mood'") == [(owner,)]


def test_a_policy_in_the_way_of_a_type_is_named(pg: Target) -> None:
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(SECURED))
        pg.execute("create policy mine on t using (size > 1)")
        with pytest.raises(PlanError, match=r"table\.t\.policy\.mine uses table\.t\.column\.size"):
            planned(session, on(pg.url), declared(AFTER))


PARTED = """
create sequence counted; create domain amount as int check (value > 0);
create table parted (id bigint default nextval('counted'), day date not null, size amount, primary key (id, day))
    partition by range (day);
create table part1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
create table other (parted_id bigint, parted_day date, foreign key (parted_id, parted_day) references parted);
insert into parted (day, size) values ('2026-05-05', 3);
"""


def test_partitions_are_listed_left_alone_and_in_the_way_where_they_have_to_be(pg: Target) -> None:
    """What rests on them is managed, what they rest on cannot be dropped, and their rows stay."""
    pg.execute(PARTED)
    with connected(on(pg.url)) as session:
        live = DIALECT.normalize(DIALECT.inspect(session, on(pg.url)).model).model
        known = [DIALECT.portable(obj) for obj in live.values() if not isinstance(obj, Unmodelled)]
        done = converge(session, on(pg.url), declared([*known, view("seen", "select id, size from parted")]))
        left_alone = {str(ref) for ref in done.comparison.scope.unmodelled}
        assert {"partitioned_table.parted", "partition.part1"} <= left_alone
        assert "table.other.constraint.other_parted_id_parted_day_fkey" in left_alone
        with pytest.raises(PlanError, match=r"uses domain\.amount and is not managed") as error:
            planned(session, on(pg.url), declared([]))
    assert {problem.address for problem in error.value.problems()} == {"partitioned_table.parted", "partition.part1"}
    assert pg.query("select id, size from seen") == [(1, 3)]
