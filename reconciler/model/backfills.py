"""Data work that is declared: which rows are read, what becomes of them, how often, and what proves that it is done."""

from __future__ import annotations

from dataclasses import field

from reconciler.frozen import frozen
from reconciler.model.ref import Ref
from reconciler.model.values import Literal, Sql


@frozen
class Source:
    """The rows that are worked off, in the order of `key`, each once.

    `key` is unique, not null and indexed. `where` says which rows count. `live_writes` is who else writes them
    meanwhile: frozen (nobody), dual_write, trigger (we carry along what they write), append_only; "" when it is not
    said. `bound` is where the work ends: at_start (the greatest key as it was then), sql (what `upper` gives), open.
    `database` is the name of the environment that has them, "" for the database that is written.
    """

    table: Ref
    key: tuple[str, ...]
    where: Sql | None = None
    live_writes: str = ""
    bound: str = "at_start"
    upper: Sql | None = None
    database: str = ""


@frozen
class Case:
    """One line of a classification: rows that meet the condition get the value."""

    when: Sql
    then: Literal


@frozen
class Classification:
    """A value by conditions, the first that is met; `otherwise` None means that no condition met is a reject."""

    name: str
    cases: tuple[Case, ...]
    otherwise: Literal | None = None


@frozen
class Mapped:
    """Where the value of a written column comes from: one of an expression over the source row, a classification by
    name, a constant, or an aggregate (sum, min, max, count) of the expression over a group.
    """

    column: str
    expression: Sql | None = None
    classification: str = ""
    constant: Literal | None = None
    aggregate: str = ""


@frozen
class Assignment:
    """A column and the expression that it is set to."""

    column: str
    value: Sql


@frozen
class Merge:
    """How a new row meets one that is there with the same values of `on`.

    In the expressions `target.c` is the value that is there, and `incoming.c` the new one.
    """

    on: tuple[str, ...]
    assignments: tuple[Assignment, ...] = ()


@frozen
class InsertSelect:
    """Rows of the source become rows of another table. `group_by` names expressions, and classifications as `$name`."""

    into: Ref
    columns: tuple[Mapped, ...]
    classify: tuple[Classification, ...] = ()
    group_by: tuple[Sql, ...] = ()
    merge: Merge | None = None


@frozen
class Update:
    """Rows of the source itself are changed."""

    assignments: tuple[Assignment, ...]
    where: Sql | None = None


@frozen
class Copied:
    """A column of a copy: the source column or a constant, what it is made into, and what happens when that fails.

    `transform` is one of the names in `reconciler.backfill.transforms`; `on_invalid` is fail, reject or null.
    """

    column: str
    source: str = ""
    constant: Literal | None = None
    transform: str = ""
    cast: str = ""
    on_invalid: str = "fail"


@frozen
class Copy:
    """Rows of another database become rows of a table here."""

    into: Ref
    columns: tuple[Copied, ...]


@frozen
class Script:
    """One statement of the author's that works off the range of keys beyond :lo up to :hi."""

    statement: Sql


@frozen
class Idempotency:
    """What makes it harmless to do the same rows again: converge, target_key, recompute, ledger, mark_source, cursor;
    unset, which no spec says, leaves alone what is not null.

    `key` are the columns that tell source rows apart (in the claims of a ledger), or rows of the target (target_key).
    `on_conflict` is ignore, update, update_if_changed or error. `mark` is the column that mark_source sets, and
    `confirmed` the reason for which cursor is taken although such work cannot be run again from its beginning.
    """

    strategy: str
    key: tuple[str, ...] = ()
    on_conflict: str = "ignore"
    mark: str = ""
    confirmed: str = ""


@frozen
class Chunk:
    """How much is done in one transaction. `by` is rows, or range: steps in key space, for one dense integer key.

    Rows; `target_time` in seconds is what one transaction is to take, None for what suits the database, and `size` what
    the first one begins with.
    """

    by: str = "rows"
    size: int = 500
    minimum: int = 50
    maximum: int = 50_000
    target_time: float | None = None


@frozen
class Throttle:
    """What makes the work wait between two transactions, asked once a second at the most.

    `kind` is query (waits while its one value is true or above 0), window (works only from `start` to `end`, minutes
    of the day in the zone `zone`), file (waits while `path` exists), http (waits while `path` answers anything but
    200), replica_lag (seconds; `database` is the environment of a replica that is asked itself), load (`metric`).
    Above `critical` the work is paused for good.
    """

    kind: str
    query: Sql | None = None
    start: int = 0
    end: int = 0
    zone: str = "UTC"
    path: str = ""
    database: str = ""
    metric: str = ""
    most: float = 0.0
    critical: float | None = None


