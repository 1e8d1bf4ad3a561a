"""Rows for the tables of a D1 database, and all rows of them; which there are is asked of a copy in a SQLite file."""

from __future__ import annotations

from collections.abc import Mapping

from tests.compatibility import rows_sqlite
from tests.compatibility.copies import copied, stored
from tests.compatibility.shapes import Table
from tests.target import Target

# Rows in one request.
_BATCH = 500


def fill(target: Target, schema: str, count: int) -> None:
    """Put rows 1 to `count` into every table that takes them, where they fit together; triggers sleep meanwhile."""
    triggers = [sql for sql, is_trigger in stored(target) if is_trigger]
    for (name,) in target.query("select name from sqlite_schema where type = 'trigger'"):
        target.execute(f"drop trigger {target.quoted(name)}")
    with copied(target) as copy:
        rows_sqlite.fill(copy, schema, count)
        written = list(rows_sqlite.inserts(copy))
    for start in range(0, len(written), _BATCH):
        target.execute("pragma defer_foreign_keys = on;\n" + "\n".join(written[start : start + _BATCH]))
    for sql in triggers:
        target.execute(f"{sql};")


def tables(target: Target, schema: str) -> Mapping[str, Table]:
    """Return every table with its rows, each value as SQLite itself quotes it."""
    del schema
    with copied(target) as copy:
        columns = rows_sqlite.described(copy)
    return {table: rows_sqlite.rows_of(target, table, types) for table, types in columns.items()}
