"""`doctor` and `lock` on every dialect: what a database is like, who holds its run lock, and how that is let go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler import dialects
from reconciler.dialects.base import Session
from reconciler.dialects.base import Target as Place
from tests.process import Reconcile, Result
from tests.target import Target

DIRTY = """create table schema_migrations (version bigint not null primary key, dirty boolean not null);
           insert into schema_migrations values (7, true)"""


class Clinic:
    """A project on a fresh database, and the command line on it."""

    def __init__(self, folder: Path, target: Target, reconcile: Reconcile) -> None:
        self.folder, self.target, self._run = folder, target, reconcile
        (folder / "s.yaml").write_text("table: t\ncolumns: {id: {type: int, primary_key: true}}\n")
        (folder / "reconcile.yaml").write_text(
            f"reconcile: 1\nproject: p\nenvironments: {{here: {{url: '{target.url}', policy: {{approve: never}}}}}}\n"
        )

    def __call__(self, *words: str) -> Result:
        return self._run(*words, "-e", "here", cwd=self.folder)

    def data(self, *words: str) -> Any:
        return json.loads(self(*words, "--json").ok().out)["result"]

    def checks(self) -> dict[str, tuple[str, str]]:
        return {one["name"]: (one["status"], one["message"]) for one in self.data("doctor")["checks"]}

    @property
    def place(self) -> Place:
        return Place(dialect=self.target.dialect, url=self.target.url, label="", access="write")


@pytest.fixture
def clinic(tmp_path: Path, target: Target, reconcile: Reconcile) -> Clinic:
    return Clinic(tmp_path, target, reconcile)


def test_a_database_in_order_and_what_was_done_to_it(clinic: Clinic) -> None:
    before = clinic.checks()
    assert {"connection", "server", "privileges", "settings", "clock", "lock", "ledger", "elaboration"} <= before.keys()
    assert [name for name, (status, _) in before.items() if status == "problem"] == []
    assert "nothing was ever applied" in before["ledger"][1]
    assert before["clock"][0] == before["lock"][0] == "ok"
    clinic("apply").ok()
    clinic.target.execute(DIRTY)
    found = clinic.data("doctor")
    assert [(one["tool"], one["message"]) for one in found["foreign_tools"]] == [
        ("golang-migrate", "dirty at version 7")
    ]
    after = {one["name"]: one for one in found["checks"]}
    assert after["ledger"]["message"].endswith(": done")
    assert "force 7" in after["foreign tools"]["remedy"]
    assert "dirty at version 7" in clinic("doctor").ok().out


def test_a_run_that_died_is_told_with_the_way_on(clinic: Clinic) -> None:
    clinic("apply").ok()
    clinic.target.execute("update _reconcile_run set state = 'running', finished_at = null")
    status, message = clinic.checks()["ledger"]
    assert status == "warn"
    assert "died without a word" in message


def test_who_holds_the_lock_is_told_and_no_living_run_loses_it_in_silence(clinic: Clinic) -> None:
    assert clinic.data("lock", "list")["locks"] == []
    clinic("lock", "release").ok()
    dialect = dialects.dialect(clinic.target.dialect)
    with dialect.lock(clinic.place, 5, lambda sentence: None) as held:
        (one,) = clinic.data("lock", "list")["locks"]
        assert one["state"] == "held"
        assert clinic.checks()["lock"][0] == "warn"
        refused = clinic("lock", "release", "--no-input").ok(7 if clinic.target.dialect == "d1" else 5)
        if clinic.target.dialect in ("postgres", "mysql", "mariadb"):
            assert one["command"] in refused.err
            assert one["command"].startswith(("SELECT pg_terminate_backend(", "KILL "))
        assert held.held()
    assert clinic.data("lock", "list")["locks"] == []


def test_the_lock_is_free_before_its_connection_is_closed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server notices a connection that was closed a moment later; whoever comes in between must not wait."""
    dialect = dialects.dialect(clinic.target.dialect)
    session, left_open = dialect.connect(clinic.place), list[Session]()

    def leave_open(one: Session) -> None:
        left_open.append(one)

    with monkeypatch.context() as patch:
        patch.setattr(type(session), "close", leave_open)
        with dialect.lock(clinic.place, 5, lambda sentence: None):
            assert dialect.holders(session, clinic.place)
        assert not dialect.holders(session, clinic.place)
    for one in (session, *left_open):
        one.close()


@pytest.mark.live("postgres")
def test_the_command_that_is_told_ends_the_lock(postgres: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    clinic = Clinic(tmp_path, postgres, reconcile)
    with dialects.dialect("postgres").lock(clinic.place, 5, lambda sentence: None) as held:
        clinic.target.execute(clinic.data("lock", "list")["locks"][0]["command"])
        assert not held.held()
    assert clinic.data("lock", "list")["locks"] == []


@pytest.mark.live("d1")
def test_a_lease_is_taken_away_with_a_yes(d1: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    clinic = Clinic(tmp_path, d1, reconcile)
    with dialects.dialect("d1").lock(clinic.place, 5, lambda sentence: None) as held:
        assert "let go" in clinic("lock", "release", "--auto-approve").ok().out
        assert not held.held()


@pytest.mark.live("sqlite")
def test_a_file_that_a_dead_run_left_is_removed(sqlite: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    clinic = Clinic(tmp_path, sqlite, reconcile)
    path = Path(clinic.target.url.removeprefix("sqlite:///"))
    left = path.with_name(path.name + ".rc.lock")
    left.write_text("process 4711")
    (one,) = clinic.data("lock", "list")["locks"]
    assert (one["holder"], one["state"], one["releasable"]) == ("process 4711", "left behind", True)
    clinic("lock", "release").ok()
    assert not left.exists()


UNREACHABLE = {
    "postgres": "postgresql://somebody:hunter2@127.0.0.1:1/x",
    "mysql": "mysql://somebody:hunter2@127.0.0.1:1/x",
    "sqlite": "sqlite:////nowhere/at/all.db",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE.keys())
def test_what_cannot_be_reached_is_one_problem(url: str, tmp_path: Path, reconcile: Reconcile) -> None:
    found = reconcile("doctor", "--url", url, cwd=tmp_path).ok(1)
    assert found.out.count("problem") == 2  # the line, and the sum
    assert "hunter2" not in found.out + found.err
    assert "Traceback" not in found.err
    (one,) = json.loads(reconcile("doctor", "--url", url, "--json", cwd=tmp_path).ok(1).out)["result"]["checks"]
    assert (one["name"], one["status"]) == ("connection", "problem")
    assert one["remedy"]


@pytest.mark.live("postgres")
def test_a_missing_right_is_a_problem_with_its_remedy(postgres: Target, tmp_path: Path, reconcile: Reconcile) -> None:
    name = postgres.url.rpartition("/")[2].partition("?")[0]
    role = f"guest_{name}"
    postgres.execute(f"create role {role} login password 'x'; revoke create on schema public from public;"
                     f"revoke temporary on database {name} from public")  # fmt: skip
    try:
        url = f"{postgres.url}{'&' if '?' in postgres.url else '?'}options=-crole%3D{role}"
        found = json.loads(reconcile("doctor", "--url", url, "--json", cwd=tmp_path).ok(1).out)["result"]["checks"]
        signs = {one["name"]: one for one in found}
        assert signs["privileges"]["status"] == "problem"
        assert signs["privileges"]["remedy"] == f'GRANT USAGE, CREATE ON SCHEMA "public" TO "{role}"'
        assert signs["elaboration"]["status"] == "warn"
    finally:
        postgres.execute(f"drop role {role}")
