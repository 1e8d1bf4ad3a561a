"""What nothing can be faster than: one reading of a database by a driver alone, and nothing done with the answer.

`python -m benchmarks.floors READING URL`; whoever measures it measures the whole process.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path


def same_queries(url: str) -> int:
    """Run the queries of our own inspection, their text taken from there."""
    import psycopg

    from reconciler.dialects.postgres import catalog
    from reconciler.dialects.postgres.session import FEATURES

    with psycopg.connect(url, autocommit=True) as connection:
        number = connection.info.server_version
        known = frozenset(name for name, since in FEATURES.items() if number >= since)
        connection.execute("SET search_path TO public")
        connection.execute("SET enable_nestloop TO off")  # as our inspection does
        managed = [
            catalog.RELATIONS, catalog.columns(known), catalog.constraints(known), catalog.indexes(known),
            catalog.ENUMS, catalog.DOMAINS, catalog.VIEWS, catalog.SEQUENCES, catalog.LEFTOVERS,
        ]  # fmt: skip
        total = 0
        for sql in managed:
            words = sql.replace("%", "%%").replace(":namespaces", "%(schemas)s")
            schemas = {"schemas": [2200]}  # the oid of public (src/include/catalog/pg_namespace.dat)
            total += len(connection.execute(words.encode(), schemas).fetchall())
        for sql in (catalog.OPCLASSES, catalog.DEPENDENCIES, catalog.EXTENSIONS):
            total += len(connection.execute(sql.encode()).fetchall())
    return total


_MINIMAL = (
    "SELECT oid, relname FROM pg_class WHERE relnamespace = 2200 AND relkind = 'r'",
    """SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
              pg_get_expr(d.adbin, d.adrelid)
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE c.relnamespace = 2200 AND c.relkind = 'r'""",
    "SELECT conrelid, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 2200",
    """SELECT i.indrelid, i.indexrelid, pg_get_indexdef(i.indexrelid)
       FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 2200""",
)


def other_queries(url: str) -> int:
    """Run a small set of queries that owes nothing to ours: what any reader of such a schema has to ask."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        return sum(len(connection.execute(sql.encode()).fetchall()) for sql in _MINIMAL)


def sqlite_schema(path: str) -> int:
    """Read the texts that SQLite keeps."""
    with sqlite3.connect(path) as connection:
        return len(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall())


def sqlite_script(path: str) -> int:
    """Run the statements of `ddl.sql` beside the database, in one transaction."""
    script = Path(path).with_name("ddl.sql").read_text("utf-8")
    with sqlite3.connect(path) as connection:
        connection.executescript(f"BEGIN;\n{script}COMMIT;")
    return len(script)


def show_create(url: str) -> int:
    """Ask MySQL or MariaDB for every table, one after the other, as whoever reads such a schema has to."""
    from urllib.parse import parse_qs, unquote, urlsplit

    import pymysql

    said = urlsplit(url)
    socket = parse_qs(said.query).get("unix_socket", [None])[0]
    connection = pymysql.connect(
        host=said.hostname or "localhost", port=said.port or 3306, user=said.username or "root",
        password=unquote(said.password or ""), unix_socket=socket, ssl_disabled=socket is not None,
        database=said.path.strip("/"), charset="utf8mb4",
    )  # fmt: skip
    with connection, connection.cursor() as cursor:
        cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
        names = [str(row[0]) for row in cursor.fetchall()]
        texts = 0
        for name in names:
            cursor.execute(f"SHOW CREATE TABLE `{name}`")
            texts += len(cursor.fetchall())
    return texts


READINGS: Mapping[str, Callable[[str], int]] = {
    "same-queries": same_queries, "other-queries": other_queries, "sqlite-schema": sqlite_schema,
    "sqlite-script": sqlite_script, "show-create": show_create,
}  # fmt: skip

if __name__ == "__main__":
    if READINGS[sys.argv[1]](sys.argv[2]) == 0:
        sys.exit("nothing was there to be read")
