"""What there is to report, as data: a plan with its circumstances, an apply, a check, an import; rendered elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import Problem

# What a plan is made of is known to whoever made one.
if TYPE_CHECKING:
    from reconciler.compare.compare import Owned
    from reconciler.compare.planning import Planned
    from reconciler.dialects.base import Server
    from reconciler.dialects.health import Holder, Sign
    from reconciler.model.model import Desired, Inspection
    from reconciler.model.ref import Ref
    from reconciler.plan.outcome import Asserted, Outcome, PastRun, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecVersion:
    """Which specs a plan was made from: a hash over their texts, and the commit they are in, where git knows."""

    sha256: str
    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTool:
    """A table in which another tool keeps its account: whose, its name, how it was left, and what clears that."""

    tool: str
    table: str
    state: str
    message: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A plan as a person or a machine is shown it.

    `desired` has the places in the specs, `label` is the target without secrets, `seconds` is how long planning took,
    `warnings` are what the specs lose on this dialect, `objects` counts the declared ones. `schema` is the default one,
    where the dialect has schemas; `undeclared` is the policy's word for what nobody declared. `complete` gives all that
    is declared where `desired` lacks what was set aside (`Comparison.aside`). `foreign_tools` is filled in where it
    is asked for. `asserted` is what the rows said to the assertions, empty while nobody has asked them.
    """

    planned: Planned
    desired: Desired
    project: str
    environment: str
    dialect: str
    label: str
    created_at: str
    seconds: float
    spec: SpecVersion
    approve: str
    schema: str = ""
    undeclared: str = "report"
    warnings: tuple[Problem, ...] = ()
    complete: Callable[[], Desired] | None = None
    foreign_tools: tuple[ForeignTool, ...] = ()
    asserted: tuple[Asserted, ...] = ()

    @property
    def objects(self) -> int:
        """How many objects the specs declare."""
        comparison = self.planned.comparison
        return len(comparison.desired) + sum(one.count for one in comparison.aside.values())

    def whole(self) -> Review:
        """Return the same with everything that is declared in `desired`."""
        return self if self.complete is None else replace(self, desired=self.complete(), complete=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How an apply ended. `outcome` is None when there was nothing to run, or nothing was to be run (a dry run)."""

    review: Review
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import wrote, what it could not write down, which schemas it did not look into, what is other tools'."""

    directory: Path
    written: tuple[Path, ...]
    objects: int
    unmodelled: tuple[str, ...]
    other_schemas: tuple[str, ...] = ()
    foreign_tools: tuple[ForeignTool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The last runs on a database, newest first; `known` is false where there is no ledger to tell of any."""

    environment: str
    label: str
    known: bool
    runs: tuple[PastRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A database at one moment, without its rows: what it holds, what the ledger knows of a project, what answered.

    `schema` is the default one, `schemas` are the others that were looked at.
    """

    project: str
    environment: str
    dialect: str
    schema: str
    schemas: tuple[str, ...]
    created_at: str
    server: Server
    inspection: Inspection
    owned: Owned


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A procedure that was run: where, what it gave back, and how long it took."""

    ref: Ref
    environment: str
    label: str
    results: tuple[Rows, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A database as `doctor` finds it: every sign, other tools' accounts among them, which also stand by themselves."""

    project: str
    environment: str
    dialect: str
    label: str
    signs: tuple[Sign, ...]
    foreign_tools: tuple[ForeignTool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """Who holds the run lock of a database, or held it until now."""

    environment: str
    label: str
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A past run, and how the database compares with the specs now."""

    run: PastRun
    review: Review
