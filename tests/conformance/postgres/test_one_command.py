"""No text of a spec reaches the server together with another: what is written behind a semicolon never runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.compare.compare import Owned
from reconciler.compare.planning import prepare
from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object, Table
from reconciler.model.ref import Kind
from reconciler.model.values import Generated
from reconciler.plan.policy import Policy
from tests.conformance.postgres.driver import connected, on, run
from tests.conformance.postgres.samples import changed, check, column, expression, index, native, root, sql, view
from tests.conformance.postgres.specs import Specs
from tests.target import Target

T = root("t")
HARM = "commit; begin; set transaction read write; drop table victim; select nextval('counter'); commit; begin"
LIVE = """
create table victim (a int);
create sequence counter;
create table t (a int, b int default 7, c int, g int generated always as (a + 1) stored, constraint k check (a > 1));
create index i on t (a) where a > 1;
create index e on t ((a + 1));
create view v as select a from t
"""
DECLARED: list[Object] = [
    Table(ref=T), column(T, "a", "int", 1), column(T, "b", "int", 2, default=sql("3 + 4")), column(T, "c", "int", 3),
    column(T, "g", "int", 4, generated=Generated(sql("a + 1"))), check(T, "k", "a > 1"),
    index(T, "i", "a", where=sql("a > 1")), index(T, "e", expression("a + 1")), view("v", "select a from t"),
]  # fmt: skip

# What an author could write in each place: behind a semicolon, and inside what is still one command.
TEXTS: dict[str, Object] = {
    "view": view("v", f"select 1 as x; {HARM}; create temp view w as select 1 as x"),
    "index where": index(T, "i", "a", where=sql(f"a > 2; {HARM}")),
    "index expression": index(T, "e", expression(f"a + 2)); {HARM}; create index on t ((a")),
    "operator class": index(T, "e", expression("a + 2", opclass=f"int4_ops); {HARM}; select (1")),
    "type": column(T, "c", native(f"bigint); {HARM}; create temp table w (a int"), 3),
    "type of a query": column(T, "a", native("bigint) as select nextval('counter') --"), 1),
    "default": column(T, "b", "int", 2, default=sql(f"8); {HARM}; select (1")),
    "check": check(T, "k", f"a > 2); {HARM}; select (1"),
    "generated": column(T, "g", "int", 4, generated=Generated(sql(f"a + 2) stored; {HARM}; select (1"))),
}


def harmless(pg: Target) -> bool:
    return pg.query("select to_regclass('victim') is not null, (select is_called from counter)") == [(True, False)]


@pytest.mark.parametrize("place", TEXTS)
def test_a_plan_runs_nothing_that_is_written_into_a_text(pg: Target, place: str) -> None:
    pg.execute(LIVE)
    desired = DIALECT.normalize(Model(changed(DECLARED, TEXTS[place]))).model
    target = on(pg.url)
    with connected(target) as session:
        actual = DIALECT.normalize(DIALECT.inspect(session, target).model).model
        found = DIALECT.elaborate(session, list(desired.values()), actual, desired)
        assert TEXTS[place].ref not in found
        assert found
        prepare(DIALECT, session, target, Desired(model=desired), Owned(known=True), Policy())
    assert harmless(pg)


def test_a_question_to_the_rows_is_one_command(pg: Target) -> None:
    """The check is new, so nothing is elaborated, and its text stands in the question that a plan asks."""
    pg.execute(LIVE)
    new = check(T, "new", f"a > 2); {HARM}; select 0 where (true")
    target = on(pg.url)
    with connected(target) as session:
        desired = Desired(model=DIALECT.normalize(Model([*DECLARED, new])).model)
        plan = prepare(DIALECT, session, target, desired, Owned(known=True), Policy())
    assert [hazard.code for hazard in plan.hazards if hazard.ref == T.child(Kind.CHECK, "new")] == ["MF105"]
    assert harmless(pg)


@pytest.mark.parametrize("place", TEXTS)
def test_an_apply_runs_one_command_a_statement(pg: Target, place: str) -> None:
    pg.execute(LIVE)
    desired = DIALECT.normalize(Model(changed(DECLARED, TEXTS[place]))).model
    target = on(pg.url)
    with connected(target) as session:
        plan = prepare(DIALECT, session, target, Desired(model=desired), Owned(known=True), Policy())
        with pytest.raises(DatabaseError) as error:
            run(session, plan)
    assert error.value.code.startswith("42")
    assert harmless(pg)


WAYS: dict[str, Callable[[Session, str], object]] = {
    "query": lambda session, text: session.query(text),
    "execute": lambda session, text: session.execute(text),
    "all": lambda session, text: session.execute_each(["select 1", text]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("inside", [False, True])
def test_the_server_refuses_a_second_command(pg: Target, way: str, inside: bool) -> None:
    pg.execute(LIVE)
    with connected(on(pg.url)) as session:
        if inside:
            session.begin()
        with pytest.raises(DatabaseError) as error:
            WAYS[way](session, f"select 1; {HARM}")
        assert (error.value.code, error.value.lost) == ("42601", False)
        session.rollback()
        WAYS[way](session, "select 'a%b', '%s', 7 % 4, ';';")
    assert harmless(pg)


def test_statements_in_one_go_stop_at_the_first_that_fails(pg: Target) -> None:
    pg.execute(LIVE)
    with connected(on(pg.url)) as session:
        session.begin()
        with pytest.raises(DatabaseError) as error:
            session.execute_each(["savepoint s", "select 1/0", "drop table victim", "release s"])
        assert (error.value.code, error.value.message) == ("22012", "division by zero")
        session.execute_each(["rollback to s", "release s", "insert into victim values (1)"])
        session.commit()
        assert session.query("select count(*) from victim") == [(1,)]
        session.abandon()
        with pytest.raises(DatabaseError) as error:
            session.execute_each(["select 1", "select 2"])
        assert error.value.lost


def test_a_question_to_the_rows_writes_nothing(pg: Target, tmp_path: Path) -> None:
    """A check may call a function that writes; what it does while rows are asked is refused, also while applying."""
    specs = Specs(tmp_path / "specs", pg.url)
    table = "table: t\ncolumns: {a: {type: int}}\n"
    specs.apply(table)
    pg.execute(
        "insert into t values (1); create table touched (a int);"
        "create function touch(a int) returns bool language plpgsql as "
        "'begin insert into touched values (a); return true; end'"
    )
    done = specs.plan(table + "checks: {c: touch(a)}\n")
    assert [hazard.code for hazard in done.planned.hazards] == ["MF105"]
    assert "read-only" in done.planned.hazards[0].message
    specs.apply(table + "checks: {c: touch(a)}\n")
    assert pg.query("select count(*) from touched") == [(1,)]  # the server itself, when it took the check
