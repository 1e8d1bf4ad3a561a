"""A target in, one connection that speaks plainly out: errors come as data, texts reach the server untouched."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.dialects.base import DatabaseError, Server, Session, Target
from reconciler.dialects.mysql.failures import database_error
from reconciler.dialects.mysql.grants import has, rights_in
from reconciler.dialects.statements import changed, one_by_one, run
from reconciler.errors import TargetError
from reconciler.plan.outcome import Rows

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

T = TypeVar("T")
# A question in, its rows out.
Ask = Callable[[str], list[tuple[Any, ...]]]

CONNECT_SECONDS = 10
SCHEMES = frozenset({"mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql"})

# What every session of ours speaks: nothing is changed silently to fit, and quotes and backslashes mean what they mean
# by default (dev.mysql.com/doc/refman/9.7/en/sql-mode.html). NO_ZERO_DATE and NO_ZERO_IN_DATE are left out: with them
# neither a table whose default is '0000-00-00', as many published ones have it, nor one with such a row can be remade.
SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

# dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_set_option.html
_SEVERAL, _ONE = 0, 1
# How many queries are worth a request before and after them, and how many are sent in one.
_FEW, _AT_ONCE = 4, 100

# Error number → our sentence and what to do.
_REFUSALS: Mapping[int, tuple[str, str]] = {
    1044: ("the user may not use this database", "grant it, or correct the URL"),
    1045: ("the user name or password is wrong", "check both in the URL"),
    1049: ("the database does not exist", "create it first, or correct the URL"),
    1040: ("the server has no connection left", "try again later, or raise max_connections"),
    2003: ("the server does not answer", "check host, port and firewall, and whether the server runs"),
    1698: ("the server does not let this user in from here", "use a user with a password"),
}


def connect(target: Target) -> Session:
    """Return a session on the target. Raises TargetError, in one sentence, when the server does not let us in."""
    url = driver_url(target.url)
    try:
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT",
            # Without FOUND_ROWS, which SQLAlchemy sets: rows that a statement leaves as they are do not count.
            connect_args={
                "connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4", "client_flag": 0, **_encryption(url)
            },
        )  # fmt: skip
    except ImportError as error:
        raise TargetError("the MySQL driver is not installed", hint="pip install 'reconciler[mysql]'") from error
    try:
        connection = engine.connect()
    except (SQLAlchemyError, OSError, RuntimeError) as error:
        raise _refusal(error, target) from None
    session = MysqlSession(connection, target.access == "read")
    try:
        _prepare(session, target)
    except DatabaseError as error:
        session.close()
        raise TargetError(f"{target.label}: {error.message}") from None
    return session


def _encryption(url: URL) -> Mapping[str, object]:
    """A socket of this machine needs no encryption, for which the driver would load every authority there is."""
    return {"ssl_disabled": True} if "unix_socket" in url.query else {}


def driver_url(text: str) -> URL:
    """Read a URL for PyMySQL. Raises TargetError when it is none, or names no database, without repeating it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    hint = "mysql://user@host:3306/database"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise TargetError("the database URL cannot be read", hint=hint) from None
    if url.drivername not in SCHEMES:
        raise TargetError(f"{url.drivername!r} is no MySQL or MariaDB URL", hint=hint)
    if not url.database:
        raise TargetError("the URL names no database", hint=hint)
    # The driver's server-side checks are the same for both flavors.
    return url.set(drivername="mysql+pymysql")


def _refusal(error: Exception, target: Target) -> TargetError:
    original = getattr(error, "orig", None) or error
    arguments: tuple[object, ...] = getattr(original, "args", ())
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    if number in _REFUSALS:
        sentence, hint = _REFUSALS[number]
        return TargetError(f"{target.label}: {sentence}", hint=hint)
    said = str(arguments[1]) if len(arguments) > 1 else str(original)
    return TargetError(f"{target.label}: {said.splitlines()[0]}", hint="check the URL and the server")


