"""A dialect's name in, two empty databases of it out, gone afterwards; the servers are those of the tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.measure import FLOOR
from benchmarks.rows import Place


@contextmanager
def _sqlite(folder: Path) -> Iterator[Place]:
    def script(file: Path) -> tuple[str, ...]:
        return (*FLOOR, "sqlite-script", str(file.with_name("floor.db")))

    yield Place(
        dialect="sqlite", url="sqlite:///benchmark.db", bare=str(folder / "benchmark.db"),
        readings=("sqlite-schema",), script=script,
    )  # fmt: skip


@contextmanager
def _postgres(folder: Path) -> Iterator[Place]:
    import psycopg

    from tests.engines.postgres import client_program, postgres

    server = postgres().url
    names = [f"reconcile_benchmark_{os.getpid()}_{word}" for word in ("ours", "floor")]
    ours, floor = (_named(server, name) for name in names)

    def script(file: Path) -> tuple[str, ...]:
        return client_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", floor, "-f", str(file)

    with psycopg.connect(server, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        try:
            yield Place(
                dialect="postgres", url=ours, bare=ours, readings=("same-queries", "other-queries"), script=script
            )
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


@contextmanager
def _mysql(flavor: str, folder: Path) -> Iterator[Place]:
    from sqlalchemy import make_url

    from tests.engines import mysql
    from tests.engines.mysql import mysql_client
    from tests.target import mysql_connection

    server = make_url(mysql(flavor).url)
    ours, floor = (f"reconcile_benchmark_{os.getpid()}_{word}" for word in ("ours", "floor"))
    url = server.set(database=ours).render_as_string(hide_password=False)
    account = [f"--user={server.username}", *([f"--password={server.password}"] if server.password else [])]
    socket = server.query.get("unix_socket")
    place = [f"--socket={socket}"] if socket else [f"--host={server.host}", f"--port={server.port or 3306}"]

    def script(file: Path) -> tuple[str, ...]:
        # The client reads a script from its standard input alone: MySQL's takes `source` no more by itself.
        client = (*mysql_client(flavor), "--no-defaults", *account, *place, floor)
        return "sh", "-c", 'exec "$@" < "$0"', str(file), *client

    with mysql_connection(mysql(flavor).url) as connection, connection.cursor() as cursor:
        for name in (ours, floor):
            cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield Place(dialect=flavor, url=url, bare=url, readings=("show-create",), script=script)
        finally:
            for name in (ours, floor):
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def _named(url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{database}" + (f"?{query}" if query else "")


PLACES: Mapping[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "sqlite": _sqlite, "postgres": _postgres, "mysql": partial(_mysql, "mysql"), "mariadb": partial(_mysql, "mariadb"),
}  # fmt: skip
