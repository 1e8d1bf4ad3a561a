"""PostgreSQL's words for data work: upserts, keys, late commits, load, and a portion as one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import (
    DATA,
    OTHER,
    RETRY,
    Bulk,
    Insertion,
    Portion,
    Value,
    piped,
    row_beyond,
    row_upto,
    transact,
    upsert,
)
from reconciler.dialects.postgres.capturing import CAPTURING
from reconciler.dialects.postgres.lexer import placed
from reconciler.dialects.sql import double_quoted, number_text, text_literal

# Classes and codes that a row is at fault for: data exceptions, constraints, a row met twice, what a trigger raises
# (manual, "PostgreSQL Error Codes").
_OF_ROWS = ("22", "23", "21000", "P0001", "44")
# query_canceled: a statement that took too long.
_ENDED = "57014"

# The oldest of the transactions that write and have not ended; one that is above it began later.
_SOON = "SELECT CAST(txid_snapshot_xmax(txid_current_snapshot()) AS text)"
_OLDEST = "SELECT txid_snapshot_xmin(txid_current_snapshot())"

# -1 where the table was never analysed (manual, "pg_class").
_ESTIMATE = "SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = to_regclass(:name)"
_COUNTED = 1_000_000

_REPLICAS = """
SELECT count(*), max(extract(epoch FROM coalesce(replay_lag, interval '0'))), count(*) FILTER (WHERE state IS NULL)
FROM pg_stat_replication"""


# Bytes that a slot keeps because nobody has fetched them are its lag (manual, "pg_replication_slots").
_LOADS = {
    "active_sessions": "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'",
    "slot_lag": "SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0) FROM pg_replication_slots",
    "vacuums": "SELECT count(*) FROM pg_stat_progress_vacuum WHERE datname = current_database()",
}


def _words(text: str) -> Iterable[tuple[int, str]]:
    return [(at, token.text) for at, token in placed(text)]


def _literal(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return number_text(value)
        case bytes():
            return f"'\\x{value.hex()}'::bytea"
        case _:
            return text_literal(value)


def _failure(error: DatabaseError) -> str:
    if error.retryable or error.code == _ENDED:
        return RETRY
    return DATA if error.code.startswith(_OF_ROWS) else OTHER


def _insert(insertion: Insertion) -> str:
    return upsert(insertion, _words, "IS DISTINCT FROM")


def _together(session: Session, portion: Portion) -> Mapping[str, int]:
    settings = [
        *(["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"] if portion.steady else []),
        f"SET LOCAL lock_timeout TO {max(1, int(portion.lock * 1000))}",
        f"SET LOCAL statement_timeout TO {max(1, int(portion.seconds * 1000))}",
        "SET LOCAL idle_in_transaction_session_timeout TO 0",
    ]
    return transact(session, portion, settings)


def _renumber(table: str, column: str) -> str:
    """Set what a column draws its numbers from, if it has such a sequence (manual, "Sequence Manipulation")."""
    sequence = f"pg_get_serial_sequence({text_literal(table)}, {text_literal(column)})::regclass"
    greatest = f"SELECT {sequence} AS sequence, max({double_quoted(column)}) AS number FROM {table}"
    further = "number > coalesce(pg_sequence_last_value(sequence), 0)"
    return f"SELECT setval(sequence, number) FROM ({greatest}) AS found WHERE sequence IS NOT NULL AND {further}"


def _horizon(session: Session) -> str:
    return str(session.query(_SOON)[0][0])


def _waits(session: Session, horizon: str) -> str:
    oldest = int(session.query(_OLDEST)[0][0])
    return "" if oldest >= int(horizon) else f"transaction {oldest}, which began before the upper bound was read"


def _estimate(session: Session, table: str) -> int | None:
    found = session.query(_ESTIMATE, {"name": table})
    if found and int(found[0][0]) > 0:
        return int(found[0][0])
    rows = int(session.query(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {_COUNTED}) AS counted")[0][0])
    return rows if rows < _COUNTED else None


def _served(session: Session, query: str) -> str:
    """Ask how a query would be read if nothing but an index were any good: a small table is read whole by choice."""
    session.begin()
    try:
        for way in ("seqscan", "sort"):
            session.execute(f"SET LOCAL enable_{way} TO off")
        lines = [str(line).strip() for (line,) in session.query(f"EXPLAIN (COSTS off) {query}")]
    finally:
        session.rollback()
    if any("Sort Key" in line for line in lines):
        return ""
    used = [line.split(" using ", 1)[1].split(" on ", 1)[0] for line in lines if " using " in line]
    return used[0].removesuffix(" Backward") if used else ""


def _lag(session: Session) -> float | None:
    """Ask how far replicas are behind; who may not know sees no state of theirs (manual, "pg_stat_replication")."""
    count, seconds, hidden = session.query(_REPLICAS)[0]
    if not count:
        return -1.0
    return None if hidden else float(seconds)


BULK = Bulk(
    words=_words,
    literal=_literal,
    text=lambda sql: f"CAST({sql} AS text)",
    joined=piped,
    differs=lambda one, other: f"{one} IS DISTINCT FROM ({other})",
    beyond=row_beyond,
    upto=row_upto,
    insert=_insert,
    together=_together,
    failure=_failure,
    estimate=_estimate,
    served=_served,
    capturing=CAPTURING,
    horizon=_horizon,
    waits=_waits,
    lag=_lag,
    renumber=_renumber,
    loads=_LOADS,
    rates={"wal_rate": "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"},
    ordered=" FOR NO KEY UPDATE",
    parallel=True,
    hopeful=True,
)
