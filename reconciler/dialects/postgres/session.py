"""A target in, one connection that speaks plainly out: errors come as data, texts reach the server untouched."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import dup
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.dialects.base import DatabaseError, Server, Session, Target
from reconciler.dialects.postgres.checking import UNCHECKED, check_bodies, written_bodies
from reconciler.dialects.postgres.failures import database_error
from reconciler.dialects.postgres.names import DEFAULT_SCHEMA
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.statements import changed, run
from reconciler.errors import TargetError
from reconciler.plan.outcome import Rows
from reconciler.plan.step import Step

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

T = TypeVar("T")

CONNECT_SECONDS = 10
# Seconds that one attempt at a lock may take at most.
LONGEST_LOCK_WAIT = 3.0
SCHEMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})

# Older ones cannot add enum values inside a transaction and have no generated columns.
OLDEST = 120000

# feature → the first server version that has it
FEATURES: Mapping[str, int] = {
    "connection_check": 140000,
    "compression": 140000,
    "replace_trigger": 140000,
    "sql_body": 140000,
    "nulls_not_distinct": 150000,
    "security_invoker": 150000,
    "input_is_valid": 160000,
    "storage_default": 160000,
    "set_expression": 170000,
    "virtual_generated": 180000,
    "not_enforced": 180000,
}

# What libpq says when it cannot connect → our sentence and what to do. It gives no code, only words.
_REFUSALS: tuple[tuple[str, str, str], ...] = (
    ("password authentication failed", "the user name or password is wrong", "check both in the URL"),
    (
        "no password supplied",
        "the server wants a password",
        "put it into the URL or a password file (PGPASSFILE)",
    ),
    ("no pg_hba.conf entry", "the server does not let this user in from here", "ask for an entry in pg_hba.conf"),
    ("Connection refused", "nothing listens there", "check host and port, and whether the server runs"),
    ("No such file or directory", "there is no server socket there", "check the socket directory, or give a host"),
    ("could not translate host name", "the host name is unknown", "check the host in the URL"),
    ("failed to resolve host", "the host name is unknown", "check the host in the URL"),
    ("does not exist", "the database or the role does not exist", "create it first, or correct the URL"),
    ("timeout expired", "the server does not answer", "check host, port and firewall"),
    ("too many clients", "the server has no connection left", "try again later, or raise max_connections"),
    ("SSL", "the encrypted connection failed", "check sslmode in the URL"),
)


def connect(target: Target) -> Session:
    """Return a session on the target, its search path pinned to the default schema.

    Raises TargetError, in one sentence, when the server cannot be reached or does not let us in.
    """
    return open_session(target, "reconcile")


def open_session(target: Target, application: str) -> PostgresSession:
    """Return a session that shows itself in pg_stat_activity under this name. Raises TargetError as `connect` does."""
    url = driver_url(target.url)
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        from reconciler.dialects.postgres.wire import OneCommand

        engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", use_native_hstore=False,
            connect_args={
                "connect_timeout": CONNECT_SECONDS, "application_name": application, "cursor_factory": OneCommand,
                "prepare_threshold": None,  # nothing of ours is run so often that the server should keep it
            },
        )  # fmt: skip
    except ImportError as error:
        raise TargetError(
            "the PostgreSQL driver is not installed", hint="pip install 'reconciler[postgres]'"
        ) from error
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise _refusal(error, target, url.password) from None
    session = PostgresSession(connection)
    try:
        _prepare(session, target)
    except DatabaseError as error:
        session.close()
        raise TargetError(f"{target.label}: {error.message}") from None
    return session


def default_schema(target: Target) -> str:
    """Return the name of the schema that addresses leave out."""
    return target.schema or DEFAULT_SCHEMA


def driver_url(text: str) -> URL:
    """Read a URL for psycopg 3. Raises TargetError when it is none, without repeating it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise TargetError("the database URL cannot be read", hint="postgresql://user@host:5432/database") from None
    if url.drivername not in SCHEMES:
        raise TargetError(f"{url.drivername!r} is no PostgreSQL URL", hint="postgresql://user@host:5432/database")
    return url.set(drivername="postgresql+psycopg")


def _refusal(error: Exception, target: Target, password: object) -> TargetError:
    said = str(getattr(error, "orig", None) or error).strip()
    if password:
        said = said.replace(str(password), "***")
    for words, sentence, hint in _REFUSALS:
        if words in said:
            return TargetError(f"{target.label}: {sentence}", hint=hint)
    return TargetError(f"{target.label}: {said.splitlines()[0]}", hint="check the URL and the server")


def _prepare(session: PostgresSession, target: Target) -> None:
    """Pin what texts depend on; a dead client's statement ends within half a second (14+, "TCP Settings")."""
    session.execute(f"SET search_path TO {double_quoted(default_schema(target))}")
    session.execute("SET standard_conforming_strings TO on")
    # Compiling a catalog query takes longer than running it, and before 18 the way that we want it planned is dear
    # enough by its estimate to be compiled (manual, "When to JIT?").
    session.execute("SET jit TO off")
    number = int(session.query("SELECT current_setting('server_version_num')")[0][0])
    if number < OLDEST:
        raise DatabaseError(f"PostgreSQL {number // 10000} is too old; version {OLDEST // 10000} or later is needed")
    if target.access == "read":
        session.execute("SET default_transaction_read_only TO on")
    if number >= FEATURES["connection_check"]:
        session.execute("SET client_connection_check_interval TO '500ms'")


