"""A dialect and a number of tables in, every measurement beside its floor and its target out, all from one run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from benchmarks import project
from benchmarks.measure import FLOOR, RECONCILE, SCRIPT, Cost, measured

# Megabytes that a plan or an apply may take at its peak (design: 5,000 tables; fewer have no excuse).
MEMORY = 400.0
# Seconds for reading, checking and lowering five thousand files, the first time and again.
COLD, WARM, FILES = 4.5, 1.0, 5000
# How often what takes a second or two is measured; the quickest counts, also of what it is held against.
TURNS = range(3)
# Seconds within which a command on a small project has started, done its work and ended.
START = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement. `floor` and `limit` are seconds by the clock, None where there is none; `ratio` is to the floor.

    `memory` is the limit in megabytes.
    """

    name: str
    cost: Cost
    floor: float | None = None
    limit: float | None = None
    memory: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor it took."""
        return self.cost.wall / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """Whether every limit was held; None where there is none."""
        held = [self.cost.wall <= self.limit] if self.limit is not None else []
        held += [self.cost.peak <= self.memory] if self.memory is not None else []
        return all(held) if held else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a dialect is measured: two empty databases, and how the floors are had.

    `url` is for the specs, `bare` for a driver; `script` runs the statements of a file in the second database.
    """

    dialect: str
    url: str
    bare: str
    readings: tuple[str, ...]
    script: Callable[[Path], tuple[str, ...]]


def start_up(folder: Path) -> Iterator[Row]:
    """Measure what a person waits for before anything happens."""
    small = folder / "small"
    project.write(small, 20, "sqlite", "sqlite:///small.db")
    for name, word in (("--help", "--help"), ("validate, 20 tables", "validate")):
        measured([*RECONCILE, word], folder=small)  # compiles what is not compiled yet
        yield Row(name=name, cost=_quickest([*RECONCILE, word], folder=small), limit=START)


def of_dialect(folder: Path, tables: int, place: Place) -> Iterator[Row]:
    """Measure validating, planning and applying on one dialect."""
    project.write(folder, tables, place.dialect, place.url)
    first = measured([*RECONCILE, "validate"], folder=folder)
    load = _quickest([*RECONCILE, "validate"], folder=folder)
    yield Row(name="validate, first time", cost=first, limit=COLD * tables / FILES)
    yield Row(name="validate, again", cost=load, limit=WARM * tables / FILES)
    saved = folder / "plan.json"
    planned = measured([*RECONCILE, "plan", "--json"], folder=folder, output=saved)
    yield Row(name="plan from empty, as JSON", cost=planned, memory=MEMORY)
    yield Row(name="plan from empty, as text", cost=measured([*RECONCILE, "plan"], folder=folder), memory=MEMORY)
    script = folder / "ddl.sql"
    measured([*SCRIPT, saved, script], folder=folder)
    floor = measured(place.script(script), folder=folder)
    yield Row(name="floor: the same DDL alone", cost=floor)
    applied = measured([*RECONCILE, "apply", "--auto-approve"], folder=folder)
    yield Row(name="apply from empty", cost=applied, floor=floor.wall, memory=MEMORY)
    yield Row(name="of it, its statements", cost=_statements(folder, applied), floor=floor.wall, limit=1.3 * floor.wall)
    yield from _without_changes(folder, tables, place, load)


def _quickest(command: Sequence[str], *, folder: Path) -> Cost:
    """Return the cost of a command in its quickest turn."""
    return min((measured(command, folder=folder) for _ in TURNS), key=attrgetter("wall"))


def _changed(folder: Path, tables: int, turn: int) -> tuple[Cost, int]:
    """Return the cost of a plan of tables that changed a moment ago, and how many they are."""
    number = project.change(folder, tables, turn)
    return measured([*RECONCILE, "plan"], folder=folder), number


def _statements(folder: Path, applied: Cost) -> Cost:
    """Return the part of an apply between its beginning in the ledger and its last statement; CPU is not told apart."""
    told = folder / "run.json"
    measured([*RECONCILE, "show", "latest", "--json"], folder=folder, output=told)
    run = json.loads(told.read_text("utf-8"))["result"]
    ends = (datetime.fromisoformat(step["finished_at"]) for step in run["done"])
    seconds = (max(ends) - datetime.fromisoformat(run["started_at"])).total_seconds()
    return replace(applied, wall=seconds, cpu=0.0)


def _without_changes(folder: Path, tables: int, place: Place, load: Cost) -> Iterator[Row]:
    readings = {name: _quickest([*FLOOR, name, place.bare], folder=folder) for name in place.readings}
    yield from (Row(name=f"floor: {name.replace('-', ' ')}", cost=cost) for name, cost in readings.items())
    floor = readings[place.readings[0]].wall
    same = [*RECONCILE, "plan", "--detailed-exitcode"]
    whole = measured(same, folder=folder)  # nobody knows yet what agrees
    yield Row(name="plan, no change, first time", cost=whole, floor=floor, memory=MEMORY)
    again = _quickest(same, folder=folder)
    limit = 1.5 * floor + load.wall if place.dialect == "postgres" else None
    yield Row(name="plan, no change", cost=again, floor=floor, limit=limit, memory=MEMORY)
    some, changed = min((_changed(folder, tables, turn) for turn in TURNS), key=lambda one: one[0].wall)
    limit = again.wall + 0.1 * whole.wall
    yield Row(name=f"plan, {changed} tables changed", cost=some, floor=again.wall, limit=limit, memory=MEMORY)
    few = measured([*RECONCILE, "apply", "--auto-approve"], folder=folder)
    yield Row(name=f"apply, {changed} tables changed", cost=few, floor=floor, memory=MEMORY)
