"""MySQL's and MariaDB's words for data work: upserts, keys, late commits, load, and a portion as one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.bulk import (
    DATA,
    OTHER,
    RETRY,
    Bulk,
    Insertion,
    Portion,
    Value,
    requalified,
    spelled_beyond,
    spelled_upto,
    transact,
)
from reconciler.dialects.mysql.capturing import CAPTURING
from reconciler.dialects.mysql.lexer import each_token, text_literal
from reconciler.dialects.mysql.session import MysqlSession, wait_for_locks
from reconciler.dialects.sql import number_text

# What a row is at fault for: null, duplicates, ranges, lengths, wrong values, foreign keys, CHECK, JSON, a division by
# zero, what a trigger signals (dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html).
_OF_ROWS = frozenset(
    "1048 1062 1169 1216 1217 1264 1265 1292 1364 1365 1366 1367 1406 1411 1441 1451 1452 1525 1582 1586 1644 1690 "
    "3140 3141 3156 3157 3819 3903 4025".split()
)
# The statement took too long: MySQL, MariaDB; the transaction is too large for the binary log's or Galera's limits.
_ENDED = frozenset({"3024", "1969", "1197", "1180"})

# Seconds after which the server looks anew.
_STALE = 0.15
# Who has written nothing yet takes keys that are greater.
_OPEN = "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_started <= :since AND trx_rows_modified > 0"
_ESTIMATE = """
SELECT table_rows FROM information_schema.tables
WHERE table_schema = coalesce(:home, database()) AND table_name = :name"""
# Flavor → what is asked of the replica, and the column that tells how far it is behind.
_REPLICA: Mapping[str, tuple[str, str]] = {
    "mysql": ("SHOW REPLICA STATUS", "Seconds_Behind_Source"),
    "mariadb": ("SHOW ALL SLAVES STATUS", "Seconds_Behind_Master"),
}
_RUNNING = """
SELECT variable_value FROM {place}.global_status WHERE variable_name = 'Threads_running'"""

# Versions of rows that nobody has cleared away yet; takes the right PROCESS.
_HISTORY = "SELECT `count` FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'"


def _words(text: str) -> Iterable[tuple[int, str]]:
    return [(token.start, token.text) for token in each_token(text)]


def _literal(value: Value) -> str:
    match value:
        case bool() | int():
            return str(int(value))
        case Decimal():
            return number_text(value)
        case bytes():
            return f"X'{value.hex()}'"
        case _:
            return text_literal(value)


def _failure(error: DatabaseError) -> str:
    if error.retryable or error.code in _ENDED:
        return RETRY
    return DATA if error.code in _OF_ROWS else OTHER


def _insert(insertion: Insertion) -> str:
    """Write an insertion with ON DUPLICATE KEY UPDATE: IGNORE would hide values that do not fit, and REPLACE deletes.

    A SELECT has a name in a derived table alone
    (dev.mysql.com/doc/refman/9.7/en/insert-on-duplicate.html).
    """
    head = f"INSERT INTO {insertion.table} ({', '.join(insertion.columns)})"
    if not insertion.on:
        return f"{head}\n{insertion.rows}"
    same = f"{insertion.on[0]} = {insertion.table}.{insertion.on[0]}"
    if insertion.values:
        # MySQL would have these as `incoming.c`, MariaDB knows this alone (mariadb.com/kb/en/values-value).
        new = ", ".join(f"{column} = VALUES({column})" for column, _ in insertion.sets)
        return f"{head}\n{insertion.rows}\nON DUPLICATE KEY UPDATE {new or same}"
    if not insertion.sets:
        return f"{head}\n{insertion.select}\nON DUPLICATE KEY UPDATE {same}"
    sets = ", ".join(
        f"{column} = {requalified(value, _words, {'target': insertion.table})}" for column, value in insertion.sets
    )
    return f"{head}\nSELECT * FROM (\n{insertion.select}\n) AS incoming\nON DUPLICATE KEY UPDATE {sets}"


def _together(flavor: str, session: Session, portion: Portion) -> Mapping[str, int]:
    """Carry a portion out under READ COMMITTED: by default INSERT … SELECT locks what it reads, and the gaps between
    (dev.mysql.com/doc/refman/9.7/en/innodb-locks-set.html). Where every statement has to see the same rows, that is
    what is wanted.
    """
    wait_for_locks(session, portion.lock)
    level = "REPEATABLE READ" if portion.steady else "READ COMMITTED"
    session.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    if flavor == "mariadb":  # MySQL has a limit for SELECT alone
        _see_what_is_new(session, portion)
        limit = f"SET STATEMENT max_statement_time={portion.seconds:.3f} FOR "
        portion = replace(portion, parts=tuple(replace(part, sql=limit + part.sql) for part in portion.parts))
    return transact(session, portion)


def _see_what_is_new(session: Session, portion: Portion) -> None:
    """Let a statement write over what somebody committed since it began: by default that is an error, even where
    every statement sees what is new (mariadb.com/kb/en/innodb-system-variables/#innodb_snapshot_isolation). Older
    servers know nothing else.
    """
    with suppress(DatabaseError):
        session.execute(f"SET SESSION innodb_snapshot_isolation = {'ON' if portion.steady else 'OFF'}")


def _joined(texts: Sequence[str]) -> str:
    return f"CONCAT({', '.join(texts)})"


def _horizon(session: Session) -> str:
    return str(session.query("SELECT CAST(now() AS CHAR)")[0][0])


def _waits(session: Session, horizon: str) -> str:
    """Ask for transactions; what is told may be a tenth of a second old, counted from who asked last
    (dev.mysql.com/doc/refman/9.7/en/innodb-information-schema-internal-data.html), so one does not ask at once.
    """
    time.sleep(_STALE)
    number = int(session.query(_OPEN, {"since": horizon})[0][0])
    return f"{number} transactions that began before the upper bound was read" if number else ""


def _estimate(session: Session, table: str) -> int | None:
    names = [token.value for token in each_token(table) if token.text != "."]
    found = session.query(_ESTIMATE, {"home": names[0] if len(names) > 1 else None, "name": names[-1]})
    return int(found[0][0]) if found and found[0][0] is not None else None


def _served(session: Session, query: str) -> str:
    """Ask how a query would be read (dev.mysql.com/doc/refman/9.7/en/explain-output.html)."""
    assert isinstance(session, MysqlSession)
    (found,) = session.results(f"EXPLAIN FORMAT=TRADITIONAL {query}" if _explains(session) else f"EXPLAIN {query}", ())
    row = dict(zip((name.lower() for name in found.columns), found.rows[0], strict=True))
    sorted_ = any(word in str(row["extra"]) for word in ("filesort", "temporary"))
    return "" if sorted_ else str(row["key"] or "")


def _explains(session: Session) -> bool:
    """Say whether this is MySQL, whose EXPLAIN may have another form by default; MariaDB has but this one."""
    return "mariadb" not in str(session.query("SELECT version()")[0][0]).lower()


def _lag(flavor: str, session: Session) -> float | None:
    """Ask by how much this replica is behind; null means that it stands still."""
    assert isinstance(session, MysqlSession)
    question, column = _REPLICA[flavor]
    (found,) = session.results(question, ())
    if not found.rows:
        return -1.0
    behind = [row[found.columns.index(column)] for row in found.rows]
    return None if None in behind else float(max(behind))


def bulk(flavor: str) -> Bulk:
    """Return the words of a flavor."""
    place = "information_schema" if flavor == "mariadb" else "performance_schema"
    return Bulk(
        words=_words,
        literal=_literal,
        text=lambda sql: f"CAST({sql} AS CHAR)",
        joined=_joined,
        differs=lambda one, other: f"NOT ({one} <=> ({other}))",
        beyond=spelled_beyond,
        upto=spelled_upto,
        insert=_insert,
        together=partial(_together, flavor),
        failure=_failure,
        estimate=_estimate,
        served=_served,
        capturing=CAPTURING,
        horizon=_horizon,
        waits=_waits,
        lag=partial(_lag, flavor),
        distant=True,
        loads={"threads_running": _RUNNING.format(place=place).strip(), "history_list_length": _HISTORY},
        parallel=True,
        hopeful=True,
    )
