"""A service in, the routes of its page out: the page itself, its style, script and drawing, and the metrics."""

from __future__ import annotations

from anyio.to_thread import run_sync
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reconciler.errors import ReconcileError
from reconciler.serve import asking, page
from reconciler.serve.access import COOKIE, Endpoint, as_json, may_read, reader
from reconciler.serve.answers import problem
from reconciler.serve.metrics import Known, exposition
from reconciler.serve.service import Service, enters

# A drawing brings its colours along, and nothing that is run.
_DRAWING = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_CSS, _JS = "text/css", "text/javascript"


def pages(service: Service) -> list[Route]:
    """Return the routes of what a browser asks for, and the metrics where they are looked for."""
    asked = page.Asked(
        runs=asking.past_runs(service.request), work=asking.data_work(service.request),
        drawn=asking.diagram(service.request),
    )  # fmt: skip

    async def erd(request: HttpRequest) -> Response:
        try:
            return Response(await run_sync(asked.drawn), media_type="image/svg+xml", headers=_DRAWING)
        except ReconcileError as error:
            return as_json(problem(503, error.message))

    return [
        Route("/", _status(service, asked)), Route("/style.css", _asset("status.css", _CSS)),
        Route("/page.js", _asset("page.js", _JS)), Route("/favicon.ico", _no_icon),
        Route("/erd.svg", reader(service, erd)), Route("/metrics", reader(service, measured(service))),
    ]  # fmt: skip


def _status(service: Service, asked: page.Asked) -> Endpoint:
    """Return the page; whoever opens it with the token gets it as a cookie, and an address without it."""

    async def status(request: HttpRequest) -> Response:
        token = request.query_params.get("token", "")
        if token and enters(service, token):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, service.read_token, httponly=True, samesite="strict")
            return answer
        if not may_read(service, request):
            return Response(page.locked(), 401, media_type="text/html")
        return Response(await run_sync(page.status, service, asked), media_type="text/html")

    return status


def _asset(name: str, sort: str) -> Endpoint:
    async def asset(request: HttpRequest) -> Response:
        return Response(page.asset(name), media_type=sort)

    return asset


async def _no_icon(request: HttpRequest) -> Response:
    return Response(status_code=204)


def measured(service: Service) -> Endpoint:
    """Return the endpoint that Prometheus asks."""

    work, runs = asking.data_work(service.request), asking.past_runs(service.request)

    def written() -> bytes:
        seen = service.monitor.seen
        if seen is None or not seen.reached:
            return exposition(service.environment, seen, Known())
        known = Known(backfills=asking.or_empty(work, "backfills"), runs=asking.or_empty(runs, "runs"))
        return exposition(service.environment, seen, known)

    async def metrics(request: HttpRequest) -> Response:
        text = await run_sync(written)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return metrics