@dataclass(slots=True)
class PostgresSession:
    """One psycopg connection behind SQLAlchemy, in autocommit mode between `begin` and `commit`."""

    _connection: Connection
    _open: bool = field(default=False)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Return every row."""
        # From the driver itself: a row of SQLAlchemy's takes longer to make than all that we do with it.
        return self._guarded(lambda: list(run(self._connection, sql, parameters).cursor.fetchall()))

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Return the rows of a query with the names of its columns."""

        def read() -> Rows:
            cursor = run(self._connection, sql, parameters).cursor
            return Rows(tuple(column.name for column in cursor.description), tuple(cursor.fetchall()))

        return self._guarded(read)

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Run a statement and return the number of rows that it changed."""
        return self._guarded(lambda: changed(run(self._connection, sql, parameters)))

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Run statements with one wait for all of their answers; none after the first that fails."""
        from reconciler.dialects.postgres.wire import run_all

        driver = self.driver()
        counts, error = run_all(driver, statements)
        if error is not None:
            raise self._translated(error, len(counts)) from None
        return counts

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows by COPY."""
        from psycopg import Error

        from reconciler.dialects.postgres import wire

        try:
            wire.insert(self.driver(), table, columns, rows)
        except Error as error:
            raise self._translated(error) from None

    def _translated(self, error: Exception, before: int = 0) -> DatabaseError:
        """Say what the driver raised; SQLAlchemy was not there, so it is told when the connection is gone."""
        closed = bool(self.driver().closed)
        if closed:
            self._connection.invalidate()
        found = database_error(error, closed=closed)
        found.before = before
        return found

    def in_transaction(self) -> bool:
        """Say whether a transaction was begun and not ended."""
        return self._open

    def begin(self) -> None:
        """Start a transaction."""
        self.execute("BEGIN")
        self._open = True

    def commit(self) -> None:
        """End the transaction and keep it."""
        self._open = False
        self.execute("COMMIT")

    def rollback(self) -> None:
        """End the transaction, if there is one, and forget it."""
        if self._open:
            self._open = False
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self._connection.close()
        except SQLAlchemyError:
            self._connection.invalidate()

    def abandon(self) -> None:
        """Shut the socket down; the server is not told."""
        handle = socket.socket(fileno=dup(self.driver().pgconn.socket))
        try:
            handle.shutdown(socket.SHUT_RDWR)
        finally:
            handle.close()

    def driver(self) -> Any:
        """Return psycopg's own connection. Raises DatabaseError where it is known to be lost."""
        return self._guarded(lambda: self._connection.connection.dbapi_connection)

    def _guarded(self, run: Callable[[], T]) -> T:
        from psycopg import Error
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            return run()
        except DBAPIError as error:
            # Not from the driver's error, which shows values and parameters: whatever prints a chain would too.
            raise database_error(error.orig, closed=error.connection_invalidated) from None
        except Error as error:
            raise self._translated(error) from None
        except SQLAlchemyError as error:
            raise DatabaseError("the connection cannot be used any more", detail=str(error), lost=True) from None


def features(session: Session) -> frozenset[str]:
    """Return what this server can do, by the words of FEATURES."""
    number = int(session.query("SELECT current_setting('server_version_num')")[0][0])
    return frozenset(name for name, since in FEATURES.items() if number >= since)


_SERVER = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int, current_database(), current_user,
       coalesce(host(inet_server_addr()), 'local socket'), current_setting('search_path'),
       NOT pg_is_in_recovery() AND has_database_privilege(current_database(), 'TEMP')
           AND (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only') = 'off'
"""


def server(session: Session) -> Server:
    """Return what answers; it elaborates where temporary objects may be made.

    That a session of ours is for reading only does not count: `reset_val` is what the server itself asks for.
    """
    version, number, database, user, host, path, elaborates = session.query(_SERVER)[0]
    return Server(
        version=version.split()[0], host=host, database=database, user=user, memory=f"{number // 10000}|{path}",
        features=frozenset(name for name, since in FEATURES.items() if number >= since), elaborates=elaborates,
    )  # fmt: skip


def assumed() -> Server:
    """Return the newest server that is known, with nothing spelled by it."""
    return Server(version="", host="", database="", user="", memory="", features=frozenset(FEATURES), elaborates=False)


@contextmanager
def reading(session: Session) -> Iterator[None]:
    """Surround questions with a transaction that cannot write, whatever functions they call, and that leaves nothing.

    A text from a spec may name any function; one that writes is refused by the server here, also while applying.
    """
    session.begin()
    try:
        session.execute("SET TRANSACTION READ ONLY")
        yield
    finally:
        session.rollback()


@contextmanager
def transaction(session: Session, steps: Sequence[Step], lock_timeout: float) -> Iterator[None]:
    """Surround these steps with one transaction; an exception rolls it back.

    A wait for a lock keeps everybody else waiting behind it, so one attempt waits shortly whatever it is allowed, and
    whoever runs the steps tries again. Nothing else ends a statement that is at work. The bodies of routines are
    looked at when all is there.

    Args:
        session: outside a transaction.
        steps: what will run inside.
        lock_timeout: seconds that a statement may wait for a lock.
    """
    written = written_bodies(steps)
    session.begin()
    try:
        for setting in (
            # 0 would mean to wait for ever.
            f"lock_timeout TO {max(1, int(min(lock_timeout, LONGEST_LOCK_WAIT) * 1000))}",
            "statement_timeout TO 0",
            "idle_in_transaction_session_timeout TO 0",
            *((UNCHECKED,) if written else ()),
        ):
            session.execute(f"SET LOCAL {setting}")
        yield
        check_bodies(session, written)
        session.commit()
    except BaseException:
        with suppress(DatabaseError):
            session.rollback()
        raise
