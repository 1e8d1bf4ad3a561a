"""The ledger's tables of data work: how far each backfill is, which rows it claimed, and which it left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from itertools import groupby

from reconciler.dialects.base import Dialect, Session
from reconciler.execute.ledger import Ledger, now, query
from reconciler.frozen import frozen
from reconciler.model.backfills import Standing

PROGRESS, APPLIED, REJECTS = "_reconcile_backfill", "_reconcile_applied", "__rc_rejects"

# What somebody may ask of a backfill.
WORDS = ("run", "pause", "cancel")

_TABLES: Mapping[str, str] = {
    PROGRESS: """
        project VARCHAR(100) NOT NULL, name VARCHAR(100) NOT NULL, generation INTEGER NOT NULL, shard INTEGER NOT NULL,
        digest VARCHAR(80) NOT NULL, state VARCHAR(20) NOT NULL, wanted VARCHAR(10) NOT NULL, pass VARCHAR(20) NOT NULL,
        at_key VARCHAR(1000) NOT NULL, from_key VARCHAR(1000) NOT NULL, to_key VARCHAR(1000) NOT NULL,
        horizon VARCHAR(60) NOT NULL, estimate BIGINT, source_rows BIGINT,
        rows_read BIGINT NOT NULL, rows_written BIGINT NOT NULL, rejected BIGINT NOT NULL, poisoned BIGINT NOT NULL,
        batches BIGINT NOT NULL, batch_size BIGINT NOT NULL, ema_ms BIGINT NOT NULL, waited_ms BIGINT NOT NULL,
        reason {text} NOT NULL, owner VARCHAR(60) NOT NULL, fence BIGINT NOT NULL, attempt INTEGER NOT NULL,
        started_at VARCHAR(40) NOT NULL, updated_at VARCHAR(40) NOT NULL, finished_at VARCHAR(40) NOT NULL,
        PRIMARY KEY (project, name, generation, shard)""",
    APPLIED: """
        backfill VARCHAR(100) NOT NULL, source_key VARCHAR(500) NOT NULL, batch_id VARCHAR(100) NOT NULL,
        PRIMARY KEY (backfill, source_key)""",
    REJECTS: """
        backfill VARCHAR(100) NOT NULL, source_key VARCHAR(500) NOT NULL, reason {text} NOT NULL,
        batch_id VARCHAR(100) NOT NULL, at VARCHAR(40) NOT NULL,
        PRIMARY KEY (backfill, source_key)""",
}


@frozen
class Progress:
    """A row of the ledger: how far one shard of a backfill is. Keys are JSON lists, times ISO 8601, UTC.

    `fence` counts who has worked on it, one after the other, `attempt` what has failed since the last commit.
    `source_rows` is how many rows there were at the beginning, where nobody is to add one.
    """

    name: str
    generation: int
    shard: int
    digest: str
    state: str
    wanted: str = "run"
    # `pass` is a word of Python's.
    pass_: str = ""
    at_key: str = ""
    from_key: str = ""
    to_key: str = ""
    horizon: str = ""
    estimate: int | None = None
    source_rows: int | None = None
    rows_read: int = 0
    rows_written: int = 0
    rejected: int = 0
    poisoned: int = 0
    batches: int = 0
    batch_size: int = 0
    ema_ms: int = 0
    waited_ms: int = 0
    reason: str = ""
    owner: str = ""
    fence: int = 0
    attempt: int = 0
    started_at: str = ""
    updated_at: str = ""
    finished_at: str = ""


_FIELDS = tuple(field.name for field in fields(Progress))
_COLUMNS = tuple(name.rstrip("_") for name in _FIELDS)


def bootstrap(session: Session, ledger: Ledger) -> None:
    """Make the tables where they are missing."""
    for name, columns in _TABLES.items():
        if query(session, f"SELECT 1 FROM {ledger.prefix}{name} WHERE 1 = 0") is None:
            body = columns.format(text=ledger.text)
            session.execute(f"CREATE TABLE {ledger.prefix}{name} ({body}){ledger.options}")


def rows_of(session: Session, ledger: Ledger, name: str = "") -> list[Progress]:
    """Return what the ledger holds of one backfill, or of all of them, in order; nothing where it has no table."""
    found = query(
        session,
        f"SELECT {', '.join(_COLUMNS)} FROM {ledger.prefix}{PROGRESS} WHERE project = :project"
        f"{' AND name = :name' if name else ''} ORDER BY name, generation, shard",
        {"project": ledger.project, **({"name": name} if name else {})},
    )
    return [Progress(**dict(zip(_FIELDS, row, strict=True))) for row in found or ()]  # type: ignore[arg-type]


def every(session: Session, ledger: Ledger) -> list[tuple[str, str, int, str, str]]:
    """Return project, name, generation, digest and state of all that the ledger holds, of every project."""
    sql = f"SELECT project, name, generation, digest, state FROM {ledger.prefix}{PROGRESS} WHERE shard = 0"
    return [(str(a), str(b), int(str(c)), str(d), str(e)) for a, b, c, d, e in query(session, sql) or ()]


def current(session: Session, ledger: Ledger, name: str, generation: int, shard: int) -> Progress | None:
    """Return one row."""
    found = (row for row in rows_of(session, ledger, name) if (row.generation, row.shard) == (generation, shard))
    return next(found, None)


def standings(session: Session, ledger: Ledger) -> Mapping[str, Standing]:
    """Return how far each backfill of the project is in its latest generation, by name; {} without a ledger."""
    found = {}
    for name, rows in groupby(rows_of(session, ledger), key=lambda row: row.name):
        every = list(rows)
        latest = every[-1].generation
        found[name] = standing([row for row in every if row.generation == latest])
    return found


def standing(shards: Sequence[Progress]) -> Standing:
    """Return what the shards of a generation come to; the first one speaks for all of them."""
    first = shards[0]
    return Standing(
        name=first.name, generation=first.generation, digest=first.digest, state=first.state, wanted=first.wanted,
        cursor=first.at_key, upper=first.to_key if len(shards) == 1 else shards[-1].to_key,
        estimate=first.estimate, read=_sum(shards, lambda row: row.rows_read),
        written=_sum(shards, lambda row: row.rows_written), rejected=_sum(shards, lambda row: row.rejected),
        poisoned=_sum(shards, lambda row: row.poisoned), batches=_sum(shards, lambda row: row.batches),
        batch_size=max(row.batch_size for row in shards), waited=max(row.waited_ms for row in shards) / 1000,
        reason=first.reason, run_id=first.owner, started_at=first.started_at,
        updated_at=max(row.updated_at for row in shards), finished_at=first.finished_at,
    )  # fmt: skip


def _sum(shards: Iterable[Progress], of: Callable[[Progress], int]) -> int:
    return sum(map(of, shards))


def want(dialect: Dialect, session: Session, ledger: Ledger, name: str, word: str) -> bool:
    """Ask something of a backfill, from wherever: run, pause or cancel; it is heard between two of its transactions.

    Args:
        dialect: whose session it is.
        session: for writing; it needs no lock of runs, nor a fence.
        ledger: where its ledger is.
        name: the backfill's.
        word: one of WORDS.

    Returns:
        Whether the ledger knows that backfill.
    """
    assert word in WORDS
    rows = rows_of(session, ledger, name)
    if not rows:
        return False
    quoted = dialect.bulk().literal
    dialect.bulk().unlocked(
        session,
        f"UPDATE {ledger.prefix}{PROGRESS} SET wanted = {quoted(word)} WHERE project = {quoted(ledger.project)}"
        f" AND name = {quoted(name)} AND generation = {rows[-1].generation}",
    )
    return True


def store(session: Session, ledger: Ledger, row: Progress) -> Progress:
    """Write a row down, in the place of the one that has its key; what is wanted is left to who wants it."""
    row = replace(row, updated_at=now())
    values = dict(zip(_COLUMNS, (getattr(row, name) for name in _FIELDS), strict=True))
    sets = ", ".join(f"{name} = :{name}" for name in _COLUMNS if name not in ("name", "generation", "shard", "wanted"))
    parameters = {"project": ledger.project, **values}
    where = "project = :project AND name = :name AND generation = :generation AND shard = :shard"
    there = session.query(
        f"SELECT 1 FROM {ledger.prefix}{PROGRESS} WHERE {where}",
        {name: parameters[name] for name in ("project", "name", "generation", "shard")},
    )
    if there:
        given = {name: value for name, value in parameters.items() if name != "wanted"}
        session.execute(f"UPDATE {ledger.prefix}{PROGRESS} SET {sets} WHERE {where}", given)
    else:
        columns = ("project", *_COLUMNS)
        marks = ", ".join(f":{name}" for name in columns)
        session.execute(f"INSERT INTO {ledger.prefix}{PROGRESS} ({', '.join(columns)}) VALUES ({marks})", parameters)
    return row


def rejects(session: Session, ledger: Ledger, name: str) -> frozenset[str]:
    """Return the keys of the rows that were left out of a backfill. Not inside a transaction."""
    found = query(session, f"SELECT source_key FROM {ledger.prefix}{REJECTS} WHERE backfill = :name", {"name": name})
    return frozenset(str(key) for (key,) in found or ())


def erase(session: Session, ledger: Ledger, name: str) -> None:
    """Take everything out that the ledger holds of a backfill; nothing where it has no table."""
    if rows_of(session, ledger, name):
        session.execute(
            f"DELETE FROM {ledger.prefix}{PROGRESS} WHERE project = :project AND name = :name",
            {"project": ledger.project, "name": name},
        )
        session.execute(f"DELETE FROM {ledger.prefix}{REJECTS} WHERE backfill = :name", {"name": name})


def forget(session: Session, ledger: Ledger, name: str, generation: int) -> None:
    """Forget which rows were left out, and who did what part: whoever begins anew looks at all of them again."""
    session.execute(
        f"DELETE FROM {ledger.prefix}{PROGRESS}"
        " WHERE project = :project AND name = :name AND generation = :generation AND shard > 0",
        {"project": ledger.project, "name": name, "generation": generation},
    )
    session.execute(f"DELETE FROM {ledger.prefix}{REJECTS} WHERE backfill = :name", {"name": name})
