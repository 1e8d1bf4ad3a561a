"""The network is cut, before a request arrives or between it and its answer; the next apply finishes.

A line to D1 is of another sort, and its faults are in tests/conformance/d1/test_fence.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from reconciler import workflow
from reconciler.errors import ReconcileError
from tests.conformance.driver import Project
from tests.crash.dying import EVERYTHING, played, staged, survived
from tests.crash.scenarios import SCENARIOS, SERVERS
from tests.crash.wire import Side, Wire, wired
from tests.target import Target, fresh

# One in a transaction or statement by statement, one with work on rows.
NAMES = ("a parent is made anew", "a column is filled")
# Into how many parts an apply is divided; at each the line is cut once.
PARTS = 10_000 if os.environ.get("RECONCILE_CRASH") == "all" else 2


def _socket(target: Target) -> str:
    """Return the path of the server's socket."""
    asked = make_url(target.url).query
    return f"{asked['host']}/.s.PGSQL.5432" if target.dialect == "postgres" else str(asked["unix_socket"])


def _over(project: Project, wire: Wire) -> workflow.Request:
    url = make_url(project.target.url).set(host="127.0.0.1", port=wire.port, query={})
    return replace(project.request, url=url.render_as_string(hide_password=False))


def _cuts(asked: int) -> Iterator[tuple[int, Side]]:
    for number in range(1, asked + 1, max(asked // PARTS, 1)):
        yield from ((number, side) for side in Side)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("server", [pytest.param(name, marks=pytest.mark.live(name)) for name in SERVERS])
def test_the_next_apply_finishes(tmp_path: Path, server: str, name: str) -> None:
    with fresh(server, tmp_path) as target, staged(SCENARIOS[name], target, tmp_path) as stage:
        place = _socket(target)
        with played(stage, "whole") as project, wired(place) as wire:
            workflow.apply(_over(project, wire), EVERYTHING)
        for number, side in _cuts(wire.asked):
            with played(stage, f"{number} {side.value}") as project:
                with wired(place, number, side) as cut, suppress(ReconcileError):
                    workflow.apply(_over(project, cut), EVERYTHING)
                # How much is sent at once is a matter of time, so that the last number may not be reached.
                assert cut.asked >= min(number, wire.asked * 9 // 10)
                survived(stage, project)
