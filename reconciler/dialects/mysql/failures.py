"""What the driver raises in, an error as data out: its message names objects and never shows what rows hold."""

from __future__ import annotations

from typing import Any

from reconciler.dialects.base import DatabaseError

# After these the same statement may go through: lock wait timeout, deadlock, NOWAIT
# (dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html), and in MariaDB a row that somebody changed since
# the transaction began to read (mariadb.com/kb/en/innodb-system-variables/#innodb_snapshot_isolation).
RETRYABLE = frozenset({1020, 1205, 1213, 3572})
# The connection is gone: shutdown, killed, gone away, lost, timed out; 0 is the driver's own word for it.
LOST = frozenset({0, 1053, 1927, 2003, 2006, 2013, 2055, 4031})
# The server does it, but not in the way that was asked for: not supported, the reason why, no more row versions, the
# row too long for another one.
UNFIT = frozenset({1845, 1846, 4080, 4092, 4093})
# The first thing in quotes is a value: duplicate entry, wrong or truncated value, invalid JSON.
_QUOTE_A_VALUE = frozenset({1062, 1292, 1366, 1367, 1411, 1525, 1586, 3140, 3141, 3157})


def database_error(error: Any) -> DatabaseError:
    """Translate an error of the driver's."""
    arguments: tuple[object, ...] = getattr(error, "args", ())
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    said = str(arguments[1]) if len(arguments) > 1 else str(error)
    message, detail = (_without_value(said), said) if number in _QUOTE_A_VALUE else (said, "")
    lost = number in LOST
    return DatabaseError(
        message or "the connection was lost", detail=detail, code=str(number) if number else "",
        retryable=number in RETRYABLE, lost=lost, unfit=number in UNFIT,
    )  # fmt: skip


def _without_value(message: str) -> str:
    """Leave out what the first pair of quotes holds: the names come behind it, in pairs of their own."""
    head, quote, rest = message.partition("'")
    for behind in ("' for key", "' for column", "' for function", "' in ", "': "):
        value, found, tail = rest.rpartition(behind)
        if found and value:
            return f"{head}{quote}…{behind}{tail}"
    return head + "'…'" if quote else message
