"""A test's database in; until it is done, no other test that waits here changes or reads what holds for its server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.target import Target, mysql_connection


@contextmanager
def alone_with(target: Target) -> Iterator[None]:
    """Keep others waiting, in whatever process they run."""
    with closing(mysql_connection(target.url)) as connection, connection.cursor() as cursor:
        cursor.execute("select get_lock('tests change the server', 240)")
        yield
