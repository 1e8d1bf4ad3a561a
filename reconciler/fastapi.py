"""A project in, what a FastAPI application mounts of it out: a router, and a check before its first request."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from reconciler.errors import LockTaken, ReconcileError, StalePlan, UsageError
from reconciler.report.wellness import ERROR, HEALTHY, UNHEALTHY, WARNING
from reconciler.serve.app import routes
from reconciler.serve.seen import Seen, look
from reconciler.serve.service import Service, service
from reconciler.workflow.fixing import fix
from reconciler.workflow.opening import Request

__all__ = ["Reconcile", "Unready"]

_LOG = logging.getLogger("reconciler.fastapi")
_WAYS = ("off", "warn", "refuse", "apply_safe")


class Unready(ReconcileError):
    """The database is not what the application needs, and the application is not to start on it."""


class Reconcile:
    """A project, or one environment of it, for a FastAPI application.

    Args:
        project: the project file, or the directory that has it.
        env: the environment; the one that `RECONCILE_ENV` or the project names otherwise.
        url: a database in the place of the environment's.
        lock_timeout: seconds that `apply_safe` waits for another worker, or for a run.

    Raises:
        UsageError, SpecError, TargetError: as opening a project does.
    """

    def __init__(
        self, project: str | Path = ".", env: str | None = None, *, url: str | None = None, lock_timeout: float = 120.0
    ) -> None:
        path = Path(project)
        directory = path if path.is_dir() else path.parent
        request = Request(directory=directory, environment=env, url=url, lock_timeout=lock_timeout)
        self._service: Service = service(request, _command)

    def router(self, prefix: str = "/api/database", *, fix: bool = False) -> APIRouter:
        """Return the routes: health and its probes, what is read with the read token, metrics.

        Args:
            prefix: what stands before each path.
            fix: whether `POST /fix` is among them; the project has to allow it too (`health: {fix: true}`).
        """
        found: list[BaseRoute] = [
            route for route in routes(self._service, prefix) if fix or not route.path.endswith("/fix")
        ]
        return APIRouter(routes=found)

    def lifespan(
        self, on_mismatch: str = "warn", inner: Callable[[Any], AbstractAsyncContextManager[Any]] | None = None
    ) -> Callable[[FastAPI], AbstractAsyncContextManager[Any]]:
        """Return a lifespan that looks at the database before the first request, and again while the application runs.

        It runs in every worker. With `apply_safe` they take turns: one applies what is safe, the others wait, look
        again and go on.

        Args:
            on_mismatch: what to do when the database is not as declared: `off` does not look before the start, `warn`
                logs it, `refuse` raises Unready, `apply_safe` applies what destroys nothing and keeps nobody waiting,
                and then refuses if something is missing still.
            inner: the application's own lifespan, entered once the database is well.

        Raises:
            UsageError: for another word.
        """
        if on_mismatch not in _WAYS:
            raise UsageError(f"on_mismatch is {', '.join(_WAYS)}, not {on_mismatch!r}")

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
            if on_mismatch != "off":
                await run_sync(self._begin, on_mismatch)
            self._service.monitor.start()
            try:
                if inner is None:
                    yield
                else:
                    async with inner(app) as state:
                        yield state
            finally:
                self._service.monitor.stop()

        return lifespan

    def _begin(self, way: str) -> None:
        """Look at the database, and do what is to be done about it."""
        if way == "apply_safe":
            self._mend()
        seen = look(self._service.request, self._service.apply)
        status = seen.wellness["status"]
        if status in (UNHEALTHY, ERROR) and (way == "refuse" or (way == "apply_safe" and not _usable(seen))):
            issues, hints = seen.wellness["issues"], seen.wellness["suggestions"]
            raise Unready(f"the database is {status}: {'; '.join(issues[:5])}", hint=hints[0] if hints else "")
        if status == WARNING or status != HEALTHY:
            _LOG.warning("the database is %s: %s", status, "; ".join(seen.wellness["issues"][:5]))

    def _mend(self) -> None:
        """Apply what is safe; where another worker was quicker, there is nothing left of it."""
        try:
            done = fix(self._service.request, command="apply_safe")
        except (LockTaken, StalePlan) as error:
            _LOG.warning("another run is at work: %s", error.message)
            return
        if done.applied is not None and done.applied.outcome is not None:
            _LOG.info("applied %s steps, run %s", done.applied.outcome.steps, done.applied.outcome.run_id)


def _usable(seen: Seen) -> bool:
    return seen.reached and not seen.missing


def _command(environment: str) -> str:
    return f"reconcile apply -e {environment}"
