"""What carrying a plan out came to, now or some day before, as data for the ledger and the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.ref import Ref

if TYPE_CHECKING:
    from reconciler.model.backfills import Standing


@frozen
class Usage:
    """What a database counted and charges for: rows that it read and wrote, and its size in bytes afterwards."""

    rows_read: int
    rows_written: int
    size: int


@frozen
class Outcome:
    """What was done: steps and statements, rows that they changed, their seconds, and what the database counted.

    `worked` is what became of backfills; what they wrote is among the rows.
    """

    run_id: str
    steps: int
    statements: int
    rows: int
    seconds: float
    usage: Usage | None = None
    worked: tuple[Worked, ...] = ()


@frozen
class Consent:
    """One hazard that a run was allowed, and what allowed it: `--allow`, the specs or the policy."""

    code: str
    address: str
    by: str


@frozen
class PastStep:
    """One committed step of a past run, as the ledger tells it; `statements` is its SQL."""

    position: int
    address: str
    action: str
    statements: str
    rows: int
    finished_at: str


@frozen
class PastRun:
    """A run as the ledger tells it. Times are UTC, ISO 8601; what an older version did not write down is empty.

    `state` is running, done, failed, partial or interrupted; `total` is how many steps the plan had, None where nobody
    wrote it down; `done` how many of them are committed; `statements` how many each of them had, in order.
    `bookmark` is the database's own word for itself as it was before, `backup` the name of what was kept then, `commit`
    what the specs were of, `takes_back` the runs that a rollback undoes. `steps` are filled in where one run was asked
    for.
    """

    run_id: str
    project: str
    plan_id: str
    tool: str
    actor: str
    state: str
    started_at: str
    finished_at: str
    error: str
    done: int
    environment: str = ""
    command: str = ""
    total: int | None = None
    statements: tuple[int, ...] = ()
    consents: tuple[Consent, ...] = ()
    bookmark: str = ""
    backup: str = ""
    commit: str = ""
    takes_back: tuple[str, ...] = ()
    steps: tuple[PastStep, ...] = ()


@frozen_in_order
class Rows:
    """What a statement gave back: the names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


# A value of a row as it is shown; what JSON has no word for is a text.
Shown = str | int | float | bool | None


@frozen
class Asserted:
    """What asking for the rows that an assertion forbids came to.

    `status` is pass, fail, or error where it could not be asked; `severity` the assertion's. `rows` is how many rows
    offend, None where nobody knows; `sample` the first of them, with the names of their `columns`. `seconds` is what it
    took, `message` a sentence for a person.
    """

    ref: Ref
    severity: str
    status: str
    seconds: float
    rows: int | None = None
    columns: tuple[str, ...] = ()
    sample: tuple[tuple[Shown, ...], ...] = ()
    message: str = ""

    @property
    def counts(self) -> bool:
        """Whether this decides how a command ends."""
        return self.severity == "error" and self.status != "pass"


@frozen
class Verified:
    """What the rows say to a verification of a backfill.

    `status` is pass, fail or error; `message` says what is wrong. `sample` are the first rows that show it.
    """

    name: str
    kind: str
    status: str
    seconds: float
    message: str = ""
    columns: tuple[str, ...] = ()
    sample: tuple[tuple[Shown, ...], ...] = ()


@frozen
class Shares:
    """How many rows of a table have each value of a column, the most frequent first."""

    table: str
    column: str
    counts: tuple[tuple[Shown, int], ...]


@frozen
class Worked:
    """How far a backfill came: where it stands now, what proves it, how long this took and how many rows it wrote.

    `distribution` is how the rows of the written table are classified, where the work classifies them.
    """

    standing: Standing
    verified: tuple[Verified, ...] = ()
    distribution: tuple[Shares, ...] = ()
    rows: int = 0
    seconds: float = 0.0
