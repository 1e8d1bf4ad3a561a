"""What an application mounts: a look before its first request, in every way and in many workers, and the routes."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from reconciler.errors import UsageError
from reconciler.fastapi import Reconcile, Unready
from tests.process import ROOT, surroundings
from tests.process import Reconcile as Command
from tests.serve.serving import HEALTH, SPEC, TOKENS, project
from tests.target import Target, fresh

FORBIDDEN = "---\nremoved: table.takes\nreason: nobody plays them\n"


async def _up(app: FastAPI) -> str:
    """Return "up" when the application may serve."""
    async with app.router.lifespan_context(app):
        return "up"


def _run(directory: Path, way: str) -> str:
    return asyncio.run(_up(FastAPI(lifespan=Reconcile(directory).lifespan(on_mismatch=way))))


def test_each_way_to_meet_a_database_that_is_not_as_declared(
    sqlite: Target, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project(sqlite, tmp_path)
    with pytest.raises(UsageError, match="apply_safe"):
        Reconcile(tmp_path).lifespan(on_mismatch="perhaps")
    assert (_run(tmp_path, "off"), caplog.messages) == ("up", [])
    with caplog.at_level(logging.WARNING, "reconciler.fastapi"):
        assert _run(tmp_path, "warn") == "up"
    assert "table.voice_characters is declared and not there" in caplog.text
    with pytest.raises(Unready, match="unhealthy") as refused:
        _run(tmp_path, "refuse")
    assert refused.value.hint == "reconcile apply -e it"
    assert "characters" not in sqlite.observe()
    assert _run(tmp_path, "apply_safe") == "up"
    assert _run(tmp_path, "refuse") == "up"
    # What is not safe is left to somebody who looks at it; an application lacks nothing by that.
    sqlite.execute("CREATE TABLE takes (id int); INSERT INTO takes VALUES (1)")
    project(sqlite, tmp_path, spec=SPEC + FORBIDDEN)
    assert _run(tmp_path, "apply_safe") == "up"
    assert sqlite.query("SELECT * FROM takes") == [(1,)]
    project(sqlite, tmp_path, spec=SPEC.replace("id: {type: bigint, primary_key: true}\n  character_id",
            "id: {type: bigint, primary_key: true}\n  must: {type: int, not_null: true}\n  character_id"))  # fmt: skip
    sqlite.execute("INSERT INTO characters (id) VALUES (1); INSERT INTO voice_characters VALUES (1, 1)")
    with pytest.raises(Unready, match="must"):
        _run(tmp_path, "apply_safe")


def test_the_routes_in_an_application(sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    project(sqlite, tmp_path, HEALTH.replace("refresh: 1h", "refresh: 1s"))
    database, entered = Reconcile(tmp_path), []

    @asynccontextmanager
    async def inner(app: FastAPI) -> AsyncIterator[None]:
        entered.append("in")
        yield
        entered.append("out")

    app = FastAPI(lifespan=database.lifespan(on_mismatch="off", inner=inner))
    app.include_router(database.router())
    app.include_router(database.router(prefix="/mending", fix=True))

    async def asked() -> None:
        transport, known = httpx.ASGITransport(app=app), {"Authorization": "Bearer read-me"}
        mends = {"Authorization": "Bearer fix-me"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            await asyncio.to_thread(database._service.monitor.first, 60)
            found = await client.get("/api/database/health", headers=known)
            assert (found.status_code, found.json()["status"]) == (503, "unhealthy")
            assert (await client.get("/api/database/health/live")).status_code == 200
            assert (await client.get("/api/database/drift")).status_code == 401
            plan = (await client.get("/api/database/plan", headers=known)).json()
            body = {"plan_id": plan["plan_id"], "from": plan["fingerprint"]["from"]}
            assert (await client.post("/api/database/fix", json=body, headers=mends)).status_code == 404
            evil = {**mends, "Host": "evil.example"}
            assert (await client.post("/mending/fix", json=body, headers=evil)).status_code == 400
            assert (await client.post("/mending/fix", json=body, headers=mends)).status_code == 202

    asyncio.run(asked())
    assert entered == ["in", "out"]
    assert _run(tmp_path, "refuse") == "up"


@pytest.mark.parametrize("server", ["sqlite", pytest.param("postgres", marks=pytest.mark.live("postgres"))])
def test_of_four_workers_that_start_at_once_one_applies_and_all_come_up(
    server: str, reconcile: Command, tmp_path: Path
) -> None:
    with fresh(server, tmp_path) as target:
        project(target, tmp_path)
        words = [sys.executable, "-m", "tests.serve.worker", str(tmp_path), "apply_safe"]
        workers = [
            subprocess.Popen(words, cwd=ROOT, env=surroundings(None), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]  # fmt: skip
        try:
            for worker in workers:
                assert worker.stdout
                assert worker.stdout.readline() == "ready\n"
            said = [worker.stdin for worker in workers if worker.stdin]
            for stream in said:
                stream.write("go\n")
                stream.flush()
            ended = [worker.communicate(timeout=180) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
        assert [(out, worker.returncode) for (out, _), worker in zip(ended, workers, strict=True)] == [("up\n", 0)] * 4
        runs = json.loads(reconcile("history", "--json").ok().out)["result"]["runs"]
        assert [(run["command"], run["state"]) for run in runs] == [("apply_safe", "done")]
        assert json.loads(reconcile("check", "--json").ok().out)["result"]["status"] == "healthy"
