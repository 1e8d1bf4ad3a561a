"""The platform's faults are found by command and over HTTP, mended as suggested, and shipped by one command."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines import backup_tools
from tests.listening import Listener, listening
from tests.process import ROOT, Reconcile, Result, run_process
from tests.serve.serving import Client, client
from tests.target import Target, fresh

TOKENS = {"PLATFORM_READ_TOKEN": "read-me", "PLATFORM_FIX_TOKEN": "fix-me"}
FOUND = {
    "table.projects.column.initial_characters is declared and not there",
    "table.voice_characters is declared and not there",
    "table.segments.foreign_key.segments_project_fk: rows that point to nothing in projects: 2 (first keys: 4; 5)",
}
BOOKS, SEGMENTS = "select title from books", "select id, project_id from segments order by id"


@dataclass(frozen=True, slots=True)
class Platform:
    """The example, its database as it is before, and the command line on both."""

    project: Path
    target: Target
    environment: str
    listener: Listener
    _command: Reconcile
    _env: dict[str, str]

    def reconcile(self, *words: str, codes: Sequence[int] = (0,)) -> Result:
        """Run the command on the database; it has to end with one of these codes."""
        return self._command(*words, "-e", self.environment, cwd=self.project, env=self._env).ok(*codes)

    def result(self, *words: str, codes: Sequence[int] = (0,)) -> dict[str, Any]:
        """Return what a command tells as data."""
        return dict(json.loads(self.reconcile(*words, "--json", codes=codes).out)["result"])

    def typed(self, suggestion: str, codes: Sequence[int] = (0,)) -> None:
        """Do to the letter what is suggested: a command of ours, or SQL."""
        words = shlex.split(suggestion)
        if words[0] != "reconcile":
            self.target.execute(suggestion)
            return
        more = ["--auto-approve"] if words[1] in ("apply", "backup") else []
        self._command(*words[1:], *more, cwd=self.project, env=self._env).ok(*codes)

    def served(self) -> Client:
        """Return a client of what is served."""
        return client(self.project, self.environment)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.live("postgres"))])
def platform(
    request: pytest.FixtureRequest, tmp_path: Path, reconcile: Reconcile, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    """The database as `before.py` builds it."""
    project = tmp_path / "platform"
    shutil.copytree(ROOT / "specs" / "platform", project, ignore=shutil.ignore_patterns("*.db*", ".reconcile"))
    with fresh(request.param, tmp_path) as target, listening() as listener:
        settings = project / "reconcile.yaml"
        settings.write_text(settings.read_text().replace("sqlite:///platform.db", target.url))
        run_process([sys.executable, "before.py", target.url], cwd=project).ok()
        env = {**TOKENS, "DATABASE_URL": target.url, "RECONCILE_TOOLS": backup_tools(target.server, tmp_path),
               "OPS_WEBHOOK_URL": listener.url, "RECONCILE_STATE": str(tmp_path / "state")}  # fmt: skip
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        environment = "development" if request.param == "sqlite" else "production"
        yield Platform(project, target, environment, listener, reconcile, env)


def test_three_faults_are_found_and_mended_as_suggested(platform: Platform) -> None:
    there, rows = platform.target.observe(), platform.target.query(SEGMENTS)
    found = platform.result("check", codes=[2])
    assert found["status"] == "unhealthy"
    assert set(found["issues"]) >= FOUND
    assert found["tables"]["segments"] == {"row_count": 5, "exists": True}
    assert found["tables"]["voice_characters"] == {"row_count": None, "exists": False}
    junit = platform.reconcile("check", "-o", "junit", codes=[2]).out
    assert 'failures="0"' not in junit
    assert 'testcase name="MF105 table.segments.foreign_key.segments_project_fk"' in junit
    served = platform.served()
    served.look()
    told = served.ask("/api/database/health", Authorization="Bearer read-me")
    assert told.status_code == 503
    assert {key: told.json()[key] for key in ("status", "issues", "tables")} == {
        key: found[key] for key in ("status", "issues", "tables")
    }
    assert platform.target.observe() == there, "to look changes nothing"
    # No constraint is put over rows that point to nothing, whatever is allowed, by whomever.
    assert "MF105" in platform.reconcile("apply", "--auto-approve", "--allow", "*", codes=[3]).err
    seen = served.served.monitor.seen
    assert seen is not None
    refused = served.fix({"plan_id": seen.plan_id, "from": seen.fingerprint})
    assert (refused.status_code, "MF105" in refused.text) == (403, True)
    assert platform.target.query(SEGMENTS) == rows
    for suggestion in told.json()["suggestions"]:
        platform.typed(suggestion)
    assert platform.target.query(SEGMENTS) == rows[:3]
    assert platform.result("check")["status"] == "healthy"
    served.look()
    well = served.ask("/api/database/health", Authorization="Bearer read-me")
    assert (well.status_code, well.json()["status"], well.json()["issues"]) == (200, "healthy", [])


def test_what_is_safe_is_fixed_after_a_backup_by_command_and_over_http(platform: Platform) -> None:
    fixed = platform.result("check", "--fix", "--backup", codes=[2])
    assert fixed["backup"] in {one["id"] for one in platform.result("backup", "list")["backups"]}
    assert [one["address"] for one in fixed["held"]] == ["table.segments.foreign_key.segments_project_fk"]
    assert set(fixed["issues"]) & FOUND == {one for one in FOUND if "rows that point" in one}
    assert platform.result("backup", "prune")["removed"] == [], "what is younger than seven days stays"
    platform.target.execute("DELETE FROM segments WHERE project_id > 2; ALTER TABLE books DROP COLUMN author")
    served = platform.served()
    served.look()
    plan = served.ask("/api/database/plan", Authorization="Bearer read-me").json()
    done = served.fix({"plan_id": plan["plan_id"], "from": plan["fingerprint"]["from"]})
    assert done.status_code == 202, done.text
    assert served.look()["status"] == "healthy"
    for thread in threading.enumerate():
        if thread.name == "reconcile-notices":
            thread.join()
    ((event, summary),) = platform.listener.told
    assert (event, plan["plan_id"] in summary) == ("repaired", True)
    assert platform.target.query(BOOKS) == [("The Nightingale",)]


def test_what_was_done_by_hand_shows_and_is_settled_in_three_ways(platform: Platform) -> None:
    platform.target.execute("DELETE FROM segments WHERE project_id > 2")
    platform.reconcile("deploy", "--auto-approve")
    platform.target.execute(
        "CREATE INDEX by_author ON books (author); CREATE INDEX by_title ON books (title);"
        "CREATE INDEX by_hand ON books (created_at)"
    )
    served = platform.served()
    assert served.look()["status"] == "warning"
    page = served.ask("/", Cookie="reconcile_read=read-me").text
    for way, name in (("accept", "by_author"), ("revert", "by_title"), ("ignore", "by_hand")):
        command = f"reconcile drift {way} table.books.index.{name} -e {platform.environment}"
        assert command in page
        more = {"accept": [], "revert": ["--auto-approve", "--allow", "*"], "ignore": ["--reason", "measuring"]}[way]
        platform.reconcile(*shlex.split(command)[1:4], *more, "-vv")
    assert "by_author" in (platform.project / "platform.yaml").read_text()
    assert "by_title" not in platform.target.observe()
    assert "by_hand" in platform.target.observe()
    after = platform.result("check")
    assert (after["status"], after["drift"]) == ("healthy", [])


def test_a_deployment_is_one_command_and_tells_what_restores_when_it_fails(platform: Platform) -> None:
    assert "MF105" in platform.reconcile("deploy", "--auto-approve", codes=[3]).err
    assert platform.result("backup", "list")["backups"] == [], "nothing was begun"
    # What is applied contradicts what is asserted of the rows: the run is not well, and there is a way back.
    platform.target.execute("DELETE FROM segments WHERE project_id > 2; UPDATE segments SET audio = NULL")
    before = platform.target.observe()
    failed = platform.reconcile("deploy", "--auto-approve", codes=[1])
    (restore,) = {line.partition(":  ")[2] for line in failed.out.splitlines() if "To go back" in line}
    assert restore in failed.err
    assert platform.target.observe() != before
    platform.typed(restore)
    assert platform.target.observe() == before
    platform.target.execute("UPDATE segments SET audio = 'a.wav'")
    assert "the plan is stale" in platform.reconcile("deploy", "--expect-id", "pl_old", "--auto-approve", codes=[4]).err
    if platform.environment == "development":
        assert "nobody to ask" in platform.reconcile("deploy", codes=[7]).err
    done = platform.result("deploy", "--auto-approve")
    assert (done["before"]["status"], done["after"]["status"], done["status"]) == ("unhealthy", "healthy", "healthy")
    assert done["apply"]["plan"]["rehearsal"]["status"] == "passed"
    assert done["apply"]["applied"]["backup"] in done["restore"]
    again = platform.result("deploy")
    assert ("applied" in again["apply"], again["restore"]) == (False, None)
    if platform.environment == "development":
        platform.target.execute("PRAGMA foreign_keys = OFF; INSERT INTO segments VALUES (9, 9, 9, 'lost', null)")
        assert platform.result("deploy", codes=[2])["after"]["status"] == "unhealthy"


def test_a_watcher_tells_of_drift_and_only_a_disposable_database_is_thrown_away(platform: Platform) -> None:
    if platform.environment == "production":
        platform.reconcile("watch", "--due", "-q", codes=[2])
        events = [event for event, _ in platform.listener.told]
        assert events == ["drift"]
        assert "disposable" in platform.reconcile("reset", "--auto-approve", codes=[3]).err
        assert platform.target.query(BOOKS) == [("The Nightingale",)]
        return
    platform.reconcile("reset", "--auto-approve")
    assert platform.target.query(BOOKS) == []
    assert platform.result("check")["status"] == "healthy"
