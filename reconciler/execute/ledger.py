"""The ledger in the target database: what we last applied, and what happened when; it explains, and gates nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field
from datetime import UTC, datetime
from operator import itemgetter
from typing import TypeVar

from reconciler.compare.compare import Memory, Owned
from reconciler.dialects.base import DatabaseError, Session
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.ref import KIND_WORDS, Ref

T = TypeVar("T")

# What a server says of a table that is not there: PostgreSQL, MySQL; SQLite has only the sentence.
_ABSENT = frozenset({"42P01", "3F000", "1146"})

_TABLES: Mapping[str, str] = {
    "_reconcile_run": """
        run_id VARCHAR(40) PRIMARY KEY, project VARCHAR(100) NOT NULL, plan_id VARCHAR(40) NOT NULL,
        source VARCHAR(64) NOT NULL, target VARCHAR(64) NOT NULL, tool VARCHAR(40) NOT NULL,
        actor VARCHAR(200) NOT NULL,
        state VARCHAR(20) NOT NULL, started_at VARCHAR(40) NOT NULL, finished_at VARCHAR(40),
        error {text}, details {text}, was {text}""",
    "_reconcile_step": """
        run_id VARCHAR(40) NOT NULL, position INTEGER NOT NULL, address VARCHAR(500) NOT NULL,
        action VARCHAR(20) NOT NULL, statements {text} NOT NULL, affected BIGINT NOT NULL,
        finished_at VARCHAR(40) NOT NULL,
        PRIMARY KEY (run_id, position)""",
    "_reconcile_object": """
        project VARCHAR(100) NOT NULL, address VARCHAR(500) NOT NULL, protected INTEGER NOT NULL, memory {text},
        circumstances VARCHAR(500), run_id VARCHAR(40) NOT NULL, deprecated VARCHAR(10),
        PRIMARY KEY (project, address)""",
}

# Columns that a ledger of an older version lacks, by table; all of them may be null.
_ADDED: Mapping[str, Mapping[str, str]] = {
    "_reconcile_run": {"details": "{text}", "was": "{text}"},
    "_reconcile_object": {"deprecated": "VARCHAR(10)"},
}

# What a server says of a column that is not there: PostgreSQL, MySQL; SQLite has only the sentence.
_NO_COLUMN = frozenset({"42703", "1054"})

# Addresses per DELETE, with the project's name beside them; SQLite allows 32,766 bound values, D1 100
# (developers.cloudflare.com/d1/platform/limits).
_ROWS = 99


@frozen
class Entry:
    """One object that is ours: whether it is protected, the day from which it may go where it is deprecated, and what
    the server made of its texts.
    """

    protected: bool = False
    deprecated: str = ""
    memory: Mapping[str, Memory] = field(default_factory=dict)


@frozen_in_order
class Ledger:
    """Where the ledger of one project is: `prefix` is the quoted schema with its dot, or empty.

    `text` is the type of long texts there, `options` what stands behind CREATE TABLE.
    """

    prefix: str
    project: str
    text: str = "TEXT"
    options: str = ""


def now() -> str:
    """Return the time as it is written down: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def bootstrap(session: Session, ledger: Ledger) -> None:
    """Make the ledger's tables where they are missing, and their columns where an older version made them."""
    for name, columns in _TABLES.items():
        if query(session, f"SELECT 1 FROM {ledger.prefix}{name} WHERE 1 = 0") is None:
            body = columns.format(text=ledger.text)
            session.execute(f"CREATE TABLE {ledger.prefix}{name} ({body}){ledger.options}")
    for table, added in _ADDED.items():
        for column, type_ in added.items():
            if not has_column(session, ledger, table, column):
                session.execute(
                    f"ALTER TABLE {ledger.prefix}{table} ADD COLUMN {column} {type_.format(text=ledger.text)}"
                )


def query(
    session: Session, sql: str, parameters: Mapping[str, object] | None = None
) -> list[tuple[object, ...]] | None:
    """Return rows, or None when the table is not there. Not inside a transaction: a failed query may end it."""
    try:
        return session.query(sql, parameters)
    except DatabaseError as error:
        if error.code in _ABSENT or error.message.startswith("no such table"):
            return None
        raise


