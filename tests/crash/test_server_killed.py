"""The server is killed in the middle of a statement and started again; the next apply finishes what it left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url

from tests.conformance.driver import Project
from tests.crash.dying import ENDS, LARGE, settled, started
from tests.engines import dump_postgres
from tests.engines.own import own_server
from tests.target import Row, Target, mysql_connection

ROWS = 100_000
BEFORE = """\
table: t
columns: {id: {type: bigint, not_null: true}, a: {type: int}, b: {type: varchar(40)}}
primary_key: [id]
"""
# Each of them reads or writes every row.
AFTER = (
    BEFORE.replace("a: {type: int}", "a: {type: bigint, not_null: true}")
    + "indexes: {t_b_idx: [b, a], t_a_idx: [a]}\nchecks: {t_check: a > 0}\nunique: {t_b_key: [b]}\n"
)
FILL = {
    "postgres": f"INSERT INTO t SELECT n, n, md5(n::text) FROM generate_series(1, {ROWS}) n",
    "mysql": f"SET cte_max_recursion_depth = {ROWS}; INSERT INTO t "
    f"WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS})"
    " SELECT n, n, concat('row ', n) FROM s",
    "mariadb": f"INSERT INTO t SELECT seq, seq, concat('row ', seq) FROM seq_1_to_{ROWS}",
}
# Whether the server is at a statement that changes the schema.
AT_WORK = {
    "postgres": "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query ~* '^(ALTER TABLE|CREATE.* INDEX)'",
    "mysql": "SELECT 1 FROM information_schema.processlist WHERE info REGEXP '^(ALTER TABLE `?t`?|CREATE.* INDEX) '",
}
KILLS = 2


def _target(server: str, url: str) -> Target:
    """Return a database on a server that comes and goes: nothing is kept open."""

    @contextmanager
    def asked(sql: str) -> Iterator[Callable[[], list[Row]]]:
        if server == "postgres":
            with psycopg.connect(url, autocommit=True) as connection:
                yield connection.execute(sql.encode()).fetchall
            return
        with closing(mysql_connection(url)) as opened, opened.cursor() as cursor:
            cursor.execute(sql)
            yield lambda: list(cursor.fetchall())
            while cursor.nextset():
                pass

    def execute(sql: str) -> None:
        with asked(sql):
            pass

    def query(sql: str) -> list[Row]:
        with asked(sql) as rows:
            return rows()

    def observe() -> str:
        return dump_postgres(url) if server == "postgres" else str(query("SHOW CREATE TABLE t")[0][1])

    return Target(server, server, url, execute, query, observe)


def _until_at_work(target: Target, child: int) -> bool:
    """Wait for a statement that changes the schema; say whether there was one before the apply had ended."""
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            if target.query(AT_WORK["postgres" if target.dialect == "postgres" else "mysql"]):
                return True
        except (psycopg.OperationalError, pymysql.OperationalError):
            return False
        time.sleep(0.002)
    return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "large"), [("postgres", False), ("postgres", True), ("mysql", False), ("mariadb", False)]
)
def test_the_next_apply_finishes(server: str, large: bool, tmp_path: Path) -> None:
    with own_server(server) as own:
        url = own.url
        if server != "postgres":
            _target(server, url).execute("CREATE DATABASE own")
            url = make_url(url).set(database="own").render_as_string(hide_password=False)
        target = _target(server, url)
        project = Project(tmp_path, target)
        if large:
            file = project.folder / "reconcile.yaml"
            file.write_text(file.read_text().replace("policy: {approve: never}", LARGE))
        project.apply(BEFORE)
        target.execute(FILL[server])
        project.plan(AFTER)
        kills = 0
        for number in range(KILLS):
            child = started(project)
            if caught := _until_at_work(target, child):
                time.sleep(0.02 * number)
                own.kill()
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert code in ENDS["drop_conn"], code
            kills += caught
            if caught:
                own.start()
        assert kills, "nothing took long enough to be killed"
        project.apply(AFTER)
        settled(project)
        assert target.query("SELECT count(*), sum(a), count(DISTINCT b) FROM t") == [
            (ROWS, ROWS * (ROWS + 1) // 2, ROWS)
        ]
