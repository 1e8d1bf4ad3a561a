"""What there is to report, as data: a plan with its circumstances, an apply, a check, an import; rendered elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import Position, Problem
from reconciler.frozen import frozen
from reconciler.report.offline_facts import FormattedFile

# What a plan is made of is known to whoever made one.
if TYPE_CHECKING:
    from reconciler.backup.manifest import Backup
    from reconciler.compare.compare import Owned
    from reconciler.compare.planning import Planned
    from reconciler.dialects.base import Server
    from reconciler.dialects.chores import Chore
    from reconciler.dialects.health import Holder, Sign
    from reconciler.dialects.statistics import Statement
    from reconciler.dialects.upkeep import Condition
    from reconciler.model.backfills import Backfill, Standing
    from reconciler.model.model import Desired, Inspection
    from reconciler.model.ref import Ref
    from reconciler.plan.outcome import Asserted, Outcome, PastRun, Rows, Worked
    from reconciler.sources.conflicts import Conflict
    from reconciler.sources.files import Files
    from reconciler.sources.journal import Note


@frozen
class SpecVersion:
    """Which specs a plan was made from: a hash over their texts, and the commit they are in, where git knows."""

    sha256: str
    commit: str = ""
    dirty: bool = False


@frozen
class ForeignTool:
    """A table in which another tool keeps its account: whose, its name, how it was left, and what clears that."""

    tool: str
    table: str
    state: str
    message: str
    command: str = ""


@frozen
class Rehearsal:
    """How a plan went on a copy of the schema without rows.

    `status` is `passed`, `failed` with what went wrong or is left in `differences`, or `skipped` with the reason in
    `message`. `seconds` are those of the whole rehearsal, `statements` those of the plan. `address` is that of what
    failed, "" where nothing did.
    """

    status: str
    statements: int = 0
    seconds: float = 0.0
    differences: tuple[str, ...] = ()
    message: str = ""
    address: str = ""


@frozen
class Before:
    """When the sizes of tables were asked for last, and what they were: rows, None where nobody counted, and bytes."""

    at: str
    tables: Mapping[Ref, tuple[int | None, int]]


@frozen
class Measured:
    """What a database tells of its use: the bytes of each declared table, indexes that nobody reads, those for which
    another one stands in, the slowest statements; `unknown` says what it does not tell, and why.
    """

    sizes: Mapping[Ref, int]
    unused: tuple[Ref, ...] = ()
    redundant: tuple[tuple[Ref, Ref], ...] = ()
    slow: tuple[Statement, ...] = ()
    unknown: tuple[str, ...] = ()
    before: Before | None = None


@frozen
class Review:
    """A plan as a person or a machine is shown it.

    `desired` has the places in the specs, `label` is the target without secrets, `seconds` is how long planning took,
    `warnings` are what the specs lose on this dialect, `objects` counts the declared ones. `schema` is the default one,
    where the dialect has schemas; `undeclared` is the policy's word for what nobody declared. `complete` gives all that
    is declared where `desired` lacks what was set aside (`Comparison.aside`). `foreign_tools` is filled in where it
    is asked for. `asserted` is what the rows said to the assertions, empty while nobody has asked them. `rehearsal` is
    how the plan went on a copy, None where it was not tried. `condition` is what no comparison shows, and
    `statistics` what the database tells of its use, where asked for. `only` are the addresses beyond which nothing
    changes; none where the plan is of everything.
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
    rehearsal: Rehearsal | None = None
    condition: Condition | None = None
    statistics: Measured | None = None
    only: tuple[Ref, ...] = ()

    @property
    def objects(self) -> int:
        """How many objects the specs declare."""
        comparison = self.planned.comparison
        return len(comparison.desired) + sum(one.count for one in comparison.aside.values())

    def whole(self) -> Review:
        """Return the same with everything that is declared in `desired`."""
        return self if self.complete is None else replace(self, desired=self.complete(), complete=None)


@frozen
class Applied:
    """How an apply ended. `outcome` is None when there was nothing to run, or nothing was to be run (a dry run).

    `backup` is what was kept before the first step, None where nothing was. `refilled` is what became of the rows of
    what a rollback made again.
    """

    review: Review
    outcome: Outcome | None
    backup: Backup | None = None
    refilled: tuple[Refilled, ...] = ()


@frozen
class Refilled:
    """A table or column that a rollback made again: from which backup how many rows got theirs, or why none did."""

    ref: Ref
    backup: str = ""
    rows: int = 0
    reason: str = ""


@frozen
class Imported:
    """What an import wrote, what it could not write down or did not understand of what it wrote, which schemas it did
    not look into, what is other tools'.
    """

    directory: Path
    written: tuple[Path, ...]
    objects: int
    unmodelled: tuple[str, ...]
    not_understood: Mapping[Ref, str] = field(default_factory=dict)
    other_schemas: tuple[str, ...] = ()
    foreign_tools: tuple[ForeignTool, ...] = ()


@frozen
class Settled:
    """One difference that the specs or the policy were edited for: where, which way it differed, what was done."""

    address: str
    finding: str
    message: str
    source: Position | None = None


@frozen
class Resolved:
    """What `drift accept` or `drift ignore` found and edited; `saved` is false where the files are as they were."""

    action: str
    environment: str
    settled: tuple[Settled, ...]
    files: tuple[FormattedFile, ...]
    saved: bool


@frozen
class Adopted:
    """What reading files of SQL came to; `imported` is None where `problems` kept it from being written.

    `engine` says, behind a number, what became of so many statements: where they ran, or that they were read alone.
    """

    dialect: str
    files: Files
    statements: int
    ran: int
    notes: tuple[Note, ...]
    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...]
    engine: str
    imported: Imported | None = None


@frozen
class History:
    """The last runs on a database, newest first; `known` is false where there is no ledger to tell of any."""

    environment: str
    label: str
    known: bool
    runs: tuple[PastRun, ...]


@frozen
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


@frozen
class Called:
    """A procedure that was run: where, what it gave back, and how long it took."""

    ref: Ref
    environment: str
    label: str
    results: tuple[Rows, ...]
    seconds: float


@frozen
class Health:
    """A database as `doctor` finds it: every sign, other tools' accounts among them, which also stand by themselves."""

    project: str
    environment: str
    dialect: str
    label: str
    signs: tuple[Sign, ...]
    foreign_tools: tuple[ForeignTool, ...] = ()


@frozen
class Locks:
    """Who holds the run lock of a database, or held it until now."""

    environment: str
    label: str
    holders: tuple[Holder, ...]


@frozen
class RunReport:
    """A past run, and how the database compares with the specs now."""

    run: PastRun
    review: Review


@frozen
class BackfillLine:
    """How one backfill stands. `due` is what makes it due, "" when nothing does; `next_at` when it will be (ISO 8601).

    `backfill` is None for one that is not declared any more.
    """

    standing: Standing
    due: str
    declared: bool
    backfill: Backfill | None = None
    next_at: str = ""


@frozen
class Backfills:
    """How the backfills of a database stand."""

    environment: str
    label: str
    lines: tuple[BackfillLine, ...]


@frozen
class BackfillsRun:
    """What became of backfills that were carried out by themselves."""

    environment: str
    run_id: str
    worked: tuple[Worked, ...]


@frozen
class Chored:
    """One thing that was done to keep a database in shape, and why it failed, "" where it did not."""

    chore: Chore
    seconds: float
    failure: str = ""


@frozen
class Maintained:
    """What was done to keep a database in shape."""

    environment: str
    label: str
    chores: tuple[Chored, ...]
