"""A service in, an ASGI application out: its routes, who may ask what, and the headers that every answer has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.errors import ReconcileError, UsageError
from reconciler.report.json import document
from reconciler.serve import answers, asking, mending
from reconciler.serve.access import Endpoint, as_json, may_read, reader, refused
from reconciler.serve.guard import Refusal, host_refusal
from reconciler.serve.service import Service
from reconciler.serve.views import measured, pages

# What is said with every answer: nothing is run or loaded from elsewhere, nobody frames it, nobody keeps it.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip


def application(service: Service) -> ASGIApp:
    """Return the whole application of `reconcile serve`; the database is looked at while it runs."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service.monitor.start()
        yield
        service.monitor.stop()

    inner = Starlette(
        routes=[*probes(service, ""), *routes(service, service.prefix), *pages(service)], lifespan=lifespan
    )
    return _Front(inner, service)


class _Front:
    """Looks at the name by which the server is called before anything else, and adds the headers."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._allowed = app, service.settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        refusal = host_refusal(host, self._allowed)
        await (refused(refusal) if refusal else self._app)(scope, receive, sending)


def probes(service: Service, prefix: str) -> list[Route]:
    """Return the routes that load balancers ask: answered from memory, without a token."""
    monitor = service.monitor

    async def health(request: HttpRequest) -> Response:
        names = may_read(service, request)
        if answers.HEALTH_JSON in request.headers.get("accept", ""):
            status, body = answers.draft_health(monitor, names=names)
            return JSONResponse(body, status, media_type=answers.HEALTH_JSON)
        status, body = answers.health(monitor, names=names)
        return JSONResponse(body, status)

    async def live(request: HttpRequest) -> Response:
        return as_json(answers.live())

    async def ready(request: HttpRequest) -> Response:
        return as_json(answers.ready(monitor))

    return [
        Route(f"{prefix}/health", health), Route(f"{prefix}/health/live", live), Route(f"{prefix}/health/ready", ready)
    ]  # fmt: skip


def routes(service: Service, prefix: str) -> list[Route]:
    """Return the routes of the API: the probes, what is read with the read token, and the one that mends."""
    runs, work = asking.past_runs(service.request), asking.data_work(service.request)

    async def drift(request: HttpRequest) -> Response:
        seen = service.monitor.seen
        body = {**seen.wellness, **seen.check} if seen else {}
        return _tagged(request, "".join(document(body)) if seen and seen.reached else "", seen.tag if seen else None)

    async def plan(request: HttpRequest) -> Response:
        seen = service.monitor.seen
        return _tagged(request, seen.plan if seen else "", seen.tag if seen else None)

    async def objects(request: HttpRequest) -> Response:
        seen = service.monitor.seen
        text = "".join(document({"objects": list(seen.objects)})) if seen and seen.reached else ""
        return _tagged(request, text, seen.tag if seen else None)

    async def history(request: HttpRequest) -> Response:
        return await _asked(runs)

    async def run(request: HttpRequest) -> Response:
        word = request.path_params["word"]
        return await _asked(lambda: asking.one_run(service.request, word))

    async def backfills(request: HttpRequest) -> Response:
        return await _asked(work)

    read = {"/drift": drift, "/plan": plan, "/objects": objects, "/history": history, "/runs/{word}": run,
            "/backfills": backfills, "/metrics": measured(service)}  # fmt: skip
    found = [Route(f"{prefix}{path}", reader(service, endpoint)) for path, endpoint in read.items()]
    return [*probes(service, prefix), *found, Route(f"{prefix}/fix", fixing(service), methods=["POST"])]


def _tagged(request: HttpRequest, text: str, tag: str | None) -> Response:
    """Return a text of JSON under a tag, or that it is what the caller has already."""
    if not text:
        return as_json(answers.problem(503, "the database could not be looked at yet", "GET /health tells why"))
    etag = f'"{tag}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(text, media_type="application/json", headers={"ETag": etag})


async def _asked(ask: Callable[[], Mapping[str, Any]]) -> Response:
    """Ask the database now, in a thread; what it answers instead is told."""
    try:
        return JSONResponse(await run_sync(ask))
    except UsageError as error:
        return as_json(answers.problem(404, error.message, error.hint))
    except ReconcileError as error:
        return as_json(answers.problem(503, error.message, error.hint, code=error.code))


def fixing(service: Service) -> Endpoint:
    """Return the endpoint that mends, with all that it refuses."""

    async def fix(request: HttpRequest) -> Response:
        refusal = mending.refusal(service, request.headers)
        if refusal:
            return refused(refusal)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > mending.LARGEST:
                return refused(Refusal(413, "the body is too large"))
        caller = request.client.host if request.client else "?"
        return as_json(await run_sync(mending.mend, service, request.headers, body, caller))

    return fix
