"""What is served, as a value: which database, by which rules, who looks at it, and what was asked of it so far."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import UsageError
from reconciler.serve.guard import matches
from reconciler.serve.monitor import Monitor
from reconciler.serve.seen import look
from reconciler.spec.project import Project
from reconciler.spec.secrets import resolve
from reconciler.spec.serving import Serving
from reconciler.workflow.opening import Request, open_request

# How often a fix may be asked for in a minute, whatever comes of it.
FIXES_A_MINUTE = 6
# How many answers are kept to give them again.
_KEPT = 1_000


@dataclass(slots=True, kw_only=True)
class Asked:
    """The fixes that were asked for: when the last ones were, and the answers by their Idempotency-Key."""

    times: deque[float] = field(default_factory=deque)
    answers: OrderedDict[str, tuple[str, int, dict[str, Any]]] = field(default_factory=OrderedDict)
    working: threading.Lock = field(default_factory=threading.Lock)

    def too_many(self) -> bool:
        """Count one more; say whether that is one too many."""
        now = time.monotonic()
        while self.times and now - self.times[0] > 60:
            self.times.popleft()
        self.times.append(now)
        return len(self.times) > FIXES_A_MINUTE

    def keep(self, key: str, body: str, status: int, answer: dict[str, Any]) -> None:
        """Keep an answer, and forget the oldest one when there are too many."""
        self.answers[key] = (body, status, answer)
        if len(self.answers) > _KEPT:
            self.answers.popitem(last=False)


@dataclass(slots=True, kw_only=True)
class Service:
    """One environment of a project that is served.

    The tokens are the secrets themselves, "" where none is needed. `apply` is the command that applies the specs.
    `once` are words that open the page, each one time, in the place of the read token.
    """

    request: Request
    environment: str
    project: Project
    settings: Serving
    read_token: str = field(repr=False)
    fix_token: str = field(repr=False)
    apply: str
    monitor: Monitor
    asked: Asked = field(default_factory=Asked)
    once: list[str] = field(default_factory=list, repr=False)
    prefix: str = "/api/database"


def invited(service: Service) -> str:
    """Return what is behind the address of the page for whoever may see what is printed here: good for one time."""
    if not service.read_token:
        return ""
    service.once.append(secrets.token_urlsafe(24))
    return f"?token={service.once[-1]}"


def enters(service: Service, token: str) -> bool:
    """Say whether a word opens the page: the read token, or one that was good for one time and was not used yet."""
    if matches(token, service.read_token):
        return True
    used = next((one for one in service.once if matches(token, one)), None)
    if used is not None:
        service.once.remove(used)
    return used is not None


def service(request: Request, apply: Callable[[str], str]) -> Service:
    """Return what is served; nothing is looked at yet.

    Args:
        request: which specs and which database.
        apply: gives the command that applies the specs to an environment.

    Raises:
        UsageError, SpecError: as `open_request` does.
        TargetError: when a secret cannot be had.
    """
    opened = open_request(request, access="read")
    settings, root = opened.project.serving, opened.project.root
    command = apply(opened.environment.name)
    tokens = [resolve(token, root) if token else "" for token in (settings.read_token, settings.fix_token)]
    if tokens[0] and tokens[0] == tokens[1]:
        raise UsageError("read_token and fix_token are the same", hint="whoever may read may then change the database")
    return Service(
        request=request, environment=opened.environment.name, project=opened.project, settings=settings,
        read_token=tokens[0], fix_token=tokens[1], apply=command,
        monitor=Monitor(lambda: look(request, command), settings.refresh),
    )  # fmt: skip
