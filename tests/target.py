"""A test's own database: SQL in by the driver itself, rows and the schema's text out; the product is not asked."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pymysql
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier
from pymysql.constants import CLIENT
from sqlalchemy import make_url

from tests.engines import Server, d1, dump_postgres, mysql, postgres, postgres_names

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """One database: `dialect` is the registry's name, `server` says which server of that dialect it is on."""

    dialect: str
    server: str
    url: str
    _execute: Callable[[str], None]
    _query: Callable[[str], list[Row]]
    _observe: Callable[[], str]

    def execute(self, sql: str) -> None:
        """Run one or more statements, each committed by itself unless the text opens a transaction."""
        self._execute(sql)

    def query(self, sql: str) -> list[Row]:
        """Return the rows of one query."""
        return self._query(sql)

    def quoted(self, name: str) -> str:
        """Return an identifier as this database's SQL has it."""
        mark = "`" if self.dialect in ("mysql", "mariadb") else '"'
        return mark + name.replace(mark, mark * 2) + mark

    def observe(self) -> str:
        """Return the schema in the engine's own words, the ledger left out: pg_dump, or sqlite_schema."""
        return self._observe()


Provision = Callable[[str, Path], Iterator[Target]]


@contextmanager
def fresh(server: str, directory: Path) -> Iterator[Target]:
    """Give a new empty database on this server (`sqlite`, `postgres`, `postgres-15` …), and take it away afterwards."""
    provision = _PROVISIONS[dialect_of(server)]
    yield from provision(server, directory)


def dialect_of(server: str) -> str:
    """Return the dialect that a server speaks."""
    return server.partition("-")[0]


def servers(dialects: list[str], every: bool) -> list[str]:
    """Return where a test of these dialects runs; a dialect that we cannot provision is an error, not a gap."""
    missing = sorted(set(dialects) - set(_PROVISIONS))
    if missing:
        raise LookupError(f"no test database for {', '.join(missing)}: add one to tests/target.py")
    return [server for dialect in dialects for server in _SERVERS[dialect]()[: None if every else 1]]


# --- SQLite -----------------------------------------------------------------------------------------------------------