def has_column(session: Session, ledger: Ledger, table: str, column: str) -> bool:
    """Say whether a table of the ledger has a column. Not inside a transaction: a failed query may end it."""
    try:
        session.query(f"SELECT {column} FROM {ledger.prefix}{table} WHERE 1 = 0")
    except DatabaseError as error:
        if _lacks_column(error):
            return False
        raise
    return True


def read(session: Session, ledger: Ledger, circumstances: str, aside: Iterable[Ref] = ()) -> Owned:
    """Return what the ledger knows.

    Args:
        session: on the target.
        ledger: where it is.
        circumstances: those under which the server spells SQL now.
        aside: roots that nobody asks about.
    """
    runs = query(
        session, f"SELECT count(*) FROM {ledger.prefix}_reconcile_run WHERE project = :p AND state = 'done'",
        {"p": ledger.project},
    )  # fmt: skip
    found = query(session, f"SELECT address FROM {ledger.prefix}_reconcile_object WHERE project = :p",
                  {"p": ledger.project}) or ()  # fmt: skip
    left = outside({str(address) for (address,) in found}, frozenset(map(str, aside)))
    memory: dict[tuple[Ref, str], Memory] = {}
    protected, deprecated = set(), dict[Ref, str]()
    for address, guarded, text, under, day in _said(session, ledger, left):
        ref = Ref.parse(str(address))
        if guarded:
            protected.add(ref)
        if day:
            deprecated[ref] = str(day)
        if text and under == circumstances:
            memory |= {(ref, place): Memory(*pair) for place, pair in json.loads(str(text)).items()}
    return Owned(
        known=bool(found or (runs and runs[0][0])), objects=frozenset(map(Ref.parse, left)),
        protected=frozenset(protected), deprecated=deprecated, memory=memory,
    )  # fmt: skip


def outside(addresses: AbstractSet[str], roots: AbstractSet[str]) -> AbstractSet[str]:
    """Return the addresses that are none of these roots, and in none of them.

    Most are of a part of a root, with a name or without one, and without quotes; of these that is soon told.
    """
    if not roots:
        return addresses
    plain = frozenset(root for root in roots if '"' not in root)
    rest = [
        one for one in addresses - roots if (words := one.rsplit(".", 2))[0] not in plain or words[1] not in KIND_WORDS
    ]
    rest = [one for one in rest if (words := one.rsplit(".", 1))[0] not in plain or words[1] not in KIND_WORDS]
    return {address for address in rest if _root(address) not in roots}


def _said(session: Session, ledger: Ledger, wanted: AbstractSet[str]) -> list[tuple[object, ...]]:
    """Return what is written down of these objects, those of which nothing is left out.

    A ledger of an older version, which we may only read, has less.
    """
    if not wanted:
        return []
    few = sorted(wanted) if len(wanted) <= _ROWS else ()
    given = {"p": ledger.project} | {f"a{number}": address for number, address in enumerate(few)}
    listed = ", ".join(f":a{number}" for number in range(len(few)))

    def asked(day: str) -> list[tuple[object, ...]]:
        those = f"address IN ({listed})" if few else f"protected <> 0 OR memory IS NOT NULL OR {day} IS NOT NULL"
        return query(
            session, f"SELECT address, protected, memory, circumstances, {day}"
            f" FROM {ledger.prefix}_reconcile_object WHERE project = :p AND ({those})", given,
        ) or []  # fmt: skip

    try:
        rows = asked("deprecated")
    except DatabaseError as error:
        if not _lacks_column(error):
            raise
        rows = asked("NULL")
    return [row for row in rows if row[0] in wanted]


def _lacks_column(error: DatabaseError) -> bool:
    return error.code in _NO_COLUMN or error.message.startswith("no such column")


def _root(address: str) -> str:
    """Return the root of an address, both as they are written; without quotes it is soon told."""
    if '"' in address:
        return str(Ref.parse(address).top)
    words = address.split(".", 3)
    return ".".join(words[: 2 if len(words) < 3 or words[2] in KIND_WORDS else 3])


