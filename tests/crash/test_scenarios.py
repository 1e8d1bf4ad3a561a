"""Scenario by scenario: an apply dies at a point, in a way; the next one finishes, and nothing of the death is left.

Here each scenario dies twice, in other ways for each; `RECONCILE_CRASH=all` has them die in all (docs/reliability.md).
"""

from __future__ import annotations

import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reconciler.execute.failpoints import ALONE_POINTS, BACKFILL_POINTS, POINTS
from tests.crash.dying import BETWEEN, Death, played, staged
from tests.crash.scenarios import SCENARIOS
from tests.crash.sequels import SEQUELS, Sequel, another_apply
from tests.target import Target

ACTIONS = ("kill", "raise", "drop_conn")
# Of a point that is passed often: so many times from the first on (3), and the last one.
HITS = {BETWEEN: 8}


def deaths(passes: Counter[str]) -> Iterator[Death]:
    """Yield every death of an apply that passes these points so often."""
    for point in (*POINTS, BETWEEN, *ALONE_POINTS, *BACKFILL_POINTS):
        hits, first = range(1, passes[point] + 1), HITS.get(point, 3)
        for hit in (*hits[:first], *hits[first:][-1:]):
            yield from (Death(point, hit, action) for action in ACTIONS)


# What is tried: a death, and what comes after it.
Trial = tuple[Death, Sequel]


def trials(found: Sequence[Death], name: str, variant: str) -> Iterator[Trial]:
    """Yield what a scenario goes through: deaths with another apply after them, as many as are asked for, and each
    other sequel once. Unless that is asked for, one of either that most other scenarios do not go through.
    """
    asked = os.environ.get("RECONCILE_CRASH", "")
    at = zlib.crc32(f"{name} {variant}".encode())
    others = [(found[(at + number * 7) % len(found)], sequel) for number, sequel in enumerate(SEQUELS.values())]
    step = 1 if asked == "all" else max(len(found) // int(asked or 1), 1)
    yield from ((death, another_apply) for death in found[at % step :: step])
    yield from others if asked else others[at // 7 % len(others) :][:1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_next_apply_finishes(target: Target, tmp_path: Path, name: str) -> None:
    if target.dialect not in SCENARIOS[name].dialects:
        pytest.skip(f"nothing of the sort on {target.dialect}")
    _each_death_is_survived(target, tmp_path, name)


@pytest.mark.parametrize("name", [name for name, one in SCENARIOS.items() if "postgres" in one.dialects])
def test_so_it_does_outside_of_a_transaction(postgres: Target, tmp_path: Path, name: str) -> None:
    _each_death_is_survived(postgres, tmp_path, name, large=True)


# What MySQL and MariaDB do otherwise to a large table.
WHILE_WRITTEN = (
    "a type is widened", "a type is another one", "a type is another one beside a cascade", "a foreign key is made",
    "a foreign key is another one", "a parent is made anew", "two tables refer to each other",
)  # fmt: skip


@pytest.mark.parametrize("name", WHILE_WRITTEN)
def test_so_it_does_while_others_write(target: Target, tmp_path: Path, name: str) -> None:
    if target.dialect not in ("mysql", "mariadb"):
        pytest.skip("there it is another test's")
    _each_death_is_survived(target, tmp_path, name, large=True)


def _each_death_is_survived(target: Target, folder: Path, name: str, *, large: bool = False) -> None:
    failed: list[str] = []
    with staged(SCENARIOS[name], target, folder, large=large) as stage:
        tried = list(trials(list(deaths(stage.passes)), name, "large" if large else target.dialect))
        for number, (death, sequel) in enumerate(tried):
            with played(stage, f"trial {number}") as project:
                try:
                    sequel(stage, project, death)
                except Exception as error:
                    failed.append(f"{death}, {sequel.__name__}: {type(error).__name__}: {error}"[:800])
    assert not failed, "\n".join([f"{len(failed)} of {len(tried)}", *failed])