def _prepare(session: MysqlSession, target: Target) -> None:
    """Pin what texts and values depend on."""
    session.execute(
        f"SET SESSION sql_mode = '{SQL_MODE}', SESSION foreign_key_checks = 1,"
        " SESSION explicit_defaults_for_timestamp = 1, SESSION sql_quote_show_create = 1"
    )
    wait_for_locks(session, target.patience)
    if target.access == "read":
        session.execute("SET SESSION TRANSACTION READ ONLY")


def wait_for_locks(session: Session, seconds: float) -> None:
    """Let no statement wait longer than that for a lock, be it on a table's definition or on a row."""
    whole = max(1, int(seconds))
    session.execute(f"SET SESSION lock_wait_timeout = {whole}, SESSION innodb_lock_wait_timeout = {whole}")


@dataclass(slots=True)
class MysqlSession:
    """One PyMySQL connection behind SQLAlchemy, in autocommit mode between `begin` and `commit`.

    The driver sends a text as one statement: the server refuses another one behind a semicolon, because the flag for
    several is only set while `query_each` asks.
    """

    _connection: Connection
    reads_only: bool
    _open: bool = field(default=False)

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Return every row."""
        return self._guarded(lambda: [tuple(row) for row in run(self._connection, sql, parameters)])

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> int:
        """Run a statement and return the number of rows that it changed."""
        return self._guarded(lambda: changed(run(self._connection, sql, parameters)))

    def execute_each(self, statements: Sequence[str]) -> Sequence[int]:
        """Run statements one after the other, none after one that fails."""
        return one_by_one(self.execute, statements)

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Return the rows of a query with the names of its columns."""

        def read() -> Rows:
            cursor = run(self._connection, sql, parameters).cursor
            return Rows(tuple(column[0] for column in cursor.description), tuple(cursor.fetchall()))

        return self._guarded(read)

    def results(self, sql: str, values: Sequence[object]) -> list[Rows]:
        """Run one statement, with `%s` for each value, and return everything that it gives back, one after the other.

        Each result is asked for: an error may stand behind one that went well.
        """
        from pymysql import Error

        driver: Any = self._guarded(lambda: self._connection.connection.dbapi_connection)
        cursor = driver.cursor()
        found: list[Rows] = []
        try:
            # Without values a percent sign is one.
            cursor.execute(sql, tuple(values) or None)
            while True:
                if cursor.description:
                    found.append(Rows(tuple(column[0] for column in cursor.description), tuple(cursor.fetchall())))
                if not cursor.nextset():
                    return found
        except Error as error:
            raise database_error(error) from None

    def query_each(self, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """Return the rows of each query. Many go in one request, where the server lets several statements be one."""
        if len(queries) < _FEW or not self._takes_several():
            return [self.query(sql) for sql in queries]
        try:
            texts = (";".join(queries[at : at + _AT_ONCE]) for at in range(0, len(queries), _AT_ONCE))
            return [list(one.rows) for text in texts for one in self.results(text, [])]
        finally:
            self._one_again()

    def _takes_several(self) -> bool:
        """Let the server take several statements at once from now on; False where it will not be told."""
        try:
            self._tell(_SEVERAL)
        except DatabaseError as error:
            if error.lost:
                raise
            return False
        return True

    def _one_again(self) -> None:
        """Let it take one again. Where that cannot be told, the connection ends: nothing behind a semicolon may run."""
        try:
            self._tell(_ONE)
        except BaseException as error:
            driver: Any = self._connection.connection.dbapi_connection
            driver._force_close()
            if not isinstance(error, DatabaseError):
                raise

    def _tell(self, option: int) -> None:
        from pymysql import Error
        from pymysql.constants import COMMAND

        driver: Any = self._guarded(lambda: self._connection.connection.dbapi_connection)
        try:
            driver._execute_command(COMMAND.COM_SET_OPTION, option.to_bytes(2, "little"))
            driver._read_packet()
        except Error as error:
            raise database_error(error) from None

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows; the driver puts as many of them into one statement as the server takes."""
        marks = ", ".join(["%s"] * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        values = [tuple(row) for row in rows]
        if values:
            self._guarded(lambda: self._connection.exec_driver_sql(sql, values))

    def in_transaction(self) -> bool:
        """Say whether a transaction was begun and not ended."""
        return self._open

    def begin(self) -> None:
        """Start a transaction; a statement that changes the schema ends it."""
        self.execute("START TRANSACTION")
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
        except (SQLAlchemyError, OSError):
            with suppress(SQLAlchemyError):
                self._connection.invalidate()

    def abandon(self) -> None:
        """Shut the socket down; the server is not told."""
        driver: Any = self._connection.connection.dbapi_connection
        driver._sock.shutdown(socket.SHUT_RDWR)

    def _guarded(self, run: Callable[[], T]) -> T:
        from sqlalchemy.exc import DBAPIError, SQLAlchemyError

        try:
            return run()
        except DBAPIError as error:
            raise database_error(error.orig) from None
        except SQLAlchemyError as error:
            raise DatabaseError("the connection cannot be used any more", detail=str(error), lost=True) from None


def queried(session: Session, queries: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each query, asked in few requests where the session can."""
    if isinstance(session, MysqlSession):
        return session.query_each(queries)
    return [session.query(sql) for sql in queries]


_SERVER = "SELECT version(), database(), current_user(), @@hostname, @@character_set_database, @@collation_database"

# feature → a statement on the server that says yes; MariaDB counts its versions by itself
_FEATURES: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "check": ((8, 0), (10, 2)),
    "functional_index": ((8, 0), (99, 0)),
    "expression_default": ((8, 0), (10, 2)),
    "rename_column": ((8, 0), (10, 5)),
    "uuid": ((99, 0), (10, 7)),
    "nocopy": ((99, 0), (10, 3)),
    "online_copy": ((99, 0), (11, 2)),
    "many_row_versions": ((9, 1), (99, 0)),
    "replace_program": ((99, 0), (10, 1)),
    "waits_for_parents": ((8, 0), (99, 0)),
}


