"""A large table gets a foreign key while others write; a row that gets in between is found, whoever dies when."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reconciler import dialects, workflow
from reconciler.dialects.base import DatabaseError
from reconciler.dialects.base import Target as Place
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.errors import ReconcileError
from reconciler.execute.batches import Progress, carry_out
from reconciler.plan.policy import Allowance
from reconciler.report.sql import plan_sql
from tests.conformance.driver import Project
from tests.conformance.mysql.test_no_gap import writing
from tests.scripting import run_script
from tests.target import Target, mysql_connection

BEFORE = """table: p
columns: {id: {type: bigint, primary_key: true}}
---
table: t
columns: {id: {type: bigint, identity: true, primary_key: true}, p: {type: bigint, default: 1}, q: {type: bigint}}
"""
AFTER = f"{BEFORE}foreign_keys: {{t_fk: {{columns: [p], references: p.id, on_delete: cascade}}}}\n"
MANY = 100
ROWS = "insert into p values (1), (2); insert into t (id, p) values " + ", ".join(
    f"({number}, {number % 2 + 1 if number % 3 else 'null'})" for number in range(1001, 1001 + MANY)
)
EVERYTHING = workflow.Terms(given=(Allowance("*"),))


@pytest.fixture
def large(project: Project, my: Target) -> Project:
    """A project to which a hundred rows are many, with specs that ask for the key."""
    file = project.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("approve: never", f"approve: never, small_table_rows: {MANY}"))
    project.apply(BEFORE)
    my.execute(f"{ROWS}; analyze table t")
    project.plan(AFTER)
    return project


def statements(project: Project) -> list[str]:
    return [statement.sql for statement in workflow.plan(project.request).planned.plan.statements]


def just_before(monkeypatch: pytest.MonkeyPatch, word: str, act: Callable[[], None]) -> None:
    """Do something just before a statement is sent that begins so."""
    whole = MysqlSession.execute

    def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
        if sql.startswith(word):
            act()
        return whole(self, sql, parameters)

    monkeypatch.setattr(MysqlSession, "execute", execute)


def test_a_large_table_is_not_copied_and_a_small_one_is(large: Project, my: Target) -> None:
    assert not [sql for sql in statements(large) if "ALGORITHM=COPY" in sql]
    assert large.hazards(AFTER) == {"MY131"}
    my.execute("delete from t where id = 1001; analyze table t")
    (only,) = statements(large)
    assert "ALGORITHM=COPY" in only
    my.execute("insert into t (id, p) values (1001, 2); analyze table t")
    large.apply(AFTER)
    assert my.query("select count(*) from t") == [(MANY,)]
    with pytest.raises(Exception, match="foreign key constraint fails"):
        my.execute("insert into t (p) values (7)")


def test_nobody_fails_meanwhile(large: Project, my: Target) -> None:
    with writing(my):
        large.apply(AFTER)
    assert my.query("select count(*) from t where p is not null and p not in (select id from p)") == [(0,)]


def test_an_index_that_is_there_serves(large: Project, my: Target) -> None:
    indexed = "indexes: {t_ix: [p, q]}\n"
    large.apply(BEFORE + indexed)
    large.apply(AFTER + indexed)
    assert [row[2] for row in my.query("show index from t")] == ["PRIMARY", "t_ix", "t_ix"]


def test_a_row_that_gets_in_between_ends_it(large: Project, my: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    before = my.observe()
    with monkeypatch.context() as patch:
        just_before(patch, "ALTER TABLE `t` ADD", lambda: my.execute("insert into t (id, p) values (9, 9)"))
        with pytest.raises(ReconcileError, match=r"point to nothing in p: 1; they were.*") as caught:
            workflow.apply(large.request, EVERYTHING)
    assert "nothing was changed" in str(caught.value)
    assert my.observe() == before
    assert large.blocked(AFTER) == {"MF105"}
    my.execute("delete from t where p = 9")
    large.apply(AFTER)


def test_a_column_that_comes_with_the_key_points_somewhere(large: Project, my: Target) -> None:
    """No row can be asked beforehand, and all are afterwards."""
    more = AFTER.replace("q: {type: bigint}", "q: {type: bigint}, r: {type: bigint, default: 8}")
    large.plan(f"{more[:-2]}, t_r_fk: {{columns: [r], references: p.id}}}}\n")
    with pytest.raises(ReconcileError, match=f"point to nothing in p: {MANY}"):
        workflow.apply(large.request, EVERYTHING)
    my.execute("insert into p values (8)")
    workflow.apply(large.request, EVERYTHING)
    assert workflow.plan(large.request).planned.plan.empty


def test_what_was_deleted_and_not_committed_is_waited_for(large: Project, my: Target) -> None:
    """The look would see the parent's row still, and nothing holds it."""
    (count,) = my.query("select count(*) from t where p = 2")[0]
    with closing(mysql_connection(my.url)) as connection, connection.cursor() as cursor:
        connection.autocommit(False)
        cursor.execute("delete from p where id = 2")
        later = threading.Timer(2.0, connection.commit)
        later.start()
        try:
            with pytest.raises(ReconcileError, match=f"point to nothing in p: {count}"):
                workflow.apply(large.request, EVERYTHING)
        finally:
            later.join()
    assert "__rc_" not in my.observe()


