"""The connection, the lock, the transaction and the rights: what a run stands on."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.dialects.base import DatabaseError, Session, Target
from reconciler.dialects.postgres.dialect import DIALECT
from reconciler.errors import LockTaken, TargetError
from reconciler.model.objects import ForeignKey, Object, Schema, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Generated
from tests.conformance.postgres.driver import connected, converge, declared, on, planned
from tests.conformance.postgres.samples import changed, check, column, enum, key, root, sql
from tests.target import Target as Database

T = root("t")


def test_texts_reach_the_server_untouched(pg: Database) -> None:
    with connected(on(pg.url)) as session:
        assert session.query("select 'a%b', 7 % 4, '%s', ':name', '%(x)s'") == [("a%b", 3, "%s", ":name", "%(x)s")]
        assert session.query("select cast(:a as text) || '%', 7 % 4", {"a": "it's"}) == [("it's%", 3)]
        session.execute("create table t (a text)")
        assert session.execute("insert into t values (:a), (:b)", {"a": "x", "b": "%"}) == 2
        assert session.query("select a from t where a like '%%'") == [("x",), ("%",)]


def test_the_session_is_pinned(pg: Database) -> None:
    pg.execute("create schema app")
    with connected(Target(dialect="postgres", url=pg.url, label="x", schema="app")) as session:
        assert session.query("select current_schema(), current_setting('application_name')") == [("app", "reconcile")]
        server = DIALECT.server(session)
        assert server.memory == f"{server.version.split('.')[0]}|app"
        assert server.elaborates
    with connected(on(pg.url)) as session:
        assert session.query("select current_setting('client_connection_check_interval')") == [("500ms",)]


def drop_and_fail(session: Session) -> None:
    session.execute("drop table t")
    session.execute("select 1/0")


def test_transactions(pg: Database) -> None:
    with connected(on(pg.url)) as session:
        with DIALECT.transaction(session, (), 60):
            session.execute("create table t (a int)")
            assert session.query("select current_setting('lock_timeout'), current_setting('statement_timeout')") == [
                ("3s", "0")
            ]
        with pytest.raises(DatabaseError), DIALECT.transaction(session, (), 1):
            drop_and_fail(session)
        assert session.query("select count(*) from t") == [(0,)]
        session.rollback()


@pytest.mark.parametrize("seconds", [0, 0.0004])
def test_no_patience_is_not_endless_patience(pg: Database, seconds: float) -> None:
    with connected(on(pg.url)) as session, DIALECT.transaction(session, (), seconds):
        assert session.query("select current_setting('lock_timeout')") == [("1ms",)]


# statement → what its error names, and what its message must not show
SECRETS = {
    "insert into t values ('s3cret', 5, 1)": ("t_e_key", "unique"),
    "insert into t values ('s3cret2', -5, 1)": ("positive", "check"),
    "insert into t values ('s3cret3', null, 1)": ('column "n"', "null"),
    "insert into t values ('s3cret4', 7, 77)": ("t_r_fkey", "foreign key"),
    "alter table t alter e type int using e::int": ("integer", "invalid input syntax"),
    "alter table t alter e type date using e::date": ("date", "invalid input syntax"),
    "select cast('s3c\"ret' as mood)": ("mood", "invalid input value"),
    "create unique index i on t (f)": ('"i"', "unique"),
    "alter table t add constraint small check (n < 5)": ('"small"', "violated by some row"),
}


@pytest.mark.parametrize("statement", SECRETS)
def test_values_of_rows_are_in_no_message(pg: Database, statement: str) -> None:
    pg.execute(
        "create type mood as enum ('calm'); create table p (id int primary key); insert into p values (1); "
        "create table t (e text unique, n int not null constraint positive check (n > 0), r int references p, "
        "f text default 's3cret')"
    )
    pg.execute("insert into t values ('s3cret', 5, 1), ('s3cret9', 6, 1)")
    with connected(on(pg.url)) as session, pytest.raises(DatabaseError) as error:
        session.execute(statement)
    for words in SECRETS[statement]:
        assert words in error.value.message
    shown = "".join(traceback.format_exception(error.value))
    assert "s3c" not in str(error.value)
    assert "77" not in str(error.value)
    assert "(s3c" not in shown
    assert not error.value.detail or any(value in error.value.detail for value in ("s3c", "77"))


def test_a_message_says_what_stands_in_the_way(pg: Database) -> None:
    pg.execute("create table t (a int); create view v as select a from t")
    with connected(on(pg.url)) as session, pytest.raises(DatabaseError) as error:
        session.execute("drop table t")
    assert "view v depends on table t" in error.value.message


@pytest.mark.parametrize(
    ("statement", "code", "retryable"),
    [
        ("select * from missing", "42P01", False),
        ("select 1/0", "22012", False),
        ("select * from t", "55P03", True),
    ],
)
def test_errors_are_data(pg: Database, statement: str, code: str, retryable: bool) -> None:
    pg.execute("create table t (a int)")
    with connected(on(pg.url)) as holder, connected(on(pg.url)) as session:
        holder.begin()
        holder.execute("lock table t")
        session.execute("set lock_timeout = '50ms'")
        with pytest.raises(DatabaseError) as error:
            session.execute(statement)
        holder.rollback()
    assert (error.value.code, error.value.retryable, error.value.lost) == (code, retryable, False)


# What asks the driver and not SQLAlchemy is told of the loss too.
AFTERWARDS: tuple[Callable[[Session], object], ...] = (
    lambda session: session.query("select 1"),
    lambda session: session.execute_each(["select 1"]),
    lambda session: session.insert("t", ["a"], [(1,)]),
)


def test_a_lost_connection_is_told_as_such(pg: Database) -> None:
    for kill in ("abandon", "terminate"):
        session = DIALECT.connect(on(pg.url))
        pid = session.query("select pg_backend_pid()")[0][0]
        if kill == "abandon":
            session.abandon()
        else:
            pg.query(f"select pg_terminate_backend({pid})")
        with pytest.raises(DatabaseError) as error:
            session.query("select 1")
        assert error.value.lost
        for again in AFTERWARDS:
            with pytest.raises(DatabaseError) as error:
                again(session)
            assert error.value.lost
        session.close()


def refused(url: str) -> TargetError:
    with pytest.raises(TargetError) as error:
        DIALECT.connect(Target(dialect="postgres", url=url, label="shop@host"))
    assert error.value.hint
    assert "s3cret" not in error.value.message + error.value.hint
    assert "\n" not in error.value.message
    return error.value


def test_a_target_that_cannot_be_reached(pg: Database, tmp_path: Path) -> None:
    assert "nothing listens there" in refused("postgresql://me:s3cret@127.0.0.1:1/x").message
    assert "host name is unknown" in refused("postgresql://me:s3cret@nowhere.invalid/x").message
    assert "no server socket" in refused(f"postgresql://me:s3cret@/x?host={tmp_path}").message
    head, _, tail = pg.url.partition("/rc_test_")
    assert "does not exist" in refused(f"{head}/missing?{tail.partition('?')[2]}").message
    assert "no PostgreSQL URL" in refused("mysql://me:s3cret@host/x").message
    refused("postgresql://me:s3cret@host:port/x")


def test_the_lock_keeps_others_out_and_names_its_holder(pg: Database) -> None:
    target = on(pg.url)
    told: list[str] = []
    with DIALECT.lock(target, 1, told.append) as mine:
        assert mine.held()
        started = time.monotonic()
        with pytest.raises(LockTaken) as error, DIALECT.lock(target, 0.6, told.append):
            pass
        assert 0.5 < time.monotonic() - started < 30
        assert "pid" in error.value.message
        assert "postgres" in error.value.message
        assert len(told) == 1
        other = Target(dialect="postgres", url=pg.url, label="x", schema="app")
        with DIALECT.lock(other, 0, told.append) as theirs:
            assert theirs.held()
    with DIALECT.lock(target, 0, told.append):
        assert len(told) == 1


def test_a_waiting_run_gets_the_lock_when_it_is_free(pg: Database) -> None:
    target, got = on(pg.url), threading.Event()

    def second() -> None:
        with DIALECT.lock(target, 10, lambda _: None):
            got.set()

    with DIALECT.lock(target, 0, lambda _: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert not got.wait(0.5)
    assert got.wait(5)
    thread.join()


def test_a_lock_whose_connection_died_is_not_held(pg: Database) -> None:
    with DIALECT.lock(on(pg.url), 0, lambda _: None) as mine:
        pg.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reconcile lock' "
                 "and datname = current_database()")  # fmt: skip
        assert not mine.held()


def test_capacity_is_below_the_lock_table(pg: Database) -> None:
    with connected(on(pg.url)) as session:
        capacity = DIALECT.capacity(session)
        entries = session.query(
            "select current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int"
        )[0][0]
    assert capacity is not None
    assert 0 < capacity < entries


def test_the_count_of_locks_is_no_dream(pg: Database) -> None:
    """What a plan says that it takes is at least what the server shows, and not three times as much."""
    other = root("other")
    wanted: list[Object] = [
        Table(ref=T), column(T, "id", "bigint", identity=None), key(T, "id"), column(T, "note", "text"),
        Table(ref=other), column(other, "id", "bigint"), key(other, "id"),
        ForeignKey(ref=other.child(Kind.FOREIGN_KEY, "f"), columns=("id",), target=T),
    ]  # fmt: skip
    target = on(pg.url)
    with connected(target) as session:
        plan = planned(session, target, declared(wanted)).plan
        session.begin()
        for statement in plan.statements:
            session.execute(statement.sql)
        # Locks on rows of the catalogs are let go; those on relations stay until the end.
        taken = session.query(
            "select count(distinct relation) from pg_locks where pid = pg_backend_pid() and relation > 16000"
        )
        session.rollback()
    promised = sum(statement.relations for statement in plan.statements)
    assert taken[0][0] <= promised <= 3 * taken[0][0]


def as_role(pg: Database, role: str) -> str:
    return pg.url.replace("//postgres@", f"//{role}@")


def test_missing_rights_are_found_before_the_first_step(pg: Database) -> None:
    role = f"rc_weak_{pg.url.split('rc_test_')[1].split('?')[0]}"
    there: list[Object] = [enum("mood", "calm"), Table(ref=T), column(T, "id", "int"), key(T, "id")]
    other, app = root("other"), root("x", "app")
    with connected(on(pg.url)) as session:
        converge(session, on(pg.url), declared(there))
    pg.execute(f"create role {role} login; revoke create on schema public from public")
    wanted: list[Object] = changed(
        there,
        enum("mood", "calm", "wild"), column(T, "a", "int"), Table(ref=other), column(other, "id", "int"),
        ForeignKey(ref=other.child(Kind.FOREIGN_KEY, "f"), columns=("id",), target=T),
        Schema(ref=Ref.root(Kind.SCHEMA, "app")), Table(ref=app), column(app, "id", "int"),
    )  # fmt: skip
    try:
        target = on(as_role(pg, role), "app")
        with connected(target) as session:
            problems = planned(session, target, declared(wanted)).obstacles
        hints = {problem.hint for problem in problems}
        database = pg.query("select current_database()")[0][0]
        assert hints == {
            f'GRANT CREATE ON DATABASE "{database}" TO "{role}"',
            f'GRANT CREATE ON SCHEMA "public" TO "{role}"',
            f'ALTER TABLE "t" OWNER TO "{role}"',
            f'ALTER TYPE "mood" OWNER TO "{role}"',
        }
        for problem in problems:
            pg.execute(problem.hint)
        with connected(target) as session:
            assert planned(session, target, declared(wanted)).obstacles == ()
            converge(session, target, declared(wanted))
    finally:
        pg.execute(f"reassign owned by {role} to postgres; drop owned by {role}; drop role {role}")


def test_a_read_only_server_is_told_and_not_elaborated_on(pg: Database) -> None:
    name = pg.query("select current_database()")[0][0]
    pg.execute(f'alter database "{name}" set default_transaction_read_only = on')
    with connected(on(pg.url)) as session:
        assert not DIALECT.server(session).elaborates
        plan = planned(session, on(pg.url), declared([enum("mood", "calm")]))
    assert [problem.message for problem in plan.obstacles] == ["the database is read-only for this user"]


def test_a_session_for_reading_changes_nothing(pg: Database) -> None:
    pg.execute("create table t (a int, constraint c check (a in (1, 2)))")
    target = replace(on(pg.url), access="read")
    with connected(target) as session:
        with pytest.raises(DatabaseError) as error:
            session.execute("drop table t")
        assert error.value.code == "25006"
        wanted: list[Object] = [Table(ref=T), column(T, "a", "int"), check(T, "c", "a in (1,2)")]
        plan = planned(session, target, declared(wanted))
        assert plan.plan.empty
        assert plan.server.elaborates
        assert planned(session, target, declared([])).obstacles == ()


def test_what_the_server_is_too_old_for(pg: Database) -> None:
    target = on(pg.url)
    wanted: list[Object] = [
        Table(ref=T), column(T, "a", "int"),
        column(T, "b", "int", 2, generated=Generated(sql("a + 1"), stored=False)),
    ]  # fmt: skip
    with connected(target) as session:
        if "virtual_generated" in DIALECT.server(session).features:
            converge(session, target, declared(wanted))
        else:
            assert "PostgreSQL 18" in planned(session, target, declared(wanted)).obstacles[0].message


def test_a_query_changes_no_row(pg: Database) -> None:
    with connected(on(pg.url)) as session:
        session.execute("create table t (a int)")
        assert session.execute("insert into t values (1), (2), (3)") == 3
        assert session.execute("select a from t") == 0
        assert session.execute_each(["update t set a = 0 where a > 1", "select a from t"]) == [2, 0]
