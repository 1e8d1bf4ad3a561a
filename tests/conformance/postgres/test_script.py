"""`-o sql` on PostgreSQL: psql makes of a script what apply makes of the plan, and a second time nothing at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from reconciler.compare.planning import Planned
from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.dialects.script import Order, Script
from reconciler.model.objects import Object, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal
from tests.conformance.postgres.driver import connected, converge, declared, on, planned, run
from tests.conformance.postgres.samples import WIDE, changed, check, column, enum, index, key, root, view
from tests.conformance.postgres.test_whole_change import AFTER, BEFORE, ROWS
from tests.scripting import psql, run_script
from tests.target import Target, fresh

ORDERS = root("orders")
IDS = "select oid, relfilenode from pg_class order by 1"


def written(plan: Planned) -> Script:
    """Write a plan as a script."""
    return DIALECT.script(Order(plan=plan.plan, states=plan.states, schema="public", server=plan.server.version))


def scripted(target: Target, after: Sequence[Object], renames: Mapping[Ref, Ref] | None = None) -> str:
    """Return the script that leads to this model."""
    place = on(target.url, "app")
    with connected(place) as session:
        return written(planned(session, place, declared(after, renames))).body


def left(target: Target, after: Sequence[Object], renames: Mapping[Ref, Ref] | None = None) -> list[str]:
    """Return what is left to plan."""
    place = on(target.url, "app")
    with connected(place) as session:
        return [s.sql for s in planned(session, place, declared(after, renames)).plan.statements]


def contents(target: Target) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    tables = (
        "select quote_ident(nspname) || '.' || quote_ident(relname) from pg_class c join pg_namespace n on n.oid = "
    )
    tables += "relnamespace where relkind = 'r' and nspname in ('public', 'app') order by 1"
    return {name: sorted(target.query(f"select t::text from {name} t")) for (name,) in target.query(tables)}


def same_as_apply(
    tmp_path: Path, before: Sequence[Object], after: Sequence[Object], *, rows: str = "",
    renames: Mapping[Ref, Ref] | None = None, options: Sequence[str] = (),
) -> str:  # fmt: skip
    """Hold that a script, run twice, does what an apply does; return the script."""
    with fresh("postgres", tmp_path) as ours, fresh("postgres", tmp_path) as theirs:
        for target in (ours, theirs):
            with connected(on(target.url, "app")) as session:
                converge(session, on(target.url, "app"), declared(before))
            if rows:
                target.execute(rows)
        text = scripted(ours, after, renames)
        with connected(on(theirs.url, "app")) as session:
            run(session, planned(session, on(theirs.url, "app"), declared(after, renames)))
        first = run_script(ours, text, *options)
        assert first.code == 0, first.err
        assert "the database matches plan" in first.out
        assert left(ours, after, renames) == []
        assert sorted(ours.observe().splitlines()) == sorted(theirs.observe().splitlines())
        assert contents(ours) == contents(theirs)
        dump, held, ids = ours.observe(), contents(ours), ours.query(IDS)
        second = run_script(ours, text, *options)
        assert second.code == 0, second.err
        assert "the database matches plan" in second.out
        assert "done already" in second.err
        assert (ours.observe(), contents(ours)) == (dump, held)
        assert ours.query(IDS) == ids
    return text


@pytest.mark.parametrize("options", [(), ("-1",)], ids=["as it is", "in one transaction"])
@pytest.mark.live("postgres")
def test_everything_at_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    same_as_apply(tmp_path, BEFORE, AFTER, rows=ROWS, options=options)


@pytest.mark.live("postgres")
def test_from_nothing_to_everything_and_back(tmp_path: Path) -> None:
    same_as_apply(tmp_path, [], WIDE)
    same_as_apply(tmp_path, WIDE, [obj for obj in WIDE if obj.ref.kind == Kind.SCHEMA])


SMALL: list[Object] = [
    Table(ref=ORDERS, comment="it's $script$ and $sql$"),
    column(ORDERS, "id", "int", 1),
    column(ORDERS, "label", "varchar(20)", 2, default=Literal("a")),
    key(ORDERS, "id"),
    check(ORDERS, "orders_label_check", "label <> ''"),
    index(ORDERS, "orders_label_idx", "label"),
    view("labels", "select label from orders"),
]
RENAMED = root("purchases")


@pytest.mark.live("postgres")
def test_a_rename_with_everything_that_follows_it(tmp_path: Path) -> None:
    after: list[Object] = [
        Table(ref=RENAMED), column(RENAMED, "id", "bigint", 1), column(RENAMED, "name", "varchar(40)", 2),
        column(RENAMED, "n", "int", 3, default=Literal(-3)), key(RENAMED, "id"),
        check(RENAMED, "orders_label_check", "name <> 'x'"), index(RENAMED, "orders_label_idx", "name", "id"),
        view("labels", "select name as label from purchases"),
    ]  # fmt: skip
    renames = {RENAMED: ORDERS, RENAMED.child(Kind.COLUMN, "name"): RENAMED.child(Kind.COLUMN, "label")}
    same_as_apply(tmp_path, SMALL, after, rows="insert into orders values (1, 'p'), (2, 'q')", renames=renames)


@pytest.mark.live("postgres")
def test_an_enum_that_loses_values(tmp_path: Path) -> None:
    status = changed(SMALL, enum("s", "a", "b"), column(ORDERS, "s", "enum(s)", 3, default=Literal("a")))
    fewer = changed(status, enum("s", "a"))
    same_as_apply(tmp_path, status, fewer, rows="insert into orders (id) values (1)")


def made(target: Target, *objects: Object) -> None:
    """Make these objects on an empty database."""
    place = on(target.url)
    with connected(place) as session:
        converge(session, place, declared(objects))


@pytest.mark.live("postgres")
def test_rows_that_contradict_stop_it_before_anything(pg: Target) -> None:
    made(pg, *SMALL)
    label = column(ORDERS, "label", "varchar(20)", 2, not_null=True, default=Literal("a"))
    text = scripted(pg, changed(SMALL, label, column(ORDERS, "n", "int", 3)))
    pg.execute("insert into orders values (1, null)")
    done = run_script(pg, text)
    assert done.code != 0
    assert "MF104 at table.orders.column.label: rows where it is null: 1" in done.err
    assert pg.query("select 1 from information_schema.columns where column_name = 'n'") == []


@pytest.mark.live("postgres")
def test_what_is_neither_as_before_nor_as_planned_stops_it(pg: Target) -> None:
    made(pg, *SMALL)
    text = scripted(pg, changed(SMALL, column(ORDERS, "label", "varchar(40)", 2, default=Literal("a"))))
    pg.execute("drop view labels; alter table orders alter column label type varchar(30)")
    done = run_script(pg, text)
    assert done.code != 0
    assert "neither as before nor as planned: table.orders.column.label" in done.err


@pytest.mark.live("postgres")
def test_a_later_table_of_the_same_name_is_not_dropped(pg: Target) -> None:
    made(pg, *SMALL)
    text = scripted(pg, [])
    assert run_script(pg, text).code == 0
    pg.execute("create table orders (precious text); insert into orders values ('x')")
    done = run_script(pg, text)
    assert done.code != 0
    assert pg.query("select * from orders") == [("x",)]


@pytest.mark.live("postgres")
def test_without_a_stop_at_errors_nothing_goes_on_after_one(pg: Target) -> None:
    """psql goes on by itself: each block looks whether the one before it came to its end."""
    status = changed(SMALL, enum("s", "a"), column(ORDERS, "s", "enum(s)", 3))
    made(pg, *status)
    text = scripted(pg, changed(status, enum("s", "a", "b"), column(ORDERS, "n", "int", 4)))
    pg.execute("alter type s add value 'c'")
    done = psql(pg, text)
    assert "an earlier part of this script failed" in done.err
    assert "does not match" in done.out
    assert pg.query("select 1 from information_schema.columns where column_name = 'n'") == []


@pytest.mark.live("postgres")
def test_another_run_is_not_disturbed(pg: Target) -> None:
    place = on(pg.url)
    text = scripted(pg, SMALL)
    with DIALECT.lock(place, 1, lambda _: None):
        assert "another run of reconcile is at work" in run_script(pg, text).err
    assert run_script(pg, text).code == 0
