"""What was seen of a database in, a page of HTML for people out: it can be read without a script; all is escaped."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from reconciler.frozen import frozen
from reconciler.report.html.page import page, style
from reconciler.report.wellness import ERROR, HEALTHY, UNHEALTHY, WARNING
from reconciler.serve.answers import health
from reconciler.serve.asking import or_empty
from reconciler.serve.service import Service

# How each status looks: a sign beside the word, so that no colour is needed to tell them apart.
_SIGNS = {HEALTHY: "✔", WARNING: "!", UNHEALTHY: "✗", ERROR: "✗"}
_TONES = {HEALTHY: "good", WARNING: "care", UNHEALTHY: "bad", ERROR: "bad"}
# Seconds after which a browser asks for the page again: more often while rows are being worked on.
_AGAIN, _WORKING = 30, 2
# What somebody may want to do with a backfill, by its state.
_WAYS = {"running": "pause", "paused": "resume", "interrupted": "run", "failed": "run", "verify_failed": "run",
         "pending": "run"}  # fmt: skip


@frozen
class Asked:
    """Who tells what changes between two looks: past runs, backfills, the diagram."""

    runs: Callable[[], Mapping[str, Any]]
    work: Callable[[], Mapping[str, Any]]
    drawn: Callable[[], str]


@cache
def asset(name: str) -> str:
    """Return the style of the page, or its script."""
    own = (files("reconciler.serve") / "static" / name).read_text("utf-8")
    return style() + own if name.endswith(".css") else own


def locked() -> str:
    """Return the page for whoever has no token."""
    return page("locked.html")


def status(service: Service, asked: Asked) -> str:
    """Return the page: health, drift with what settles it, plan, objects, backfills, history, diagram, tables."""
    monitor = service.monitor
    _, told = health(monitor, names=True)
    runs, work = or_empty(asked.runs, "runs"), or_empty(asked.work, "backfills")
    working = any(one["state"] == "running" for one in work)
    again = _WORKING if working else max(_WORKING, min(_AGAIN, round(monitor.refresh)))
    return page(
        "status.html", project=service.project.name, environment=service.environment, seen=monitor.seen, told=told,
        sign=_SIGNS[told["status"]], tone=_TONES[told["status"]], age=monitor.age, since=monitor.since, again=again,
        runs=runs[:20], work=work, apply=service.apply, ways=_WAYS,
        settle=lambda way, address: _typed(service, f"drift {way} {shlex.quote(address)}"),
        turn=lambda way, name: _typed(service, f"backfill {way} {shlex.quote(name)}"),
    )  # fmt: skip


def _typed(service: Service, words: str) -> str:
    """Return another command with the options of the one that applies."""
    return service.apply.replace("reconcile apply", f"reconcile {words}", 1)
