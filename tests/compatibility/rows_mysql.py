"""Rows for the tables of a MySQL or MariaDB database, and all rows of them; foreign keys sleep while they go in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pymysql

from tests.compatibility.shapes import Table
from tests.target import Target

# name, type's word, whole type, length in characters, is written (not generated)
_Column = tuple[str, str, str, int | None, bool]

_COLUMNS = """
select table_name, column_name, data_type, column_type, character_maximum_length,
  coalesce(generation_expression, '') = '' as written
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_schema = database() and table_type = 'BASE TABLE' and table_name not like '\\_reconcile\\_%'
order by table_name, ordinal_position
"""
_FOREIGN_KEYS = """
select table_name, constraint_name, referenced_table_name, column_name, referenced_column_name
from information_schema.key_column_usage where table_schema = database() and referenced_table_name is not null
order by table_name, constraint_name, ordinal_position
"""


def fill(target: Target, schema: str, count: int) -> None:
    """Put rows 1 to `count` into every table that takes them; triggers run."""
    del schema
    for table, columns in _columns(target).items():
        filled = [column for column in columns if column[4]]
        names = ", ".join(target.quoted(column[0]) for column in filled)
        rows = ", ".join(
            f"({', '.join(_value(column, number) for column in filled)})" for number in range(1, count + 1)
        )
        try:
            target.execute(f"set foreign_key_checks = 0; insert into {target.quoted(table)} ({names}) values {rows}")
        except pymysql.Error:
            continue
    keys = _foreign_keys(target)
    while any(_orphans_taken_out(target, *key) for key in keys):
        pass


def tables(target: Target, schema: str) -> Mapping[str, Table]:
    """Return every table with its rows, each value as the driver has it."""
    del schema
    found = {}
    for table, columns in _columns(target).items():
        names = [column[0] for column in columns]
        listed = ", ".join(map(target.quoted, names))
        rows = [
            {name: None if value is None else repr(value) for name, value in zip(names, row, strict=True)}
            for row in target.query(f"select {listed} from {target.quoted(table)}")
        ]
        found[table] = Table({column[0]: column[2] for column in columns}, rows)
    return found


def _columns(target: Target) -> Mapping[str, Sequence[_Column]]:
    found: dict[str, list[_Column]] = defaultdict(list)
    for table, name, word, type_, length, written in target.query(_COLUMNS):
        found[table].append((name, word, type_, length, bool(written)))
    return found


def _value(column: _Column, number: int) -> str:
    """Return the text of a value that a column of this type takes."""
    _, word, _, length, _ = column
    if word in ("enum", "set"):
        return "1"
    if word in _DATES:
        return _DATES[word].format(number)
    if word in ("point", "geometry"):
        return f"st_geomfromtext('point({number} {number})')"
    if length is not None:
        return f"'{number}'" if length < 3 else f"'v{number}'"
    return f"'{number}'" if word == "json" else str(number)


_DATES = {
    "date": "'2020-01-{:02}'", "datetime": "'2020-01-{:02} 00:00:00'", "timestamp": "'2020-01-{:02} 00:00:00'",
    "time": "'00:00:{:02}'", "year": "20{:02}",
}  # fmt: skip


def _foreign_keys(target: Target) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return each foreign key's table, the table that it refers to, and the pairs of columns."""
    found: dict[tuple[str, str], tuple[str, str, list[tuple[str, str]]]] = {}
    for table, name, parent, column, theirs in target.query(_FOREIGN_KEYS):
        found.setdefault((table, name), (table, parent, []))[2].append((column, theirs))
    return list(found.values())


def _orphans_taken_out(target: Target, table: str, parent: str, pairs: Sequence[tuple[str, str]]) -> bool:
    """Let rows that refer to nothing go, and say whether there were any."""
    same = " and ".join(f"p.{target.quoted(theirs)} = c.{target.quoted(own)}" for own, theirs in pairs)
    some = " and ".join(f"c.{target.quoted(own)} is not null" for own, _ in pairs)
    orphaned = (
        f"from {target.quoted(table)} c left join {target.quoted(parent)} p on {same} "
        f"where {some} and p.{target.quoted(pairs[0][1])} is null"
    )
    if target.query(f"select count(*) {orphaned}")[0][0] == 0:
        return False
    target.execute(f"set foreign_key_checks = 0; delete c {orphaned}")
    return True
