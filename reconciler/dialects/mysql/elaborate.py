"""Desired objects in, the same in the server's own spelling out: temporary tables and a scratch database say it.

dev.mysql.com/doc/refman/9.7/en/create-temporary-table.html: nobody else sees them, and they end with the session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.mysql.ddl import read_table
from reconciler.dialects.mysql.lexer import LexError, canonical, quoted
from reconciler.dialects.mysql.render import create_table, view_text
from reconciler.dialects.mysql.sequences import of_its_own_database
from reconciler.dialects.mysql.session import MysqlSession
from reconciler.dialects.mysql.views import read_view
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Check, Column, Index, Object, PrimaryKey, Table, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import spelled, texts


def elaborate(session: Session, objects: Sequence[Object], actual: Model, desired: Model) -> Mapping[Ref, Object]:
    """Return the objects with their texts as the server spells them; what it does not take is left out."""
    found: dict[Ref, Object] = {}
    tops = sorted({obj.ref.top for obj in objects if obj.ref.top.kind == Kind.TABLE and obj.kind != Kind.TRIGGER})
    with writing(session):
        for top in tops:
            made = _table_as_made(session, top, desired)
            for obj in objects:
                if obj.ref in made:
                    theirs = {place: canonical(sql.text) for place, sql in texts(made[obj.ref]).items()}
                    found[obj.ref] = spelled(obj, theirs)
        views = [obj for obj in objects if isinstance(obj, View)]
        found |= _views(session, views) if views else {}
    return found


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Let a session that only reads make temporary tables: even those count as writing."""
    reading = isinstance(session, MysqlSession) and session.reads_only
    if reading:
        session.execute("SET SESSION TRANSACTION READ WRITE")
    try:
        yield
    finally:
        if reading:
            session.execute("SET SESSION TRANSACTION READ ONLY")


def _table_as_made(session: Session, top: Ref, desired: Model) -> Mapping[Ref, Object]:
    """Make a stand-in for a table and read it; indexes that only a real table can have are left out."""
    name = helper_name(str(top), "table")
    table = desired.get(top)
    if not isinstance(table, Table):
        return {}
    stand_in, names = _stand_in(table, name, desired)
    try:
        session.execute(create_table(replace(table, ref=Ref.root(Kind.TABLE, name)), stand_in).replace(
            "CREATE TABLE", "CREATE TEMPORARY TABLE", 1
        ))  # fmt: skip
    except DatabaseError as error:
        if error.lost:
            raise
        return {}
    try:
        text = session.query(f"SHOW CREATE TABLE {quoted(name)}")[0][1]
        objects = read_table(text, Ref.root(Kind.TABLE, name))
    except LexError:
        return {}
    finally:
        session.execute(f"DROP TEMPORARY TABLE {quoted(name)}")
    database = str(session.query("SELECT database()")[0][0])
    own = (of_its_own_database(obj, database) if isinstance(obj, Column) else obj for obj in objects)
    return {names[obj.ref]: obj for obj in own if obj.ref in names}


def _stand_in(table: Table, name: str, desired: Model) -> tuple[Model, dict[Ref, Ref]]:
    """Return a model of the stand-in alone, and the address in it → the address that it stands for.

    The names of checks are unique in a whole database, so they get others.
    """
    root = Ref.root(Kind.TABLE, name)
    objects: list[Object] = [replace(table, ref=root)]
    names: dict[Ref, Ref] = {}
    for number, obj in enumerate(desired.subtree(table.ref)[1:]):
        if not isinstance(obj, Column | PrimaryKey | Check | Index):
            continue
        if isinstance(obj, Index) and not any(part.expression for part in obj.parts):
            continue
        own = helper_name(str(obj.ref), str(number)) if isinstance(obj, Check) else obj.ref.name
        ref = root.child(obj.ref.kind, own)
        names[ref] = obj.ref
        objects.append(replace(obj, ref=ref))
    return Model(objects), names


def _views(session: Session, wanted: Sequence[View]) -> dict[Ref, Object]:
    """Make views where the names in them mean the target's tables all the same, and read them."""
    found: dict[Ref, Object] = {}
    with _aside(session) as place:
        for view in wanted if place is not None else ():
            name = f"{place}{quoted(helper_name(str(view.ref), 'view'))}"
            try:
                session.execute(view_text(view, "CREATE OR REPLACE", name))
                made = read_view(session, view.ref, name)
                found[view.ref] = spelled(view, {"query": made.query.canonical})
            except (DatabaseError, LexError) as error:
                if isinstance(error, DatabaseError) and error.lost:
                    raise
            finally:
                with suppress(DatabaseError):
                    session.execute(f"DROP VIEW IF EXISTS {name}")
    return found


@contextmanager
def _aside(session: Session) -> Iterator[str | None]:
    """Give the prefix of a place for views: a scratch database, or ours where there may be none and we may write.

    None where there is no such place: while only looking, nothing appears beside what is looked at.
    """
    database = session.query("SELECT database()")[0][0]
    scratch = quoted(helper_name(database, "scratch"))
    try:
        session.execute(f"CREATE DATABASE IF NOT EXISTS {scratch}")
    except DatabaseError as error:
        if error.lost:
            raise
        yield None if isinstance(session, MysqlSession) and session.reads_only else ""
        return
    try:
        yield f"{scratch}."
    finally:
        session.execute(f"DROP DATABASE IF EXISTS {scratch}")