def _sqlite(server: str, directory: Path) -> Iterator[Target]:
    path = directory / f"{server}-{next(_numbers)}.db"

    def execute(sql: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("pragma foreign_keys = on")
            connection.executescript(sql)

    def query(sql: str) -> list[Row]:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def observe() -> str:
        rows = query(
            "select sql from sqlite_schema where sql is not null and substr(tbl_name, 1, 11) <> '_reconcile_' "
            "and name not like 'sqlite\\_%' escape '\\' order by type, name"
        )
        return "".join(f"{sql};\n" for (sql,) in rows)

    execute("")
    yield Target("sqlite", server, f"sqlite:///{path}", execute, query, observe)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------

_numbers = count(1)


def _postgres(server: str, directory: Path) -> Iterator[Target]:
    del directory
    admin = _postgres_admin(server)
    name = f"rc_test_{os.getpid()}_{next(_numbers)}"
    # A copy of files costs a quarter of what a copy through the log does (PostgreSQL 15 and later know the word).
    copied = " strategy file_copy" if admin.info.server_version >= 150_000 else ""
    admin.execute(f"create database {name} template template0{copied}".encode())
    url = _with_database(postgres(server).url, name)
    kept: list[psycopg.Connection[Row]] = []

    def execute(sql: str) -> None:
        with _asked(kept, url, sql):
            pass

    def query(sql: str) -> list[Row]:
        with _asked(kept, url, sql) as cursor:
            return cursor.fetchall()

    try:
        yield Target("postgres", server, url, execute, query, lambda: dump_postgres(url))
    finally:
        _close(kept)
        admin.execute(f"drop database if exists {name} with (force)".encode())


@contextmanager
def _asked(kept: list[psycopg.Connection[Row]], url: str, sql: str) -> Iterator[psycopg.Cursor[Row]]:
    """Ask on a connection that is kept, since one costs more than most questions; nothing of a session stays."""
    if not kept:
        kept.append(psycopg.connect(url, autocommit=True, prepare_threshold=None))
    (connection,) = kept
    try:
        yield connection.execute(sql.encode())
    finally:
        if connection.info.transaction_status is TransactionStatus.IDLE:
            connection.execute("discard all")
        else:
            _close(kept)


def _close(connections: list[psycopg.Connection[Row]]) -> None:
    while connections:
        connections.pop().close()


_admins: dict[str, psycopg.Connection[Row]] = {}


def _postgres_admin(server: str) -> psycopg.Connection[Row]:
    if server not in _admins:
        running = postgres(server)
        _admins[server] = psycopg.connect(_for_driver(running.url), autocommit=True)
        _sweep(running, _admins[server])
    return _admins[server]


def close_connections() -> None:
    """Close what was kept open between tests."""
    while _admins:
        _admins.popitem()[1].close()


def _sweep(server: Server, admin: psycopg.Connection[Row]) -> None:
    """Drop the databases of test processes that were killed; on our own server a process id says whose one is."""
    if not server.ours:
        return
    for (name,) in admin.execute("select datname from pg_database where datname ~ '^rc_test_[0-9]+_'").fetchall():
        if not _alive(int(name.split("_")[2])):
            admin.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _for_driver(url: str) -> str:
    """SQLAlchemy's URLs may name the driver; libpq does not know that form."""
    scheme, separator, rest = url.partition("://")
    return scheme.partition("+")[0] + separator + rest


def _with_database(url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    current = conninfo_to_dict(_for_driver(url)).get("dbname")
    head, _, query = _for_driver(url).partition("?")
    base = head.rpartition("/")[0] if current else head.rstrip("/")
    return f"{base}/{name}" + (f"?{query}" if query else "")


# --- MySQL and MariaDB ------------------------------------------------------------------------------------------------


def _mysql(server: str, directory: Path) -> Iterator[Target]:
    del directory
    name = f"rc_test_{os.getpid()}_{next(_numbers)}"
    running = mysql(server)
    with closing(_mysql_connection(running.url, None)) as admin, admin.cursor() as cursor:
        cursor.execute(f"create database {name}")
        url = make_url(running.url).set(database=name).render_as_string(hide_password=False)

        def query(sql: str) -> list[Row]:
            with closing(_mysql_connection(running.url, name)) as connection, connection.cursor() as inner:
                inner.execute(sql)
                return list(inner.fetchall())

        def execute(sql: str) -> None:
            with closing(_mysql_connection(running.url, name)) as connection, connection.cursor() as inner:
                inner.execute(sql)
                while inner.nextset():
                    pass

        def observe() -> str:
            return "".join(_shown(query, str(table), sort) for table, sort in sorted(query("show full tables")))

        try:
            yield Target(server, server, url, execute, query, observe)
        finally:
            cursor.execute(f"drop database if exists {name}")


def _shown(query: Callable[[str], list[Row]], name: str, sort: str) -> str:
    if name.startswith("_reconcile_"):
        return ""
    word = "view" if sort == "VIEW" else "table"
    quoted = "`" + name.replace("`", "``") + "`"
    return f"{query(f'show create {word} {quoted}')[0][1]};\n"


def mysql_connection(url: str) -> pymysql.Connection[Any]:
    """Open a connection to a test database of MySQL or MariaDB, apart from what the product does."""
    return _mysql_connection(url, make_url(url).database)


def _mysql_connection(url: str, database: str | None) -> pymysql.Connection[Any]:
    parsed = make_url(url)
    socket = parsed.query.get("unix_socket")
    return pymysql.connect(
        host=parsed.host or "localhost", user=parsed.username or "root", password=str(parsed.password or ""),
        unix_socket=str(socket) if socket else None, database=database, autocommit=True, charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS, ssl_disabled=bool(socket),
    )  # fmt: skip


# --- D1 ---------------------------------------------------------------------------------------------------------------


def _d1(server: str, directory: Path) -> Iterator[Target]:
    """The product finds the server as its users redirect it: by the environment."""
    del directory
    base = d1().url
    os.environ.update({"CLOUDFLARE_API_BASE_URL": base, "CLOUDFLARE_API_TOKEN": "for tests"})
    account = f"{base}/accounts/tests/d1/database"
    name = _d1_answer(account, {"name": server})["uuid"]

    def execute(sql: str) -> None:
        _d1_answer(f"{account}/{name}/query", {"batch": [{"sql": one} for one in _statements(sql)]})

    def query(sql: str) -> list[Row]:
        rows: list[list[Any]] = _d1_answer(f"{account}/{name}/raw", {"sql": sql})[0]["results"]["rows"]
        return [tuple(bytes(value) if isinstance(value, list) else value for value in row) for row in rows]

    def observe() -> str:
        rows = query(
            "select sql from sqlite_schema where sql is not null and substr(tbl_name, 1, 11) <> '_reconcile_' "
            "and name not like 'sqlite\\_%' escape '\\' and substr(name, 1, 4) <> '_cf_' order by type, name"
        )
        return "".join(f"{sql};\n" for (sql,) in rows)

    try:
        yield Target("d1", server, f"d1://tests/{name}", execute, query, observe)
    finally:
        _d1_answer(f"{account}/{name}", None, "DELETE")


def _d1_answer(url: str, body: dict[str, Any] | None, method: str = "POST") -> Any:
    """Ask D1's interface with the standard library: what the product asks with may be wrong."""
    headers = {"authorization": "Bearer for tests", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers, method=method)) as response:
            return json.load(response)["result"]
    except HTTPError as error:
        said = json.load(error)["errors"][0]["message"]
        raise D1Error(said) from None


class D1Error(Exception):
    """What D1 answered instead of doing as it was told."""


_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def _statements(text: str) -> Iterator[str]:
    """Divide a text as the sqlite3 program does."""
    statement = ""
    for piece in text.split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            if _COMMENT.sub("", statement).strip(" \t\r\n;"):
                yield statement
            statement = ""


_PROVISIONS: Mapping[str, Provision] = {
    "postgres": _postgres, "sqlite": _sqlite, "d1": _d1, "mysql": _mysql, "mariadb": _mysql,
}  # fmt: skip
_SERVERS: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "postgres": postgres_names,
    "sqlite": lambda: ("sqlite",),
    "d1": lambda: ("d1",),
    "mysql": lambda: ("mysql",),
    "mariadb": lambda: ("mariadb",),
}
