"""What D1 allows, as numbers, and the refusal of what goes beyond (developers.cloudflare.com/d1/platform/limits)."""

from __future__ import annotations

from reconciler.dialects.base import DatabaseError

# Bytes of one statement, bytes of one value, columns of a table, seconds of a request, bytes of a database.
STATEMENT = 100_000
VALUE = 2_000_000
COLUMNS = 100
SECONDS = 30.0
DATABASE = 10_000_000_000

# Statements of one batch: so many are far from the 30 seconds that a request is given.
BATCH = 300

# Rows that one batch may write by rebuilding tables, indexes counted: 30 seconds hold more, on a database without load.
WRITTEN = 1_000_000


def too_long(sql: str) -> str:
    """Say why a statement cannot be sent, "" when it can."""
    size = len(sql.encode())
    return f"a statement is {size:,} bytes long, and D1 takes {STATEMENT:,}" if size > STATEMENT else ""


def checked(sql: str) -> str:
    """Return a statement that D1 takes. Raises DatabaseError for one that is too long."""
    if why := too_long(sql):
        raise DatabaseError(why, code="SQLITE_TOOBIG")
    return sql
