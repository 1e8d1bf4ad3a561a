"""From any schema to any other, killed after a random time: the next apply finishes, or the rows forbid it as before.

A few pairs on each database; `RECONCILE_CRASH=all` tries fifty (docs/reliability.md).
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import workflow
from reconciler.dialects import NAMES
from reconciler.errors import Refused
from reconciler.model.model import Model
from tests.properties.test_converge import EVERYTHING, contents, converge, fill, project
from tests.strategies import for_server, wide_models
from tests.target import fresh

PAIRS = 50 if os.environ.get("RECONCILE_CRASH") == "all" else 4
# So often an apply is killed before one is left alone.
KILLS = 2


def _killed(request: workflow.Request, seconds: float) -> None:
    """Apply in a process of its own, which is killed after so many seconds unless it has ended."""
    child = os.fork()
    if child == 0:
        try:
            workflow.apply(request, EVERYTHING)
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("server", NAMES)
@settings(
    max_examples=PAIRS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(before=wide_models(), after=wide_models(), part=st.floats(0, 1))
def test_the_next_apply_finishes(server: str, before: Model, after: Model, part: float, tmp_path: Path) -> None:
    before, after = for_server(before, server), for_server(after, server)
    with fresh(server, tmp_path) as target:
        first, second = project(tmp_path, before, target.url), project(tmp_path, after, target.url)
        begun = time.monotonic()
        converge(first)
        took = time.monotonic() - begun
        fill(target, before)
        for number in range(KILLS):
            _killed(second, took * (part + number) / KILLS)
        held = contents(target, before) if _is(first) else None
        try:
            converge(second)
        except Refused:
            assert held is None or contents(target, before) == held


def _is(request: workflow.Request) -> bool:
    """Say whether a database is as a request wants it."""
    return workflow.plan(request).planned.plan.empty
