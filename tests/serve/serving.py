"""A project and a database for the tests of what is served, and a client that talks to the application itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from reconciler.serve.app import application
from reconciler.serve.service import Service, service
from reconciler.workflow.opening import Request
from tests.target import Target

SPEC = """\
table: characters
columns:
  id: {type: bigint, primary_key: true}
  initial_characters: {type: text}
---
table: voice_characters
columns:
  id: {type: bigint, primary_key: true}
  character_id: {type: bigint, not_null: true, references: characters.id}
"""
HEALTH = "{refresh: 1h, fix: true, read_token: {env: READ}, fix_token: {env: FIX}, allowed_hosts: [db.example]}"
TOKENS = {"READ": "read-me", "FIX": "fix-me"}


def project(target: Target, directory: Path, health: str = "{refresh: 1h}", spec: str = SPEC) -> None:
    """Write a project for a database."""
    url = json.dumps(target.url)
    (directory / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: voices\nhealth: {health}\nenvironments: {{it: {{url: {url}}}}}\n"
    )
    (directory / "tables.yaml").write_text(spec)


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to an application without a network."""

    app: ASGIApp
    served: Service

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> httpx.Response:
        """Send a request; an underscore in the name of a header is a hyphen."""
        return asyncio.run(
            self._ask(path, method, body, {name.replace("_", "-"): text for name, text in headers.items()})
        )

    async def _ask(self, path: str, method: str, body: object, headers: Mapping[str, str]) -> httpx.Response:
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, content=content, headers=dict(headers))

    def fix(self, body: object, **headers: str) -> httpx.Response:
        """Ask for a fix as somebody who may."""
        said = {"Authorization": "Bearer fix-me", "Content-Type": "application/json", **headers}
        return self.ask("/api/database/fix", "POST", body, **{name: text for name, text in said.items() if text})

    def look(self) -> dict[str, Any]:
        """Look at the database now, and return what the page would say of it."""
        monitor = self.served.monitor
        seen = monitor._look()
        monitor.take(seen)
        return dict(seen.wellness)


def client(directory: Path, environment: str | None = None) -> Client:
    """Return a client of what is served for a project."""
    served = service(
        Request(directory=directory, environment=environment), lambda environment: f"reconcile apply -e {environment}"
    )
    return Client(application(served), served)
