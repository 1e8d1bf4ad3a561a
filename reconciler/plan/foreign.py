"""The tables in which other tools keep their account: columns in, whose they are and what their rows mean out.

A tool's table is known by its name and its columns; one of that name with other columns is a table like any other. The
questions are SQL that every dialect understands, with the names filled in by whoever asks.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import partial
from typing import Any

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref

Rows = Sequence[Sequence[Any]]


class State(StrEnum):
    """How another tool left its account."""

    CLEAN = "clean"
    DIRTY = "dirty"
    FAILED = "failed"
    LOCKED = "locked"
    UNKNOWN = "unknown"


@frozen_in_order
class Told:
    """The state of an account, in words, and what clears it once the schema is right; "" where nothing is to clear."""

    state: State
    message: str
    command: str = ""


@frozen
class Book:
    """One table of one tool.

    `columns` are all that it has, in lower case, but for `also`, which some versions of the tool add. `beside` is
    another table of the same tool without which it is somebody else's. `query` is what is asked of it, `told` what the
    answer means; both get the live names.
    """

    tool: str
    table: str
    columns: frozenset[str]
    query: str
    told: Callable[[Rows, str], Told]
    also: frozenset[str] = field(default=frozenset())
    beside: str = ""

    def fits(self, columns: Iterable[str]) -> bool:
        """Say whether these are its columns."""
        found = {name.lower() for name in columns}
        return self.columns <= found <= self.columns | self.also


# --- what rows mean ---------------------------------------------------------------------------------------------------


def _flagged(rows: Rows, table: str) -> Told:
    """golang-migrate: one row, a version and whether it was left half-way."""
    if not rows:
        return Told(State.CLEAN, "no migration applied")
    version, dirty = rows[0]
    if not dirty:
        return Told(State.CLEAN, f"at version {version}")
    return Told(State.DIRTY, f"dirty at version {version}", f"migrate -path DIR -database URL force {version}")


def _counted(rows: Rows, table: str, *, noun: str = "migration") -> Told:
    """One row: how many there are, and the last of them, which may be null."""
    number, last = int(rows[0][0]), rows[0][1]
    if not number:
        return Told(State.CLEAN, f"no {noun} applied")
    words = f"1 {noun} applied" if number == 1 else f"{number:,} {noun}s applied"
    return Told(State.CLEAN, f"{words}, the last {last}" if last is not None else words)


def _listed(rows: Rows, table: str, *, command: Callable[[Sequence[str], str], str]) -> Told:
    """A row for each migration, in order: its name, and whether it ended well."""
    failed = [str(name) for name, good in rows if not good]
    done = _counted([(len(rows) - len(failed), next((name for name, good in reversed(rows) if good), None))], table)
    if not failed:
        return done
    words = "1 migration" if len(failed) == 1 else f"{len(failed):,} migrations"
    message = f"{words} failed or not finished: {', '.join(failed)}; {done.message}"
    return Told(State.FAILED, message, command(failed, table))


def _held(rows: Rows, table: str, *, command: str) -> Told:
    """One row: whether a lock is held, by whom, and since when, the last two as far as the tool writes them down."""
    held, by, since = rows[0] if rows else (False, None, None)
    if not held:
        return Told(State.CLEAN, "no lock held")
    words = [f"by {by}"] * (by is not None) + [f"since {since}"] * (since is not None)
    return Told(State.LOCKED, " ".join(["lock held", *words]), command)


def _heads(rows: Rows, table: str) -> Told:
    """Alembic: a row for each branch."""
    names = ", ".join(str(name) for (name,) in rows)
    words = f"at {len(rows)} heads: {names}" if len(rows) > 1 else f"at revision {names}"
    return Told(State.CLEAN, words if rows else "at no revision")


def _version(rows: Rows, table: str) -> Told:
    """One row: the version that a database is at."""
    return Told(State.CLEAN, "no migration applied" if rows[0][0] is None else f"at version {rows[0][0]}")


def _environment(rows: Rows, table: str) -> Told:
    """Rails: what sort of database this is."""
    return Told(State.CLEAN, f"environment {rows[0][0]}" if rows else "no environment noted")


def _repair(failed: Sequence[str], table: str) -> str:
    return "flyway repair"


def _resolve(failed: Sequence[str], table: str) -> str:
    return " && ".join(f"prisma migrate resolve --applied {shlex.quote(name)}" for name in failed)


def _update(failed: Sequence[str], table: str) -> str:
    """Sqlx has no command for it, and names the row to be mended (launchbadge/sqlx, `MigrateError::Dirty`)."""
    versions = ", ".join(name for name in failed if name.isdecimal())
    return f"UPDATE {table} SET success = true WHERE version IN ({versions})"


# --- whose is what ----------------------------------------------------------------------------------------------------


def _book(
    tool: str,
    table: str,
    columns: str,
    query: str,
    told: Callable[[Rows, str], Told] = _counted,
    *,
    also: str = "",
    beside: str = "",
) -> Book:
    return Book(
        tool=tool, table=table, columns=frozenset(columns.split()), query=query, told=told,
        also=frozenset(also.split()), beside=beside,
    )  # fmt: skip


# Each tool's documentation and source; the first that fits is taken.
BOOKS: Sequence[Book] = (
    _book("golang-migrate", "schema_migrations", "version dirty",
          "SELECT {version}, CASE WHEN {dirty} THEN 1 ELSE 0 END FROM {table}", _flagged),
    _book("Flyway", "flyway_schema_history",
          "installed_rank version description type script checksum installed_by installed_on execution_time success",
          "SELECT coalesce({version}, {description}), CASE WHEN {success} THEN 1 ELSE 0 END FROM {table}"
          " ORDER BY {installed_rank}", partial(_listed, command=_repair)),
    _book("Liquibase", "databasechangelog",
          "id author filename dateexecuted orderexecuted exectype md5sum description comments tag liquibase",
          "SELECT count(*), (SELECT max({id}) FROM {table} WHERE {orderexecuted} ="
          " (SELECT max({orderexecuted}) FROM {table})) FROM {table}", partial(_counted, noun="change set"),
          also="contexts labels deployment_id"),
    _book("Liquibase", "databasechangeloglock", "id locked lockgranted lockedby",
          "SELECT CASE WHEN {locked} THEN 1 ELSE 0 END, {lockedby}, {lockgranted} FROM {table} ORDER BY 1 DESC",
          partial(_held, command="liquibase release-locks")),
    _book("Alembic", "alembic_version", "version_num", "SELECT {version_num} FROM {table} ORDER BY 1", _heads),
    _book("Django", "django_migrations", "id app name applied",
          "SELECT count(*), (SELECT max({name}) FROM {table} WHERE {id} = (SELECT max({id}) FROM {table}))"
          " FROM {table}"),
    _book("Prisma", "_prisma_migrations",
          "id checksum finished_at migration_name logs rolled_back_at started_at applied_steps_count",
          "SELECT {migration_name}, CASE WHEN {finished_at} IS NULL THEN 0 ELSE 1 END FROM {table}"
          " WHERE {rolled_back_at} IS NULL ORDER BY {started_at}", partial(_listed, command=_resolve)),
    _book("Rails", "ar_internal_metadata", "key value created_at updated_at",
          "SELECT {value} FROM {table} WHERE {key} = 'environment'", _environment),
    _book("Rails", "schema_migrations", "version", "SELECT count(*), max({version}) FROM {table}",
          beside="ar_internal_metadata"),
    _book("dbmate", "schema_migrations", "version", "SELECT count(*), max({version}) FROM {table}"),
    _book("Ecto", "schema_migrations", "version inserted_at", "SELECT count(*), max({version}) FROM {table}"),
    _book("Drizzle", "__drizzle_migrations", "id hash created_at", "SELECT count(*), NULL FROM {table}",
          also="name applied_at"),
    _book("Knex", "knex_migrations", "id name batch migration_time",
          "SELECT count(*), (SELECT max({name}) FROM {table} WHERE {id} = (SELECT max({id}) FROM {table}))"
          " FROM {table}"),
    _book("Knex", "knex_migrations_lock", "index is_locked", "SELECT max({is_locked}), NULL, NULL FROM {table}",
          partial(_held, command="knex migrate:unlock")),
    _book("sqlx", "_sqlx_migrations", "version description installed_on success checksum execution_time",
          "SELECT {version}, CASE WHEN {success} THEN 1 ELSE 0 END FROM {table} ORDER BY {version}",
          partial(_listed, command=_update)),
    _book("goose", "goose_db_version", "id version_id is_applied tstamp",
          "SELECT max(t.{version_id}) FROM {table} t WHERE t.{is_applied} AND t.{id} ="
          " (SELECT max(u.{id}) FROM {table} u WHERE u.{version_id} = t.{version_id})", _version),
    _book("Cloudflare D1", "d1_migrations", "id name applied_at", "SELECT count(*), max({name}) FROM {table}"),
)  # fmt: skip

NAMES = frozenset(book.table for book in BOOKS)

_TABLE = str(Kind.TABLE)


def recognised(tables: Mapping[Ref, Sequence[str]]) -> dict[Ref, Book]:
    """Return whose these tables are, each with its columns; what is nobody's is left out."""
    known = {(ref.schema, ref.name.lower()): columns for ref, columns in tables.items()}
    found: dict[Ref, Book] = {}
    for ref, columns in sorted(tables.items()):
        fitting = [book for book in BOOKS if book.table == ref.name.lower() and book.fits(columns)]
        own = next((book for book in fitting if not book.beside or (ref.schema, book.beside) in known), None)
        if own is not None:
            found[ref] = own
    return found


def foreign_tables(model: Model, among: Iterable[Ref]) -> dict[Ref, Book]:
    """Return which of these tables of a live model other tools keep their account in."""
    tops = [ref for ref in among if ref.parts[0] == _TABLE and len(ref.parts) == 2 and ref.parts[1].lower() in NAMES]
    return recognised({ref: [column.ref.name for column in model.children(ref, Column)] for ref in tops})
