"""What is served: health in its exact shape, what is read by whom, a page without scripts, a fix and its refusals."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from pathlib import Path

import pytest

from reconciler.serve.monitor import Monitor
from reconciler.serve.seen import Seen
from reconciler.serve.service import invited
from tests import warm
from tests.process import Reconcile, surroundings
from tests.serve.serving import HEALTH, SPEC, TOKENS, client, project
from tests.target import Target, fresh

SHAPE = {"status", "timestamp", "issues", "suggestions", "tables"}


@pytest.mark.parametrize("server", ["sqlite", pytest.param("postgres", marks=pytest.mark.live("postgres"))])
def test_faults_are_found_over_http_and_gone_when_repaired(server: str, reconcile: Reconcile, tmp_path: Path) -> None:
    with fresh(server, tmp_path) as target:
        project(target, tmp_path)
        target.execute("CREATE TABLE characters (id bigint NOT NULL PRIMARY KEY)")
        asked = client(tmp_path)
        assert asked.ask("/api/database/health").status_code == 503
        assert asked.ask("/health/live").status_code == 200
        asked.look()
        found = asked.ask("/api/database/health")
        assert (found.status_code, found.json().keys()) == (503, SHAPE)
        assert found.json()["status"] == "unhealthy"
        assert found.json()["tables"]["voice_characters"] == {"row_count": None, "exists": False}
        assert found.json()["suggestions"] == ["reconcile apply -e it"]
        assert asked.ask("/health/ready").status_code == 503
        draft = asked.ask("/api/database/health", Accept="application/health+json")
        assert (draft.headers["content-type"], draft.json()["status"]) == ("application/health+json", "fail")
        assert reconcile("apply", "-e", "it", "--auto-approve").ok()
        asked.look()
        well = asked.ask("/api/database/health")
        assert (well.status_code, well.json()["status"], well.json()["issues"]) == (200, "healthy", [])
        assert asked.ask("/health/ready").json() == {"status": "ready"}


def test_who_may_read_and_by_which_name(sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    project(sqlite, tmp_path, HEALTH)
    asked = client(tmp_path)
    asked.look()
    anonymous = asked.ask("/api/database/health").json()
    assert anonymous.keys() == SHAPE
    assert (anonymous["status"], anonymous["issues"], anonymous["tables"]) == ("unhealthy", [], {})
    known = {"Authorization": "Bearer read-me"}
    assert asked.ask("/api/database/health", **known).json()["issues"]
    paths = ["drift", "plan", "objects", "history", "backfills", "metrics"]
    for path in paths:
        assert asked.ask(f"/api/database/{path}").status_code == 401
        assert asked.ask(f"/api/database/{path}", Authorization="Bearer fix-me").status_code == 401
        assert asked.ask(f"/api/database/{path}", **known).status_code == 200
    assert asked.ask("/api/database/runs/r_none", **known).status_code == 404
    tagged = asked.ask("/api/database/plan", **known)
    again = asked.ask("/api/database/plan", If_None_Match=tagged.headers["etag"], **known)
    assert (tagged.json()["plan_id"][:3], again.status_code) == ("pl_", 304)
    hosts = {"evil.example": 400, "": 400, "db.example:8787": 200, "127.0.0.1": 200, "[::1]:80": 200}
    assert {host: asked.ask("/health/live", Host=host).status_code for host in hosts} == hosts
    assert asked.ask("/").status_code == 401
    once = invited(asked.served)
    assert [asked.ask(f"/{once}").status_code for _ in range(2)] == [303, 401]
    entered = asked.ask("/?token=read-me")
    assert entered.status_code == 303
    assert asked.ask("/", Cookie=entered.headers["set-cookie"].partition(";")[0]).status_code == 200


def test_the_page_runs_nothing_and_escapes_everything(sqlite: Target, tmp_path: Path) -> None:
    project(sqlite, tmp_path)
    sqlite.execute('CREATE TABLE "<script>alert(1)</script>" (id int)')
    asked = client(tmp_path)
    asked.look()
    page = asked.ask("/")
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert re.findall(r"<script.*?>.*?</script>", page.text, re.DOTALL) == ['<script src="/page.js" defer></script>']
    assert asked.ask("/page.js").headers["content-type"].startswith("text/javascript")
    assert "&lt;script&gt;alert(1)" in page.text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert "reconcile drift revert table.voice_characters -e it" in page.text
    assert asked.ask("/erd.svg").headers["content-type"] == "image/svg+xml"
    metrics = asked.ask("/metrics").text
    assert 'reconcile_drift_objects{class="missing",env="it",kind="table"} 2.0' in metrics
    assert 'reconcile_health{env="it",status="unhealthy"} 1.0' in metrics
    assert 'reconcile_plan_changes{action="create",env="it"} 2.0' in metrics


def test_a_fix_is_refused(
    sqlite: Target, reconcile: Reconcile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    project(sqlite, tmp_path)
    assert client(tmp_path).fix({"plan_id": "pl_1"}).status_code == 403  # nobody switched it on
    project(sqlite, tmp_path, HEALTH)
    asked = client(tmp_path)
    asked.look()
    plan = asked.ask("/api/database/plan", Authorization="Bearer read-me").json()
    right = {"plan_id": plan["plan_id"], "from": plan["fingerprint"]["from"]}
    refusals = {
        "no token": asked.fix(right, Authorization=""),
        "the read token": asked.fix(right, Authorization="Bearer read-me"),
        "another host": asked.fix(right, Host="evil.example"),
        "another origin": asked.fix(right, Origin="http://evil.example"),
        "a form": asked.fix(right, Content_Type="text/plain"), "no JSON": asked.fix(b"{"), "no plan": asked.fix({}),
        "too large": asked.fix(b" " * 20_000), "another plan": asked.fix({"plan_id": "pl_old"}),
        "another database": asked.fix({**right, "from": "0" * 64}),
    }  # fmt: skip
    assert {why: found.status_code for why, found in refusals.items()} == {
        "no token": 401, "the read token": 401, "another host": 400, "another origin": 403, "a form": 415,
        "no JSON": 400, "no plan": 400, "too large": 413, "another plan": 409, "another database": 409,
    }  # fmt: skip
    too_many = [asked.fix(right, Idempotency_Key="k").status_code for _ in range(3)]
    assert too_many[-1] == 429
    assert sqlite.query("SELECT count(*) FROM sqlite_schema WHERE name = 'voice_characters'") == [
        (int(202 in too_many),)
    ]
    assert asked.ask("/api/database/fix", Authorization="Bearer fix-me").status_code == 405
    sqlite.execute("CREATE TABLE IF NOT EXISTS takes (id int); CREATE TABLE IF NOT EXISTS characters (id int)")
    project(sqlite, tmp_path, HEALTH, SPEC + "---\nremoved: table.takes\nreason: nobody plays them\n")
    asked = client(tmp_path)
    asked.look()
    seen = asked.served.monitor.seen
    assert seen is not None
    destructive = asked.fix({"plan_id": seen.plan_id})
    assert (destructive.status_code, "would be dropped" in destructive.text) == (403, True)


def test_a_fix_is_carried_out_once(sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    project(sqlite, tmp_path, HEALTH.replace("fix: true", "fix: true, max_fixes_per_day: 1"))
    asked = client(tmp_path)
    asked.look()
    plan_id = asked.served.monitor.seen.plan_id if asked.served.monitor.seen else ""
    held = threading.Lock()
    asked.served.asked.working = held
    with held:
        assert asked.fix({"plan_id": plan_id}).status_code == 423
    done = asked.fix({"plan_id": plan_id}, Idempotency_Key="one")
    again = asked.fix({"plan_id": plan_id}, Idempotency_Key="one")
    assert (done.status_code, again.json()) == (202, done.json())
    assert asked.fix({"plan_id": "pl_2"}, Idempotency_Key="one").status_code == 422
    run = asked.ask(f"/api/database/runs/{done.json()['run_id']}", Authorization="Bearer read-me").json()
    assert run["command"].startswith("POST /fix by ")
    assert asked.look()["status"] == "healthy"
    assert 'reconcile_last_run{env="it",state="done"} 1.0' in asked.ask("/metrics", Authorization="Bearer read-me").text
    assert asked.fix({"plan_id": plan_id}, Idempotency_Key="two").status_code == 429  # one a day


def test_a_probe_waits_for_no_look_and_looks_do_not_pile_up() -> None:
    seen = Seen(at=0.0, seconds=0.0, wellness={"status": "healthy"})
    begun, going, looks = threading.Event(), threading.Event(), []

    def look() -> Seen:
        looks.append(threading.get_ident())
        begun.set()
        assert going.wait(30)
        return seen

    monitor = Monitor(look, 3600)
    monitor.start()
    assert begun.wait(30)
    for _ in range(5):
        monitor.start()
        monitor.soon()
    assert (monitor.seen, len(looks)) == (None, 1)
    going.set()
    assert monitor.first(30) is seen
    monitor.stop()
    assert len(set(looks)) == 1


def test_the_command_serves_until_it_is_told_to_end(sqlite: Target, reconcile: Reconcile, tmp_path: Path) -> None:
    project(sqlite, tmp_path)
    open_to_all = reconcile("serve", "--host", "0.0.0.0", "--port", "0")
    assert open_to_all.code == 64
    assert "read_token" in open_to_all.err
    running = warm.start(["serve", "--port", "0"], cwd=tmp_path, environ=surroundings(None))
    try:
        url = ""
        for _ in range(600):
            running._err.seek(0)
            found = re.search(r"http://\S+", running._err.read())
            if found:
                url = found[0]
                break
            threading.Event().wait(0.05)
        with urllib.request.urlopen(f"{url}health/live", timeout=30) as answer:
            assert json.load(answer) == {"status": "alive"}
    finally:
        running.kill()
    assert running.result().code == -9
