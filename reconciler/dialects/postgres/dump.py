"""A PostgreSQL database in, pg_dump's archive of it out, and back by pg_restore; both see what our own session sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path

from reconciler.dialects import tools
from reconciler.dialects.base import Session, Target
from reconciler.dialects.dumping import Dump, Taken, Told, Tool, Weight
from reconciler.dialects.postgres.asking import snapshot
from reconciler.dialects.postgres.failures import database_error
from reconciler.dialects.postgres.scratch import beside
from reconciler.dialects.postgres.session import (
    CONNECT_SECONDS,
    PostgresSession,
    connect,
    driver_url,
    open_session,
)
from reconciler.dialects.refilling import Want, filling
from reconciler.dialects.sql import double_quoted
from reconciler.errors import BackupError, TargetError

_FILE = "database.dump"
# Where Debian keeps the programs of each version (manpages.debian.org/pg_wrapper).
_DEBIAN = Path("/usr/lib/postgresql")
# From here on the programs set `transaction_timeout`, which older servers do not know.
_TIMEOUT = 17


def _server_major(target: Target) -> int:
    with closing(connect(replace(target, access="read"))) as session:
        return int(session.query("SELECT current_setting('server_version_num')")[0][0]) // 10000


def _fitting(program: str, server: int, least: int) -> tuple[str, str] | None:
    """Return the oldest program that knows this server, and its version: it writes what the server reads back."""
    known = []
    for path in tools.found(program, sorted(_DEBIAN.glob("*/bin"))):
        number = tools.number_in(tools.version_said(path), "(PostgreSQL)")
        if number and number[0] >= max(server, least) and (server >= _TIMEOUT or number[0] < _TIMEOUT):
            known.append((number, path))
    return (min(known)[1], "{}.{}".format(*min(known)[0])) if known else None


def _tool(target: Target, program: str) -> Tool:
    server = _server_major(target)
    fitting = _fitting(program, server, 0)
    if fitting is None:
        there = [tools.number_in(tools.version_said(path), "(PostgreSQL)") for path in tools.found(program)]
        have = ", ".join(f"{one[0]}.{one[1]}" for one in there if one) or "none"
        upper = "" if server >= _TIMEOUT else f" and is older than {_TIMEOUT}"
        raise BackupError(
            f"a {program} is needed that knows PostgreSQL {server}{upper}; found: {have}",
            hint=f"install postgresql-client-{server}, or let {tools.TOOLS} name the folder that it is in",
        )
    return Tool(name=program, version=fitting[1], dump=(fitting[0],), load=(fitting[0],))


def _writer(target: Target) -> Tool:
    return _tool(target, "pg_dump")


def _reader(target: Target) -> Tool:
    return _tool(target, "pg_restore")


def _place(target: Target) -> tuple[str, dict[str, str]]:
    """Return where a database is as libpq wants it, and what of that is secret as environment.

    Raises BackupError for a secret that can only be said where everybody sees it.
    """
    from psycopg.conninfo import make_conninfo

    url = driver_url(target.url)
    said = {**url.translate_connect_args(username="user", database="dbname"), **url.query}
    secret = str(said.pop("password", "") or "")
    if "sslpassword" in said:
        raise BackupError("the URL holds sslpassword, which the programs take only where all users see it",
                          hint="use a client key without a password, readable by you alone")  # fmt: skip
    info = make_conninfo(**{"connect_timeout": CONNECT_SECONDS, **said, "application_name": "reconcile backup"})
    return info, {"PGPASSWORD": secret} if secret else {}


def _take(target: Target, tool: Tool, folder: Path, told: Told) -> Taken:
    info, environment = _place(target)
    with closing(connect(replace(target, access="read"))) as session, snapshot(session):
        seen = str(session.query("SELECT pg_export_snapshot()")[0][0])
        command = [*tool.dump, "--format=custom", "--no-password", f"--snapshot={seen}", f"--dbname={info}",
                   f"--lock-wait-timeout={max(1, int(target.patience * 1000))}"]  # fmt: skip
        tools.run(command, environment=environment, told=told, output=folder / _FILE)
        return Taken(files=(_FILE,), tables=_weights(session, told))


# What texts of values depend on; rows of an extension's own tables come with the extension.
_PLAIN = (
    "SET LOCAL datestyle TO ISO", "SET LOCAL timezone TO UTC", "SET LOCAL intervalstyle TO iso_8601",
    "SET LOCAL bytea_output TO hex", "SET LOCAL extra_float_digits TO 1", "SET LOCAL statement_timeout TO 0",
)  # fmt: skip
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_TABLES = f"""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND {_OURS} AND NOT EXISTS (
  SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""


# A row as a number: so many bits of a hash of its text.
_ROW = '"__rc_row"'
_NUMBER = f"('x' || substr(md5({_ROW}::text), 1, 16))::bit(64)::bigint::numeric"


def _weights(session: Session, told: Told) -> Mapping[str, Weight]:
    """Weigh every table, inside a transaction that sees one moment."""
    for sql in _PLAIN:
        session.execute(sql)
    return dict(_each(session, told))


def _each(session: Session, told: Told) -> Iterator[tuple[str, Weight]]:
    for schema, table in session.query(_TABLES):
        told(f"counting {schema}.{table}")
        rows, total = session.query(
            f"SELECT count(*), coalesce(sum({_NUMBER}), 0)::text"
            f" FROM ONLY {double_quoted(schema)}.{double_quoted(table)} AS {_ROW}"
        )[0]
        yield f"{schema}.{table}", Weight(rows=int(rows), fingerprint=str(total))


def _load(target: Target, tool: Tool, folder: Path, told: Told) -> None:
    """Read everything back in one transaction: a run that is killed leaves the database as it was."""
    info, environment = _place(target)
    command = [*tool.load, "--no-password", "--exit-on-error", "--single-transaction", f"--dbname={info}"]
    tools.run([*command, str(folder / _FILE)], environment=environment, told=told)


def _weigh(target: Target) -> Mapping[str, Weight]:
    with closing(connect(replace(target, access="read"))) as session, snapshot(session):
        return _weights(session, lambda words: None)


# Everything in somebody's schemas that is no extension's, and the schemas but the one that every database has.
_HOLDS = f"""
SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND c.relkind NOT IN ('i', 'I', 't', 'c') AND NOT EXISTS (
          SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {_OURS} AND NOT EXISTS (
          SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE {_OURS} AND t.typtype IN ('e', 'd', 'r') AND NOT EXISTS (
          SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_namespace n WHERE {_OURS} AND n.nspname <> 'public')
"""

# One statement, so all of it goes or nothing. Schema public stays: who may use it is no part of an archive.
_CLEAR = """
DO $clear$
DECLARE one text;
BEGIN
  FOR one IN SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
             WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') LOOP EXECUTE one; END LOOP;
  FOR one IN SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension
             WHERE extname <> 'plpgsql' LOOP EXECUTE one; END LOOP;
  FOR one IN SELECT format('DROP %s IF EXISTS public.%I CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
               WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
               WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.relname)
             FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
             AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') ORDER BY c.relkind = 'S' LOOP EXECUTE one; END LOOP;
  FOR one IN SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace LOOP EXECUTE one; END LOOP;
  FOR one IN SELECT format('DROP TYPE IF EXISTS public.%I CASCADE', t.typname) FROM pg_type t
             WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r') LOOP EXECUTE one; END LOOP;
END
$clear$
"""


def _holds(target: Target) -> int:
    with closing(connect(replace(target, access="read"))) as session:
        return int(session.query(_HOLDS)[0][0])


def _clear(target: Target) -> None:
    if not _holds(target):
        return
    with closing(connect(replace(target, access="write"))) as session:
        session.execute(f"SET lock_timeout TO '{max(1, int(target.patience * 1000))}ms'")
        session.execute(_CLEAR)
    if left := _holds(target):
        message = f"{target.label} cannot be emptied: {left} objects are left"
        raise BackupError(message, hint="drop them by hand, or restore into an empty database with --into")


def _denied(user: str, said: str) -> TargetError:
    hint = f"ALTER ROLE {double_quoted(user)} CREATEDB"
    return TargetError("the backup cannot be tried: that takes the right to make a database", hint=hint)


def _scratch(target: Target) -> AbstractContextManager[Target]:
    return beside(target, "backup", _denied)


# A table of the session for what is copied, and the one that it is copied for.
_PASSING = "__rc_was_{number}"


def _refill(copy: Target, target: Target, wants: Sequence[Want]) -> Sequence[int]:
    """Copy rows from the database beside that a backup was read back into, through COPY, which loses nothing."""
    with (
        closing(open_session(replace(copy, access="read"), "reconcile backup")) as source,
        closing(open_session(replace(target, access="write"), "reconcile backup")) as session,
    ):
        session.begin()
        counts = [_copied(source, session, want, _PASSING.format(number=at)) for at, want in enumerate(wants)]
        session.commit()
        return counts


def _copied(source: PostgresSession, session: PostgresSession, want: Want, passing: str) -> int:
    from psycopg import Error

    from reconciler.dialects.postgres import wire

    names = ", ".join(map(double_quoted, (*want.key, *want.columns)))
    session.execute(f"CREATE TEMP TABLE {passing} ON COMMIT DROP AS SELECT {names} FROM {want.table} WITH NO DATA")
    try:
        wire.pass_on(source.driver(), f"SELECT {names} FROM {want.table}", session.driver(), passing)
    except Error as error:
        raise database_error(error, closed=bool(session.driver().closed)) from None
    return session.execute(filling(want, f"pg_temp.{passing}", double_quoted, "OVERRIDING SYSTEM VALUE"))


DUMP = Dump(
    writer=_writer, reader=_reader, take=_take, load=_load, weigh=_weigh, holds=_holds, clear=_clear, scratch=_scratch,
    refill=_refill,
)  # fmt: skip
