"""A request over HTTP and a service in, whether somebody may read out; and answers in the form that all have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from reconciler.serve.answers import problem
from reconciler.serve.guard import Refusal, matches, token_refusal
from reconciler.serve.service import Service

Endpoint = Callable[[HttpRequest], Awaitable[Response]]

# Who has opened the page once with the token has it in this cookie.
COOKIE = "reconcile_read"


def refused(refusal: Refusal) -> Response:
    """Return a refusal as an answer."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(refusal.status)
    status, body = problem(refusal.status, refusal.message, refusal.hint)
    return JSONResponse(body, status, headers=headers)


def as_json(answer: tuple[int, Mapping[str, Any]]) -> Response:
    """Return a status and a body as an answer."""
    status, body = answer
    return JSONResponse(body, status)


def may_read(service: Service, request: HttpRequest) -> bool:
    """Say whether the caller knows the read token, where there is one."""
    token = service.read_token
    if not token or matches(request.cookies.get(COOKIE, ""), token):
        return True
    return token_refusal(request.headers.get("authorization", ""), token) is None


def reader(service: Service, endpoint: Endpoint) -> Endpoint:
    """Let an endpoint answer whoever may read."""

    async def guarded(request: HttpRequest) -> Response:
        if not may_read(service, request):
            return refused(Refusal(401, "the read token is needed", "send Authorization: Bearer TOKEN"))
        return await endpoint(request)

    return guarded
