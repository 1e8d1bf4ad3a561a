"""A change of the specs from its branch to its report, by the steps of the action run as scripts in a repository."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import yaml

from tests.guards.tree import ROOT
from tests.unit.cli.forge import BEFORE, Repository
from tests.unit.report.pages import Page

RENAMES = BEFORE.replace("  note: {type: text}\n", "  remark: {type: text, renamed_from: note}\n  paid: {type: int}\n")
LIVE = {"DIRECTORY": "db", "ENVIRONMENT": "production"}
LATER = RENAMES + "indexes: {orders_paid: [paid]}\n"


class Forge(BaseHTTPRequestHandler):
    """The comments of a pull request, behind the three requests of a forge that are used; others' stand among them."""

    comments: ClassVar[list[dict[str, Any]]] = []
    told: ClassVar[list[str]] = []

    def _answer(self, code: int, data: object) -> None:
        type(self).told.append(f"{self.command} {self.path.partition('?')[0]}")
        authorized = self.headers["Authorization"] == "Bearer secret"
        self.send_response(code if authorized else 401)
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def _body(self) -> str:
        return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

    def do_GET(self) -> None:
        page = int(re.findall(r"[?&]page=(\d+)", self.path)[0])
        self._answer(200, self.comments[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        self.comments.append({"id": 1000 + len(self.comments), "body": self._body()})
        self._answer(201, self.comments[-1])

    def do_PATCH(self) -> None:
        (one,) = [each for each in self.comments if self.path.endswith(f"/comments/{each['id']}")]
        one["body"] = self._body()
        self._answer(200, one)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def forge() -> Iterator[str]:
    """Run a forge with 120 comments of people on its pull request."""
    Forge.comments[:] = [{"id": number, "body": f"> <!-- reconcile: {number}"} for number in range(120)]
    Forge.told.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forge)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def step() -> str:
    """Return the script of the action."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (script,) = [each["run"] for each in action["runs"]["steps"] if each["name"] == "Run"]
    return str(script)


def outputs(repository: Repository) -> dict[str, str]:
    """Return the outputs of the last step; a later one takes an earlier one's place."""
    lines = Path(repository.env["GITHUB_OUTPUT"]).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@contextmanager
def database(repository: Repository) -> Iterator[sqlite3.Connection]:
    """Open the database, as somebody by hand does."""
    with closing(sqlite3.connect(repository.env["DATABASE_URL"].removeprefix("sqlite:///"))) as connection:
        yield connection
        connection.commit()


def columns(repository: Repository) -> list[str]:
    """Return the columns of the table in the database."""
    with database(repository) as connection:
        return [row[1] for row in connection.execute("pragma table_info(orders)")]


def merged(repository: Repository) -> None:
    """Merge the branch, as a forge does."""
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "change")
    repository.git("push", "-q", "origin", "main")
    repository.git("checkout", "-q", "change")


def reviewed(repository: Repository, script: str) -> str:
    """Plan without a database, then against it, and say it on the pull request, twice; return the plan's id."""
    offline = {"DIRECTORY": "db", "BASE": "origin/main", "PAGE": "offline.html", "DATABASE_URL": "sqlite:////no/x.db"}
    assert repository.run(script, COMMAND="plan", **offline) == 0, repository.said
    assert outputs(repository)["changed"] == "true"
    with forge() as url:
        there = {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": "a/b", "GITHUB_TOKEN": "secret", "NUMBER": "7"}
        for _ in range(2):
            assert repository.run(script, COMMAND="plan", PAGE="plan.html", COMMENT="true", **LIVE, **there) == 0
        assert [told.split()[0] for told in Forge.told] == ["GET", "GET", "POST", "GET", "GET", "PATCH"]
        (comment,) = [one["body"] for one in Forge.comments if one["id"] >= 1000]
    plan = outputs(repository)["plan-id"]
    assert comment.startswith("<!-- reconcile:plan:shop:production -->\n")
    assert plan in comment
    assert comment in summary(repository)
    pages = [Page((repository.top / name).read_text()) for name in ("offline.html", "plan.html")]
    assert [page.odd for page in pages] == [[], []]
    assert all('RENAME COLUMN "note" TO "remark"' in page.text for page in pages)
    assert plan in pages[1].text
    return plan


def summary(repository: Repository) -> str:
    """Return what stands on the page of the job."""
    return Path(repository.env["GITHUB_STEP_SUMMARY"]).read_text()


def test_a_pull_request_from_its_branch_to_its_report(repository: Repository) -> None:
    script = step()
    assert repository.run(script, COMMAND="apply", **LIVE) == 0, repository.said
    with database(repository) as connection:
        connection.execute("insert into orders (id, note) values (1, 'kept')")
    repository.commit(RENAMES)
    plan = reviewed(repository, script)
    assert columns(repository) == ["id", "note"]
    merged(repository)
    with database(repository) as connection:
        connection.execute("alter table orders add column paid integer")
    assert repository.run(script, COMMAND="apply", EXPECT_ID=plan, **LIVE) == 4
    assert "the plan is stale" in repository.said[-1]
    assert columns(repository) == ["id", "note", "paid"]
    with database(repository) as connection:
        connection.execute("alter table orders drop column paid")
    assert repository.run(script, COMMAND="apply", EXPECT_ID=plan, **LIVE) == 0, repository.said
    assert columns(repository) == ["id", "remark", "paid"]
    assert re.search(r"reconcile rollback -e production --to r_\d+", summary(repository))  # which the report says
    assert repository.run(script, COMMAND="check", **LIVE) == 0, repository.said

    # The next one: a plan file goes stale in the same way.
    repository.commit(LATER)
    assert repository.run("reconcile plan -C db -e production --out later.json -q") == 0
    with database(repository) as connection:
        assert connection.execute("select remark from orders").fetchall() == [("kept",)]
        connection.execute("create index orders_paid on orders (id)")
    assert repository.run("reconcile apply later.json -C db -e production --auto-approve --no-input") == 4
