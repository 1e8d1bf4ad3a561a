"""A lock that is not had, a full disk, rights that are taken away, a run that stands still: the next apply finishes.

Nothing is lost, and a sentence says what is the matter.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import psycopg
import pytest

from reconciler import workflow
from reconciler.dialects.base import Session
from reconciler.errors import ApplyFailed, LockTaken
from reconciler.execute import failpoints
from reconciler.plan.policy import Allowance
from tests.conformance.driver import Project
from tests.target import Target, mysql_connection

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
BEFORE = """\
table: t
columns: {id: {type: int, not_null: true}, a: {type: int}, b: {type: varchar(200)}}
primary_key: [id]
"""
AFTER = BEFORE.replace("a: {type: int}", "a: {type: int}, c: {type: int, not_null: true, default: 4}")
OTHER = "table: other\ncolumns: {id: {type: int, not_null: true}}\nprimary_key: [id]\n"


@pytest.fixture
def project(target: Target, tmp_path: Path) -> Project:
    made = Project(tmp_path, target)
    made.apply(BEFORE)
    target.execute("INSERT INTO t (id, a, b) VALUES (1, 5, 'x'), (2, 6, 'y')")
    return made


@contextmanager
def reader_in_a_transaction(target: Target) -> Iterator[None]:
    """Somebody read, and forgot to end the transaction."""
    if target.dialect == "postgres":
        with psycopg.connect(target.url, application_name="forgotten") as connection:
            connection.execute("SELECT * FROM t WHERE b = 'secret'")
            yield
        return
    made = mysql_connection(target.url)
    try:
        with made.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM t WHERE b = 'secret'")
        yield
    finally:
        made.close()


def test_who_holds_the_lock_is_named_and_readers_go_on(project: Project, target: Target) -> None:
    if target.dialect in ("sqlite", "d1"):
        pytest.skip("a reader holds up no writer, or is none of ours to see")
    before = target.observe()
    project.plan(AFTER)
    stop, failed = threading.Event(), list[str]()

    def reading() -> None:
        while not stop.wait(0.05):
            try:
                target.query("SELECT count(*) FROM t")
            except Exception as error:
                failed.append(str(error))

    with reader_in_a_transaction(target):
        reader = threading.Thread(target=reading)
        reader.start()
        try:
            with pytest.raises(LockTaken) as info:
                workflow.apply(project.request, EVERYTHING)
        finally:
            stop.set()
            reader.join()
    assert info.value.exit_code == 5
    said = str(info.value)
    assert "held by process " in said
    assert "secret" not in said
    if target.dialect == "postgres":
        assert "forgotten, idle in transaction" in said
        assert "SELECT * FROM t WHERE b = …" in said
    assert failed == []
    assert target.observe() == before
    project.apply(AFTER)
    assert target.query("SELECT id, c FROM t ORDER BY id") == [(1, 4), (2, 4)]


def child_of(project: Project, prepare: Callable[[], object]) -> tuple[int, IO[str]]:
    """Apply in a process of its own after something; return it, and what it says at its end."""
    said, saying = os.pipe()
    child = os.fork()
    if child == 0:
        words = "done"
        try:
            prepare()
            workflow.apply(project.request, EVERYTHING)
        except BaseException as error:
            words = f"{type(error).__name__}: {error}"
        finally:
            os.write(saying, words.encode())
            os._exit(0)
    os.close(saying)
    return child, os.fdopen(said)


def ended(child: int, said: IO[str]) -> str:
    """Wait for its end; return what it says."""
    with said:
        words = said.read()
    os.waitpid(child, 0)
    return words


def test_a_full_disk(sqlite: Target, tmp_path: Path) -> None:
    """The system lets no file grow any more, in the middle of a rebuild."""
    project = Project(tmp_path, sqlite)
    project.apply(BEFORE)
    sqlite.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO t SELECT i, i, hex(zeroblob(90)) FROM n"
    )
    before = sqlite.observe()
    project.plan(AFTER.replace("varchar(200)", "varchar(300)") + "checks: {t_check: a > 0}\n")
    size = Path(sqlite.url.removeprefix("sqlite:///")).stat().st_size

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    said = ended(*child_of(project, full))
    assert said.startswith("ApplyFailed: "), said
    assert "nothing was changed" in said
    assert sqlite.observe() == before
    workflow.apply(project.request, EVERYTHING)
    assert workflow.plan(project.request).planned.plan.empty
    assert sqlite.query("SELECT count(*), sum(a), sum(c) FROM t") == [(5000, 12502500, 20000)]


def test_no_room_to_sort(postgres: Target, tmp_path: Path) -> None:
    project = Project(tmp_path, postgres)
    project.apply(BEFORE)
    postgres.execute("INSERT INTO t SELECT n, n, md5(n::text) FROM generate_series(1, 60000) AS n")
    ((name,),) = postgres.query("SELECT current_database()")
    for setting in ("temp_file_limit = '64kB'", "maintenance_work_mem = '1MB'"):
        postgres.execute(f'ALTER DATABASE "{name}" SET {setting}')
    project.plan(BEFORE + "indexes: {t_b_idx: [b, a]}\n", OTHER)
    with pytest.raises(ApplyFailed, match=r"(?s)temp_file_limit.*nothing was changed"):
        workflow.apply(project.request, EVERYTHING)
    assert "other" not in postgres.observe()
    postgres.execute(f'ALTER DATABASE "{name}" RESET temp_file_limit')
    project.apply(BEFORE + "indexes: {t_b_idx: [b, a]}\n", OTHER)


def test_rights_that_are_taken_away_half_way(postgres: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ((database,),) = postgres.query("SELECT current_database()")
    role = f"role_of_{database}"
    postgres.execute(f"CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {database} TO {role}")
    postgres.execute(f"GRANT ALL ON SCHEMA public TO {role}")
    try:
        project = Project(tmp_path, replace(postgres, url=postgres.url.replace("//postgres@", f"//{role}@")))
        project.apply(BEFORE)
        before = postgres.observe()
        project.plan(AFTER, OTHER)

        def revoked(name: str, session: Session | None = None) -> None:
            if name == "before_statement":
                postgres.execute(f"REVOKE ALL ON SCHEMA public FROM {role}")

        with monkeypatch.context() as patch:
            patch.setattr("reconciler.execute.batches.reach", revoked)
            with pytest.raises(ApplyFailed, match=r"(?s)permission denied for schema public.*nothing was changed"):
                workflow.apply(project.request, EVERYTHING)
        postgres.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        assert postgres.observe() == before
        project.apply(AFTER, OTHER)
    finally:
        postgres.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")


@pytest.mark.parametrize("server", ["sqlite", pytest.param("d1", marks=pytest.mark.live("d1"))])
def test_a_run_that_stands_still(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> None:
    """On D1 another one takes over when its time has run out, and what it still sends is refused; SQLite's lock has
    no time, so that the other one waits, says for whom, and gives up.
    """
    target: Target = request.getfixturevalue(server)
    project = Project(tmp_path, target)
    project.apply(BEFORE)
    target.execute("INSERT INTO t (id, a, b) VALUES (1, 5, 'x'), (2, 6, 'y')")
    project.plan(AFTER)
    child, said = child_of(project, lambda: setattr(failpoints, "_POINT", failpoints._Armed("after_begin", "stop", 1)))
    try:
        _, status = os.waitpid(child, os.WUNTRACED)
        assert os.WIFSTOPPED(status), said.read()
        if server == "d1":
            target.execute("UPDATE _reconcile_lock SET until = 0")
            workflow.apply(project.request, EVERYTHING)
        else:
            with pytest.raises(LockTaken, match=str(child)):
                workflow.apply(project.request, EVERYTHING)
    finally:
        os.kill(child, signal.SIGCONT)
    words = ended(child, said)
    assert (words == "done") == (server == "sqlite"), words
    assert "Traceback" not in words
    assert workflow.plan(project.request).planned.plan.empty
    assert target.query("SELECT id, c FROM t ORDER BY id") == [(1, 4), (2, 4)]
