"""Rows for the tables of a SQLite file, and all rows of them; foreign keys and triggers sleep while they go in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

from tests.compatibility.shapes import Table
from tests.target import Target

# name, type, is not null, default, position in the key, is hidden (generated)
_Column = tuple[str, str, int, str | None, int, int]


def fill(target: Target, schema: str, count: int) -> None:
    """Put rows 1 to `count` into every table, with all values or only those that have to be, or none."""
    del schema
    with closing(_connected(target)) as connection:
        triggers = connection.execute("select name, sql from sqlite_schema where type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"drop trigger {_quoted(name)}")
        for table, columns in _columns(connection).items():
            filled = [column for column in columns if not column[5]]
            needed = [column for column in filled if column[4] or (column[2] and column[3] is None)]
            for attempt in (filled, needed):
                if _inserted(connection, table, attempt, count):
                    break
        for table in _columns(connection):
            _take_orphans_out(connection, table)
        for _, sql in triggers:
            connection.execute(sql)


def tables(target: Target, schema: str) -> Mapping[str, Table]:
    """Return every table with its rows, each value as SQLite itself quotes it."""
    del schema
    columns = described(target)
    return {table: rows_of(target, table, types) for table, types in columns.items()}


def rows_of(target: Target, table: str, types: Mapping[str, str]) -> Table:
    """Return a table with its rows."""
    texts = ", ".join(f"quote({target.quoted(name)})" for name in types)
    rows = target.query(f"select {texts} from {target.quoted(table)}")
    return Table(types, [dict(zip(types, row, strict=True)) for row in rows])


def described(target: Target) -> Mapping[str, Mapping[str, str]]:
    """Return every table's columns with their types."""
    with closing(_connected(target)) as connection:
        return {
            table: {column[0]: column[1].upper() for column in columns}
            for table, columns in _columns(connection).items()
        }


def inserts(target: Target) -> Iterator[str]:
    """Yield a statement for each row that is there, with what SQLite itself does not write."""
    with closing(_connected(target)) as connection:
        for table, columns in _columns(connection).items():
            names = [_quoted(column[0]) for column in columns if not column[5]]
            texts = " || ', ' || ".join(f"quote({name})" for name in names)
            for (values,) in connection.execute(f"select {texts} from {_quoted(table)}"):
                yield f"insert into {_quoted(table)} ({', '.join(names)}) values ({values});"


def _connected(target: Target) -> sqlite3.Connection:
    path = Path(unquote(target.url).removeprefix("sqlite:///"))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma foreign_keys = off")
    return connection


def _columns(connection: sqlite3.Connection) -> Mapping[str, Sequence[_Column]]:
    found: dict[str, list[_Column]] = {}
    listed = connection.execute(
        "select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' "
        "escape '\\' and name not like '\\_reconcile\\_%' escape '\\' order by name"
    )
    for (table,) in listed.fetchall():
        rows = connection.execute(
            'select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?)', [table]
        )
        found[table] = rows.fetchall()
    return found


def _inserted(connection: sqlite3.Connection, table: str, columns: Sequence[_Column], count: int) -> bool:
    if not columns:
        return False
    names = ", ".join(_quoted(column[0]) for column in columns)
    marks = ", ".join("?" * len(columns))
    rows = [tuple(_value(column[1], number) for column in columns) for number in range(1, count + 1)]
    connection.execute("savepoint one")
    try:
        connection.executemany(f"insert or abort into {_quoted(table)} ({names}) values ({marks})", rows)
    except sqlite3.Error:
        connection.execute("rollback to one")
        return False
    finally:
        connection.execute("release one")
    return True


def _value(declared: str, number: int) -> str | int | float | bytes:
    """Return a value by the affinity that a declared type has (sqlite.org/datatype3.html, 3.1)."""
    words = declared.upper()
    if "INT" in words:
        return number
    if any(word in words for word in ("CHAR", "CLOB", "TEXT")):
        return f"v{number}"
    if "BLOB" in words:
        return bytes([number])
    if any(word in words for word in ("REAL", "FLOA", "DOUB")):
        return number + 0.5
    return number if words else f"v{number}"


def _take_orphans_out(connection: sqlite3.Connection, table: str) -> None:
    """Let rows that refer to nothing go, until none is left."""
    for rowid in _orphans(connection, table):
        connection.execute(f"delete from {_quoted(table)} where rowid = ?", [rowid])


def _orphans(connection: sqlite3.Connection, table: str) -> Iterator[int]:
    rows = connection.execute("select rowid from pragma_foreign_key_check(?)", [table]).fetchall()
    yield from (rowid for (rowid,) in rows if rowid is not None)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
