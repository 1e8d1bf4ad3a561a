"""A database in, some rows in each of its tables out, and later what of them is still there; which tables took none.

The value of a column follows from its type and the row's number alone. So row 2 of one table refers to row 2 of
another, keys are unique, and no order of tables has to be found; rows that refer to nothing are taken out afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.compatibility import rows_d1, rows_mysql, rows_postgres, rows_sqlite
from tests.compatibility.shapes import Table
from tests.target import Target


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows there were in how many tables, the values compared, and every table whose rows are others now."""

    tables: int
    rows: int
    values: int
    lost: Sequence[str]

    def __str__(self) -> str:
        told = f"{self.rows:,} rows in {self.tables:,} tables, {self.values:,} values compared"
        return f"{told}, {'all kept' if not self.lost else f'LOST in {len(self.lost)} tables'}"


def fill(target: Target, schema: str, count: int) -> None:
    """Put rows into every table that takes them."""
    _FILL[target.dialect](target, schema, count)


def tables(target: Target, schema: str) -> Mapping[str, Table]:
    """Return every table with its rows."""
    return _TABLES[target.dialect](target, schema)


def kept(before: Mapping[str, Table], after: Mapping[str, Table]) -> Kept:
    """Compare the rows of tables that live on, in the columns that live on with their type."""
    lost: list[str] = []
    values = 0
    living = {name: table for name, table in before.items() if name in after and table.rows}
    for name, table in living.items():
        there = after[name]
        columns = [column for column, type_ in table.types.items() if there.types.get(column) == type_]
        values += len(columns) * len(table.rows)
        if _bag(table, columns) != _bag(there, columns):
            lost.append(name)
    return Kept(len(living), sum(len(table.rows) for table in living.values()), values, lost)


def _bag(table: Table, columns: Sequence[str]) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(row[column] for column in columns) for row in table.rows)


_FILL = {
    "postgres": rows_postgres.fill, "sqlite": rows_sqlite.fill, "d1": rows_d1.fill,
    "mysql": rows_mysql.fill, "mariadb": rows_mysql.fill,
}  # fmt: skip
_TABLES = {
    "postgres": rows_postgres.tables, "sqlite": rows_sqlite.tables, "d1": rows_d1.tables,
    "mysql": rows_mysql.tables, "mariadb": rows_mysql.tables,
}  # fmt: skip
