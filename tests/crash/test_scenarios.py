"""Scenario by scenario: an apply dies at a point, in a way; the next one finishes, and nothing of the death is left.

Here each scenario dies in a few ways, others for each; `RECONCILE_CRASH=all` has them die in all (docs/reliability.md).
"""

from __future__ import annotations

import os
import re
import signal
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.execute import failpoints
from reconciler.execute.failpoints import ALONE_POINTS, BACKFILL_POINTS, POINTS
from reconciler.plan.policy import Allowance
from tests.conformance.driver import Project
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.target import Row, Target

EVERYTHING = workflow.Terms(given=(Allowance("*"),))
# Point, at which time of passing, how.
Death = tuple[str, int, str]
ACTIONS = ("kill", "raise", "drop_conn")
DEATHS: tuple[Death, ...] = tuple(
    (point, hit, action)
    for point in (*POINTS, *ALONE_POINTS, *BACKFILL_POINTS)
    for hit in ((1, 2) if "statement" in point or point in ALONE_POINTS else (1,))
    for action in ACTIONS
)
FEW = 1
HELPER = re.compile("__rc_[0-9a-f]{8}_")
# Where every table is large, what can be done outside of a transaction is.
LARGE = "policy: {approve: never, small_table_rows: 0}"


def deaths(name: str, variant: str, scenario: Scenario) -> Iterator[Death]:
    """Yield the deaths of a scenario: all, or a few that other scenarios do not die."""
    filled = "backfill:" in scenario.after
    found = [
        one for one in DEATHS
        if (filled or one[0] not in BACKFILL_POINTS) and (variant == "large" or one[0] not in ALONE_POINTS)
    ]  # fmt: skip
    if os.environ.get("RECONCILE_CRASH") == "all":
        yield from found
        return
    at = zlib.crc32(f"{name} {variant}".encode())
    yield from (found[(at + number * 17) % len(found)] for number in range(FEW))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_next_apply_finishes(target: Target, tmp_path: Path, name: str) -> None:
    if target.dialect not in SCENARIOS[name].dialects:
        pytest.skip(f"nothing of the sort on {target.dialect}")
    _survived(Project(tmp_path, target), name, target.dialect)


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if "postgres" in one.dialects])
def test_so_it_does_outside_of_a_transaction(postgres: Target, tmp_path: Path, name: str) -> None:
    project = Project(tmp_path, postgres)
    file = project.folder / "reconcile.yaml"
    file.write_text(file.read_text().replace("policy: {approve: never}", LARGE))
    _survived(project, name, "large")


def _survived(project: Project, name: str, variant: str) -> None:
    scenario, settled = SCENARIOS[name], list[str]()
    goal = _cycle(project, scenario, 0, settled, None)
    for number, death in enumerate(deaths(name, variant, scenario), 1):
        assert _cycle(project, scenario, number, settled, death) == goal, death


def _cycle(project: Project, scenario: Scenario, number: int, settled: list[str], death: Death | None) -> list[Row]:
    """Go from the one to the other with a death on the way, hold that all is well, and return the rows."""

    def numbered(text: str) -> str:
        return text.replace("@", str(number))

    project.apply(*settled, numbered(scenario.before))
    for sql in scenario.rows:
        project.target.execute(numbered(sql))
    settled.append(numbered(scenario.after))
    project.plan(*settled)
    if death:
        died(project, death)
    workflow.apply(project.request, EVERYTHING)
    assert workflow.plan(project.request).planned.plan.empty, death
    assert workflow.apply(project.request, EVERYTHING).outcome is None, death
    nothing_left(project.target, death)
    return project.target.query(numbered(scenario.look))


def died(project: Project, death: Death) -> None:
    """Apply in a process of its own that dies, or comes to its end where it does not pass the point so often."""
    point, hit, action = death
    child = os.fork()
    if child == 0:
        failpoints._POINT = failpoints._Armed(point, action, hit)
        try:
            workflow.apply(project.request, EVERYTHING)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), death


def nothing_left(target: Target, death: Death | None) -> None:
    """Hold that there is no helper, and nothing half made."""
    assert not HELPER.search(target.observe()), death
    if target.dialect == "postgres":
        assert target.query("SELECT indexrelid FROM pg_index WHERE NOT indisvalid") == [], death
        assert target.query("SELECT conname FROM pg_constraint WHERE NOT convalidated") == [], death
