"""A model and renames in, the model afterwards out: SQLite itself rewrites the texts, on a copy of the schema.

What ALTER TABLE … RENAME does to triggers, views, indexes and checks follows SQLite's own rules of scope, so nothing
here guesses which of two equal words is the column (sqlite.org/lang_altertable.html#altertabrename).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TypeGuard

from reconciler.dialects.base import DatabaseError, Target
from reconciler.dialects.sql import Move, double_quoted, names
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.ddl_others import read_view
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.lexer import LexError, tokens
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.resolve import body_start, resolve
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.dialects.sqlite.triggers import trigger_again
from reconciler.errors import PlanError, Problem
from reconciler.model.model import Model, renamed
from reconciler.model.objects import Check, ForeignKey, Index, Object, Table, Unique, Unmodelled, View
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref

# The fields that hold SQL in which a name may stand, and that are the stored one's own.
_TEXTS = ("expression", "generated", "parts", "where", "definition", "query", "carried", "when", "body")


def rename(model: Model, moves: Sequence[Move]) -> Model:
    """Return the live model as it is after these renames, one after the other; every text follows.

    Raises PlanError when SQLite would not do it.
    """
    _nothing_reads(model, moves)
    after = model
    for old, new in moves:
        after = renamed(after, {old: new}, lambda obj, _: obj)
    written = _rewritten(model, moves) if any(old.kind in _FOLLOWED for old, _ in moves) else Model()
    views = {new: old for old, new in moves if old.kind == Kind.VIEW}
    anew = {new for old, new in moves if old.kind in (Kind.INDEX, Kind.TRIGGER)}

    def one(obj: Object) -> Object:
        stored = written.get(obj.ref)
        if type(stored) is type(obj):
            obj = replace(obj, **{name: getattr(stored, name) for name in _TEXTS if hasattr(obj, name)})
        if isinstance(obj, Index | Trigger) and obj.ref in anew:
            return replace(obj, definition="")
        if isinstance(obj, View) and obj.ref in views:
            return replace(obj, carried=tuple(_on(text, obj.ref.name) for text in obj.carried))
        if isinstance(obj, Unmodelled | Trigger) and obj.ref.kind == Kind.TRIGGER and obj.ref.top in views:
            return replace(obj, definition=_on(obj.definition, obj.ref.top.name))
        return obj

    return Model(one(obj) for obj in after.values())


def _nothing_reads(model: Model, moves: Sequence[Move]) -> None:
    """Raise PlanError when a module's table reads what is renamed: SQLite does not rename it there."""
    virtual = [obj for obj in model.values() if obj.ref.kind == "virtual_table"]
    problems = [
        _refused(obj.ref, f"it reads {old}")
        for obj in resolve(virtual, model)
        for old, _ in moves
        if old in getattr(obj, "uses", ())
    ]
    if problems:
        raise PlanError(problems)


# What has a name that texts say.
_FOLLOWED = frozenset({Kind.TABLE, Kind.COLUMN, Kind.VIEW})


def _renamed(session: SqliteSession, old: Ref, new: Ref) -> None:
    """Rename one thing in the copy. A view, which SQLite cannot rename, becomes a table of its columns before."""
    if old.kind == Kind.COLUMN:
        table = double_quoted(new.top.name)
        session.execute(f"ALTER TABLE {table} RENAME COLUMN {double_quoted(old.name)} TO {double_quoted(new.name)}")
        return
    name = double_quoted(old.name)
    if old.kind == Kind.VIEW:
        _replaced_by_table(session, old, new)
    session.execute(f"ALTER TABLE {name} RENAME TO {double_quoted(new.name)}")


# What a view that became a table would say is kept in a view of its own, where later renames reach it too.
_TWIN = "__rc_twin_of_"


def _replaced_by_table(session: SqliteSession, old: Ref, new: Ref) -> None:
    """Put a table in the place of a view, and the view with its triggers beside it."""
    name = double_quoted(old.name)
    texts = session.query(
        "SELECT type, sql FROM sqlite_schema WHERE tbl_name = :name COLLATE NOCASE", {"name": old.name}
    )
    columns = [row[1] for row in session.query(f"PRAGMA table_xinfo({name})")]
    session.execute(f"DROP VIEW {name}")
    session.execute(f"CREATE TABLE {name} ({names(double_quoted, columns)})")
    for type_, text in sorted(texts, reverse=True):
        query = read_view(text) if type_ == "view" else None
        twin = _TWIN + new.name
        session.execute(_on(text, twin) if query is None else f"CREATE VIEW {double_quoted(twin)} AS {query}")


