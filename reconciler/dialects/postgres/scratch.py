"""A target in, an empty database on the same server out, and gone again: plans and files of SQL are tried there.

Its name follows from the target's, so what a killed run left behind is found and dropped by the next one. An advisory
lock, which ends with its connection, keeps two of them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.dialects.base import DatabaseError, Scratch, Session, Target
from reconciler.dialects.postgres.session import connect, driver_url
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.errors import TargetError
from reconciler.model.names import helper_name

if TYPE_CHECKING:
    from reconciler.dialects.base import Dialect

_DATABASE = """
SELECT datname, to_jsonb(d) - 'oid', pg_encoding_to_char(encoding), current_user
FROM pg_database d WHERE datname = current_database()
"""
_LOCK = "SELECT pg_advisory_lock(hashtextextended(:name, 0))"
_DENIED = "42501"
# What is raised where a role may make no database: given its name, and what the server says.
Denied = Callable[[str, str], TargetError]


@contextmanager
def scratch(dialect: Dialect, session: Session, target: Target) -> Iterator[Scratch]:
    """Give an empty database with the target's encoding and collation. Raises TargetError where there may be none."""

    def denied(user: str, said: str) -> TargetError:
        hint = f"ALTER ROLE {double_quoted(user)} CREATEDB, or go without --rehearse"
        return TargetError("the plan cannot be rehearsed: that takes the right to make a database", hint=hint)

    with beside(target, "rehearsal", denied) as place, _opened(dialect, place) as opened:
        yield opened


@contextmanager
def beside(target: Target, purpose: str, denied: Denied) -> Iterator[Target]:
    """Make an empty database on the target's server, and drop it whatever happens.

    Args:
        target: beside which; nothing of it is touched.
        purpose: a word of its name.
        denied: what to raise where the role may make none; given its name, and what the server says.
    """
    admin = connect(replace(target, access="write"))
    try:
        database, row, encoding, user = admin.query(_DATABASE)[0]
        name = helper_name(str(database), purpose)
        admin.query(_LOCK, {"name": name})
        _drop(admin, name)
        try:
            admin.execute(f"CREATE DATABASE {double_quoted(name)} TEMPLATE template0 {_like(row, str(encoding))}")
        except DatabaseError as error:
            raise error if error.code != _DENIED else denied(str(user), error.message) from None
        try:
            url = driver_url(target.url).set(database=name).render_as_string(hide_password=False)
            yield replace(target, url=url, access="write")
        finally:
            _drop(admin, name)
    finally:
        admin.close()


@contextmanager
def _opened(dialect: Dialect, target: Target) -> Iterator[Scratch]:
    session = connect(target)
    try:
        for sql in dialect.groundwork(session, target):
            session.execute(sql)
        yield Scratch(dialect=dialect, session=session, target=target, filled=False)
    finally:
        with suppress(DatabaseError):
            session.rollback()
        session.close()


def _drop(admin: Session, name: str) -> None:
    """Drop it with whoever is still there: a killed run's connection may outlive it (FORCE is from 13 on)."""
    admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name", {"name": name})
    admin.execute(f"DROP DATABASE IF EXISTS {double_quoted(name)}")


def _like(row: dict[str, Any], encoding: str) -> str:
    """Return what lets a database sort and fold as another one does; the catalog's columns differ between versions."""
    said = {"ENCODING": encoding, "LC_COLLATE": row["datcollate"], "LC_CTYPE": row["datctype"]}
    locale = row.get("datlocale") or row.get("daticulocale")
    if row.get("datlocprovider") == "i":
        said |= {"LOCALE_PROVIDER": "icu", "ICU_LOCALE": locale}
    elif row.get("datlocprovider") == "b":
        said |= {"LOCALE_PROVIDER": "builtin", "BUILTIN_LOCALE": locale}
    return " ".join(f"{key} {text_literal(str(value))}" for key, value in said.items())