@frozen
class OnError:
    """What becomes of a transaction that fails: tried again so often, halved down to one row, and a row that fails by
    itself is left out and written down (quarantine, so many at most) or ends the work (stop).
    """

    retries: int = 5
    split: bool = True
    poison: str = "quarantine"
    most: int = 20


@frozen
class Rejects:
    """Rows that no condition of a classification meets; more than `most` of them pause the work, or fail it."""

    most: int = 100
    on_exceed: str = "pause"


@frozen
class Verification:
    """A question whose answer proves the work.

    `kind` is zero_rows (`left` returns nothing), equal (`left` and `right` return the same), at_least (`left` returns
    no less than `right`), checksum (of `columns`, in ranges of `size` rows) or sample (`size` rows, column by column).
    `left_in` and `right_in` name the environments that are asked, "" the database that is written. In the queries :hi
    is the upper bound of the work. `timeout` in seconds. It is asked when the work is done, and before that after
    `every` so many transactions, 0 for never.
    """

    name: str
    kind: str
    left: Sql | None = None
    right: Sql | None = None
    left_in: str = ""
    right_in: str = ""
    columns: tuple[str, ...] = ()
    size: int = 0
    every: int = 0
    timeout: float = 300.0


@frozen
class Cadence:
    """When the work is due: once, on_change of its definition, always, every so many seconds, by a cron expression."""

    kind: str = "once"
    seconds: float = 0.0
    cron: str = ""


@frozen
class Held:
    """What waits until the work is done: an address, and of what happens there only a part: drop, not_null, or all."""

    ref: Ref
    part: str = ""


@frozen
class Backfill:
    """Data work with everything that is declared of it; exactly one of `insert_select`, `update`, `copy`, `script`.

    A greater `generation` asks for it once more. `requires` are addresses that have to be there, other backfills
    among them; `holds` is what waits for it. `only_in` is the environment that it is for, "" for every one.
    `destroys` is how many rows it may delete, with the reason in `destroys_for`; None where it deletes none. `capture`
    is when the triggers that carry live writes along fire, before_write or after_write, "" for what suits the work;
    `deletes` what becomes of rows whose source row somebody deletes meanwhile: ignore, or mirror. `beside` is the name
    of the helper that it fills, "" for work that a spec declares: its triggers stay when it is done, until the helper
    takes the place that it is made for.
    """

    ref: Ref
    source: Source
    idempotency: Idempotency
    insert_select: InsertSelect | None = None
    update: Update | None = None
    copy: Copy | None = None
    script: Script | None = None
    generation: int = 1
    cadence: Cadence = field(default_factory=Cadence)
    requires: tuple[Ref, ...] = ()
    holds: tuple[Held, ...] = ()
    chunk: Chunk = field(default_factory=Chunk)
    throttle: tuple[Throttle, ...] = ()
    on_error: OnError = field(default_factory=OnError)
    rejects: Rejects = field(default_factory=Rejects)
    verify: tuple[Verification, ...] = ()
    workers: int = 1
    settle: float | None = None
    only_in: str = ""
    destroys: int | None = None
    destroys_for: str = ""
    capture: str = ""
    deletes: str = "ignore"
    beside: str = ""
    comment: str | None = None

    @property
    def into(self) -> Ref:
        """The table that is written."""
        written = self.insert_select or self.copy
        return written.into if written else self.source.table

    @property
    def captures(self) -> tuple[str, ...]:
        """What triggers carry along of what is written meanwhile: insert, update, delete."""
        if self.source.live_writes != "trigger":
            return ()
        return ("insert", "update", "delete") if self.deletes == "mirror" else ("insert", "update")


@frozen
class Standing:
    """How far the ledger says that a backfill is, in its latest generation.

    `state` is pending, running, paused, interrupted, failed, verify_failed, cancelled or done; `wanted` is what
    somebody asks of it: run, pause, cancel. Counts are rows; `estimate` is how many there may be, None when unknown.
    `cursor` and `upper` are keys as JSON lists, "" before it began. `digest` is that of the definition it was begun
    with. Times are ISO 8601, UTC; `waited` in seconds.
    """

    name: str
    generation: int
    digest: str
    state: str
    wanted: str = "run"
    cursor: str = ""
    upper: str = ""
    estimate: int | None = None
    read: int = 0
    written: int = 0
    rejected: int = 0
    poisoned: int = 0
    batches: int = 0
    batch_size: int = 0
    waited: float = 0.0
    reason: str = ""
    run_id: str = ""
    started_at: str = ""
    updated_at: str = ""
    finished_at: str = ""