@pytest.mark.parametrize("parent", ["engine = myisam", "partition by hash (id) partitions 2"])
def test_who_can_be_no_parent_is_none(large: Project, my: Target, parent: str) -> None:
    """The server takes these for parents while it checks nothing (MySQL all but one with partitions)."""
    my.execute(f"alter table p {parent}")
    before = my.observe()
    with pytest.raises(ReconcileError):
        workflow.apply(large.request, EVERYTHING)
    assert my.observe() == before


def killed_at(project: Project, number: int) -> bool:
    """Apply in a process that ends, as by `kill -9`, before that statement of the step; say whether it came so far."""
    child = os.fork()
    if child == 0:
        whole, left = MysqlSession.execute, [number]

        def execute(self: MysqlSession, sql: str, parameters: None = None) -> int:
            if sql.startswith(("ALTER TABLE `t`", "SET SESSION foreign", "LOCK", "UNLOCK")) and left[0] >= 0:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return whole(self, sql, parameters)

        MysqlSession.execute = execute  # type: ignore[method-assign,assignment]
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_before_any_statement_the_next_apply_finishes(large: Project, my: Target) -> None:
    """Nobody takes a key for one whose rows were looked at that never were."""
    first = 3  # that many sessions set what they need before
    for number in range(first, first + 9):
        died = killed_at(large, number)
        if died and "CONSTRAINT `t_fk`" not in my.observe():
            # Whoever died knows nothing of this row, which no key held before.
            with closing(mysql_connection(my.url)) as connection, connection.cursor() as cursor:
                cursor.execute("set foreign_key_checks = 0")
                cursor.execute("insert into t (id, p) values (50, 50)")
            assert large.blocked(AFTER) == {"MF105"}
            my.execute("delete from t where id = 50")
        large.apply(AFTER)
        assert "__rc_" not in my.observe()
        large.apply(BEFORE)
        my.execute("drop index if exists t_fk on t" if my.dialect == "mariadb" else "select 1")
        large.plan(AFTER)
    assert not died


def test_the_session_checks_again_however_it_ends(large: Project, my: Target) -> None:
    mine = dialects.dialect(my.dialect)
    plan = workflow.plan(large.request).planned.plan
    my.execute("insert into t (id, p) values (9, 9)")
    with closing(mine.connect(Place(dialect=my.dialect, url=my.url, label="x", access="write"))) as session:
        with pytest.raises(DatabaseError), mine.transaction(session, plan.steps, 3):
            carry_out(session, Progress(), 0, plan.steps)
        assert session.query("select @@foreign_key_checks") == [(1,)]
    assert "__rc_" not in my.observe()


def test_a_script_looks_too(large: Project, my: Target, tmp_path: Path) -> None:
    script = plan_sql(workflow.plan(large.request, given=[Allowance("*")]))
    first, mark, rest = script.partition("SET SESSION foreign_key_checks = 0;")
    my.execute("insert into t (id, p) values (9, 9)")
    late = run_script(my, f"{first}DELETE FROM t WHERE id = 9;\n{mark}INSERT INTO t (id, p) VALUES (9, 9);\n{rest}")
    assert late.code != 0
    assert "rows that point to nothing in p: 1" in late.out
    my.execute("delete from t where id = 9")
    between, mark, rest = rest.partition("\nSET SESSION foreign_key_checks = 1;")
    late = run_script(my, f"{first}SET SESSION foreign_key_checks = 0;INSERT INTO t (id, p) VALUES (9, 9);"
                          f"{between}{mark}{rest}")  # fmt: skip
    assert late.code != 0
    assert "CONSTRAINT `t_fk`" not in my.observe()
    my.execute("delete from t where id = 9")
    assert "the database matches plan" in run_script(my, script).ok().out
    assert "the database matches plan" in run_script(my, script).ok().out
    assert workflow.plan(large.request).planned.plan.empty
