"""A large table's column gets another type beside itself while others write; whoever dies when, no write is lost."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler import Refused, workflow
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.errors import ReconcileError
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from reconciler.plan.step import Stage
from tests.conformance.driver import Project
from tests.conformance.mysql.test_foreign_keys_online import just_before
from tests.target import Target, mysql_connection

MANY = 400
# MariaDB copies while others write, but where a foreign key of the table cascades.
BEFORE = """table: p
columns: {id: {type: bigint, primary_key: true}}
---
table: t
columns:
  id: {type: bigint, identity: true, primary_key: true}
  a: {type: int, not_null: true, default: 5}
  b: {type: varchar(20)}
  m: {type: bigint}
  at: {native: timestamp, not_null: true, default: {sql: current_timestamp}, on_update_now: true}
  p: {type: bigint, references: p.id, on_delete: cascade}
indexes: {t_ab: [a, b]}
unique: {t_a_id: [a, id]}
---
table: c
columns: {id: {type: bigint, primary_key: true}, t: {type: bigint, references: t.id}}
"""
AFTER = BEFORE.replace("a: {type: int", "a: {type: bigint")
EVERYTHING, NOTHING = workflow.Terms(given=(Allowance("*"),)), workflow.Terms()


@pytest.fixture
def large(project: Project, my: Target) -> Project:
    """A project to which so many rows are many; `m` says of each what `a` is to be."""
    file = project.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("approve: never", f"approve: never, small_table_rows: {MANY}"))
    filled(project, my)
    return project


def filled(project: Project, my: Target) -> None:
    my.execute("drop table if exists c; drop table if exists t; drop table if exists p")
    project.apply(BEFORE)
    texts = [repr(f"b{n}") if n % 3 else "null" for n in range(MANY + 1)]
    rows = ", ".join(f"({n}, {n}, {n}, {texts[n]}, 1, '2020-02-02')" for n in range(1, MANY + 1))
    my.execute(f"insert into p values (1); insert into t (id, a, m, b, p, at) values {rows}; analyze table t")
    project.plan(AFTER)


def applied(project: Project) -> None:
    """Apply with no consent to anything, and hold that nothing is left."""
    workflow.apply(project.request, NOTHING)
    assert workflow.plan(project.request).planned.plan.empty


def none_lost(my: Target) -> bool:
    assert "__rc_" not in "".join(str(row) for row in my.query("show create table t"))
    assert my.query("show triggers") == []
    return my.query("select count(*) from t where not (a <=> m)") == [(0,)]


def test_it_is_filled_in_portions_and_takes_its_place(large: Project, my: Target) -> None:
    planned = workflow.plan(large.request).planned
    assert [step.stage for step in planned.plan.steps] == [Stage.EXPAND, Stage.FILL, Stage.TIGHTEN]
    assert {hazard.code for hazard in planned.hazards} == {"MY131"}
    columns, indexes = my.query("show columns from t"), my.query("select index_name from information_schema.statistics"
        " where table_schema = database() and table_name = 't' order by index_name, seq_in_index")  # fmt: skip
    applied(large)
    assert none_lost(my)
    assert my.query("select count(*), min(at), max(at) from t where at < '2021-01-01'")[0][0] == MANY
    now = my.query("show columns from t")
    assert [row[0] for row in now] == [row[0] for row in columns]
    assert str(now[1][1]).startswith("bigint")
    assert indexes == my.query("select index_name from information_schema.statistics"
        " where table_schema = database() and table_name = 't' order by index_name, seq_in_index")  # fmt: skip
    my.execute("insert into t (b) values ('x')")
    assert my.query("select a from t where b = 'x'") == [(5,)]


def test_a_small_table_is_copied(large: Project, my: Target) -> None:
    my.execute(f"delete from t where id > {MANY // 2}; analyze table t")
    (step,) = workflow.plan(large.request).planned.plan.steps
    assert "ALGORITHM=COPY" in step.statements[0].sql
    applied(large)


@pytest.mark.parametrize(("before", "after", "value"), [
    ("type: varchar(20)", "type: varchar(300)", "concat('Ärger ', n)"),
    ("type: varchar(20)", "type: text", "concat('Ärger ', n)"),
    ("type: varchar(20), not_null: true, default: ''", "type: varchar(300), not_null: true", "concat('a', n)"),
    ("type: varchar(20), collation: latin1_swedish_ci", "type: varchar(20), collation: utf8mb4_bin", "'Ärger '"),
    ("type: 'decimal(10,2)'", "type: 'decimal(14,2)'", "n + 0.25"),
    ("native: datetime", "native: datetime(6)", "'2026-01-02 03:04:05'"),
    ("native: int unsigned", "type: bigint", "4000000000"),
    ("native: varbinary(20)", "native: blob", "x'00ff'"),
])  # fmt: skip
def test_each_value_is_the_same(large: Project, my: Target, before: str, after: str, value: str) -> None:
    spec = BEFORE.replace("b: {type: varchar(20)}", f"b: {{{before}}}").replace("t_ab: [a, b]", "t_a: [a]")
    my.execute("delete from t")
    large.apply(spec)
    counted = f"with recursive c (n) as (select 1 union all select n + 1 from c where n < {MANY}) select n from c"
    my.execute(f"insert into t (id, a, b) select n, n, {value} from ({counted}) s; analyze table t")
    shown = "select id, hex(b) from t order by id" if "binary" in before else "select id, b from t order by id"
    rows = my.query(shown)
    large.plan(spec.replace(f"b: {{{before}}}", f"b: {{{after}}}"))
    stages = [step.stage for step in workflow.plan(large.request).planned.plan.steps]
    # MariaDB only notes a longer varchar.
    assert (Stage.FILL in stages) or (my.dialect == "mariadb" and "varchar(300)" in after)
    applied(large)
    assert my.query(shown) == rows
    assert len(rows) == MANY


@contextmanager
def writing(my: Target) -> Iterator[list[int]]:
    """Add, change and delete rows all the while, each with what it is to be; what fails comes up at the end."""
    over, written, failures, some = threading.Event(), list[int](), list[Exception](), random.Random(7)

    def write() -> None:
        connection = mysql_connection(my.url)
        connection.autocommit(True)
        try:
            with connection.cursor() as cursor:
                while not over.is_set():
                    key, value = some.randint(1, MANY), some.randint(1, 2_000_000_000)
                    cursor.execute(f"update t set a = {value}, m = {value} where id = {key}")
                    cursor.execute(f"insert into t (a, m) values ({value}, {value})")
                    cursor.execute(f"delete from t where id = {MANY + some.randint(1, 50)}")
                    written.append(key)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        over.set()
        thread.join()
    assert not failures, failures


def test_who_writes_meanwhile_loses_nothing(large: Project, my: Target) -> None:
    with writing(my) as written:
        applied(large)
    assert len(written) > 5
    assert none_lost(my)


def forked(project: Project, arm: Callable[[], None]) -> bool:
    """Apply in a process that may die on its way; say whether it did."""
    child = os.fork()
    if child == 0:
        arm()
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def before_statement(number: int) -> None:
    """Die before that statement on the table."""
    whole, left = MysqlSession.execute, [number]

    def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
        if sql.startswith(("ALTER TABLE `t`", "LOCK", "UNLOCK", "DROP TRIGGER")):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return whole(self, sql, parameters)

    MysqlSession.execute = execute  # type: ignore[method-assign,assignment]


def test_killed_before_any_statement_the_next_apply_finishes(large: Project, my: Target) -> None:
    """Whoever writes after the death, with triggers or without, is not forgotten."""
    deaths, number = 0, 0
    while number == deaths:
        deaths += forked(large, lambda at=number: before_statement(at))  # type: ignore[misc]
        my.execute("update t set a = a + 1000, m = m + 1000 where id % 3 = 0; insert into t (a, m) values (9, 9)")
        applied(large)
        assert none_lost(my), number
        filled(large, my)
        number += 1
    assert deaths > 10


@pytest.mark.parametrize("point", failpoints.BACKFILL_POINTS)
def test_killed_while_it_is_filled_the_next_apply_finishes(large: Project, my: Target, point: str) -> None:
    assert forked(large, lambda: setattr(failpoints, "_POINT", failpoints._Armed(point, "kill", 1)))
    my.execute("update t set a = a + 1000, m = m + 1000 where id % 3 = 0; insert into t (a, m) values (9, 9)")
    applied(large)
    assert none_lost(my)


@pytest.mark.parametrize("point", ["batch_committed", "backfill_done"])
def test_killed_and_then_nobody_wants_it(large: Project, my: Target, point: str) -> None:
    assert forked(large, lambda: setattr(failpoints, "_POINT", failpoints._Armed(point, "kill", 1)))
    large.plan(BEFORE)
    applied(large)
    my.execute("update t set a = 77, m = 77 where id = 1")
    assert none_lost(my)


def test_a_trigger_that_is_missed_ends_it(large: Project, my: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody dropped it, and wrote: the column beside is behind."""

    def drop() -> None:
        (name,) = my.query("select min(trigger_name) from information_schema.triggers where trigger_schema = database()"
                           " and event_manipulation = 'UPDATE'")[0]  # fmt: skip
        my.execute(f"drop trigger `{name}`; update t set a = 123456, m = 123456 where id = 7")

    with monkeypatch.context() as patch:
        just_before(patch, "LOCK TABLES", drop)
        with pytest.raises(ReconcileError, match="what is written is not carried over any more"):
            workflow.apply(large.request, NOTHING)
    assert my.query("select a from t where id = 7") == [(123456,)]
    applied(large)
    assert none_lost(my)


# What somebody did to the table, and what the plan says then.
WHY = {
    "create trigger own before insert on t for each row set new.m = 1": "the trigger own would fire for each row",
    "alter table t add check (a > 0)": "names it",
    "alter table t add column g int generated always as (a + 1) virtual": "names it",
    "alter table t add unique (a); alter table c add x int, add foreign key (x) references t (a)": "is on it",
    "alter table t add fulltext (b)": "no column is added to the table at once",
    "alter table c drop foreign key c_t_fkey; alter table t modify id bigint, drop primary key": "no primary key",
}


@pytest.mark.parametrize("sql", WHY)
def test_what_is_not_filled_beside_says_why(large: Project, my: Target, sql: str) -> None:
    my.execute(f"set sql_mode = ''; {sql}")
    said = [one.message for one in workflow.plan(large.request).planned.hazards if one.code == "LK102"]
    assert len(said) >= 1
    assert any(WHY[sql] in text for text in said), said
    with pytest.raises(Refused):
        workflow.apply(large.request, NOTHING)