def server(session: Session) -> Server:
    """Return what answers; `memory` names what the server's spelling of texts depends on."""
    version, database, user, host, charset, collation = session.query(_SERVER)[0]
    maria = "mariadb" in version.lower()
    number = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    features = {name for name, since in _FEATURES.items() if number >= since[maria]}
    rights = rights_in((str(row[0]) for row in session.query("SHOW GRANTS")), str(database))
    if not maria and number >= (8, 1) and rights is not None and has(rights, "PROCESS"):
        features.add("row_versions")
    return Server(
        version=version, host=host, database=database, user=user,
        memory=f"{'mariadb' if maria else 'mysql'} {number[0]}.{number[1]}|{charset}|{collation}",
        features=frozenset(features), elaborates=_may_elaborate(session, rights),
    )  # fmt: skip


def assumed(name: str) -> Server:
    """Return the newest server of a flavor that is known, with nothing spelled by it."""
    features = frozenset(feature for feature, since in _FEATURES.items() if since[name == "mariadb"] < (99, 0))
    return Server(version="", host="", database="", user="", memory="", features=features, elaborates=False)


def _may_elaborate(session: Session, rights: frozenset[str] | None) -> bool:
    """A read-only server makes no temporary tables either, and they are a right of their own."""
    read_only = session.query("SELECT @@global.read_only")[0][0]
    return not read_only and (rights is None or has(rights, "CREATE TEMPORARY TABLES"))


@contextmanager
def reading(session: Session) -> Iterator[None]:
    """Surround questions with a transaction that cannot write, whatever functions they call."""
    session.execute("START TRANSACTION READ ONLY")
    try:
        yield
    finally:
        session.execute("ROLLBACK")