def close_dead(session: Session, ledger: Ledger) -> None:
    """Write down that runs have ended which could not say so themselves.

    We hold the lock, so a run of this project that still says that it is running died without a word.
    """
    session.execute(
        f"UPDATE {ledger.prefix}_reconcile_run SET state = 'interrupted', finished_at = :at"
        " WHERE project = :project AND state = 'running'",
        {"at": now(), "project": ledger.project},
    )


def start(session: Session, ledger: Ledger, run: Mapping[str, str | None]) -> None:
    """Write down that a run begins: run_id, plan_id, source, target, tool, actor, details (JSON), was (what was there).

    Those before it have ended.
    """
    close_dead(session, ledger)
    session.execute(
        f"INSERT INTO {ledger.prefix}_reconcile_run"
        " (run_id, project, plan_id, source, target, tool, actor, state, started_at, details, was)"
        " VALUES (:run_id, :project, :plan_id, :source, :target, :tool, :actor, 'running', :started_at, :details,"
        " :was)",
        {"was": None, **run, "project": ledger.project, "started_at": now()},
    )


def finish(session: Session, ledger: Ledger, run_id: str, state: str, error: str = "") -> None:
    """Write down how a run ended."""
    session.execute(
        f"UPDATE {ledger.prefix}_reconcile_run SET state = :state, finished_at = :at, error = :error"
        " WHERE run_id = :run_id",
        {"state": state, "at": now(), "error": error or None, "run_id": run_id},
    )


@frozen
class Done:
    """One step that was carried out; `affected` counts the rows that its statements changed."""

    position: int
    address: str
    action: str
    statements: str
    affected: int


def record(session: Session, ledger: Ledger, run_id: str, steps: Sequence[Done]) -> None:
    """Write steps down, in the transaction that holds them."""
    columns = ("run_id", "position", "address", "action", "statements", "affected", "finished_at")
    at = now()
    rows = ((run_id, s.position, s.address, s.action, s.statements, s.affected, at) for s in steps)
    session.insert(f"{ledger.prefix}_reconcile_step", columns, rows)


def recount(session: Session, ledger: Ledger, run_id: str, steps: Sequence[Done]) -> None:
    """Write down how many rows steps changed, where that was known only after the commit."""
    for step in steps:
        session.execute(
            f"UPDATE {ledger.prefix}_reconcile_step SET affected = :affected"
            " WHERE run_id = :run_id AND position = :position",
            {"affected": step.affected, "run_id": run_id, "position": step.position},
        )


def own(session: Session, ledger: Ledger, run_id: str, circumstances: str, entries: Mapping[Ref, Entry]) -> None:
    """Write down objects as ours; what was written about them before is disowned first."""
    if not entries:
        return
    addresses = {str(ref): entry for ref, entry in entries.items()}
    columns = ("project", "address", "protected", "memory", "circumstances", "run_id", "deprecated")
    rows = (
        (
            ledger.project,
            address,
            int(entry.protected),
            _memory_text(entry.memory),
            circumstances,
            run_id,
            entry.deprecated or None,
        )
        for address, entry in sorted(addresses.items(), key=itemgetter(0))
    )
    session.insert(f"{ledger.prefix}_reconcile_object", columns, rows)


def _memory_text(memory: Mapping[str, Memory]) -> str | None:
    pairs = {place: [entry.digest, entry.canonical] for place, entry in sorted(memory.items())}
    return json.dumps(pairs, ensure_ascii=False) if pairs else None


def disown(session: Session, ledger: Ledger, refs: Iterable[Ref]) -> None:
    """Forget objects that are ours no more."""
    _forget(session, ledger, map(str, refs))


def _forget(session: Session, ledger: Ledger, addresses: Iterable[str]) -> None:
    for chunk in _chunks(sorted(addresses)):
        marks = ", ".join(f":a{number}" for number in range(len(chunk)))
        session.execute(
            f"DELETE FROM {ledger.prefix}_reconcile_object WHERE project = :p AND address IN ({marks})",
            {"p": ledger.project, **{f"a{number}": address for number, address in enumerate(chunk)}},
        )


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + _ROWS] for at in range(0, len(items), _ROWS))