def _untwinned(model: Model) -> Model:
    """Let what is kept in a twin stand for its view, and the table in its place be none."""
    plain = {ref: Ref.root(Kind.VIEW, ref.name.removeprefix(_TWIN)) for ref in model if ref.name.startswith(_TWIN)}
    tables = {Ref.root(Kind.TABLE, ref.name) for ref in plain.values()}
    kept = (obj for obj in model.values() if obj.ref.top not in tables)
    return Model(replace(obj, ref=obj.ref.moved(obj.ref.top, plain.get(obj.ref.top, obj.ref.top))) for obj in kept)


def _rewritten(model: Model, moves: Sequence[Move]) -> Model:
    """Return the whole schema as it reads after these renames.

    In the copy every constraint has a name: one that was made up would be made up anew after a renaming.
    """
    model = model.updated(replace(obj, nameless=False) for obj in model.values() if _nameless(obj))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        session = SqliteSession(connection)
        for obj in sorted(model.values(), key=_turn):
            _made(session, obj, model)
        for old, new in moves:
            before = _definitions(session) if old.kind == Kind.VIEW else {}
            try:
                if old.kind in _FOLLOWED:
                    _renamed(session, old, new)
            except DatabaseError as error:
                raise PlanError([_refused(new, error.message)]) from None
            if old.kind == Kind.VIEW:
                _nothing_follows(old, before, _definitions(session))
        return _untwinned(normalize(inspect(session, Target(dialect="sqlite", url="", label="")).model).model)


def _definitions(session: SqliteSession) -> Mapping[Ref, str]:
    found = inspect(session, Target(dialect="sqlite", url="", label="")).model
    return {ref: obj.definition for ref, obj in found.items() if isinstance(obj, Unmodelled)}


def _nothing_follows(view: Ref, before: Mapping[Ref, str], after: Mapping[Ref, str]) -> None:
    """Raise PlanError for what reads a view under its old name, and is not ours to make anew under the new one."""
    readers = sorted(ref for ref in before.keys() & after.keys() if before[ref] != after[ref])
    if readers:
        raise PlanError([_refused(ref, f"no such table: {view.name}") for ref in readers])


def _nameless(obj: Object) -> TypeGuard[Unique | Check | ForeignKey]:
    return isinstance(obj, Unique | Check | ForeignKey) and obj.nameless


def _turn(obj: Object) -> tuple[int, Ref]:
    """Tables come first, then what stands on them."""
    order = {Kind.TABLE: 0, "virtual_table": 1, Kind.VIEW: 2, Kind.INDEX: 3}
    return order.get(obj.ref.kind, 4), obj.ref


def _made(session: SqliteSession, obj: Object, model: Model) -> None:
    """Make one object of the copy.

    Raises PlanError when that fails, but for the tables of modules: this library may not have the module, and a name in
    them is no name of ours.
    """
    text = _text(obj, model)
    try:
        if text:
            session.execute(text)
    except DatabaseError as error:
        if obj.ref.top.kind != "virtual_table":
            raise PlanError([_refused(obj.ref, error.message)]) from None


def _text(obj: Object, model: Model) -> str:
    """Return the statement that makes one object, "" for what is made inside of another one."""
    match obj:
        case Table():
            return render.create_table(obj, model, obj.ref.name)
        case Index(definition=definition):
            return definition or render.create_index(obj, obj.ref.top.name)
        case View():
            return render.create_view(obj)
        case Trigger():
            return trigger_again(obj, model)
        case Unmodelled(definition=definition):
            return definition
        case _:
            return ""


def _refused(ref: Ref, reason: str) -> Problem:
    return Problem(
        code="RUN038",
        message=f"{ref} stands in the way of a renaming: SQLite says {reason!r}",
        hint="mend or drop what SQLite names, or take `renamed_from` out and rename by hand",
        address=str(ref),
    )


def _on(trigger: str, name: str) -> str:
    """Return a trigger's text for the view under its new name."""
    try:
        token = tokens(trigger)[body_start(tokens(trigger))]
    except (LexError, IndexError):
        return trigger
    return trigger[: token.start] + double_quoted(name) + trigger[token.end :]
