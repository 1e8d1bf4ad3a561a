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
from reconciler.dialects.sql import Move, double_quoted
from reconciler.dialects.sqlite import render
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.lexer import LexError, tokens
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.resolve import body_start
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.errors import PlanError, Problem
from reconciler.model.model import Model, renamed
from reconciler.model.objects import Check, ForeignKey, Index, Object, Table, Unique, Unmodelled, View
from reconciler.model.ref import Kind, Ref

# The fields that hold SQL in which a name may stand, and that are the stored one's own.
_TEXTS = ("expression", "generated", "parts", "where", "definition", "query", "carried")


def rename(model: Model, moves: Sequence[Move]) -> Model:
    """Return the live model as it is after these renames, one after the other; every text follows.

    Raises PlanError when SQLite would not do it.
    """
    after = model
    for old, new in moves:
        after = renamed(after, {old: new}, lambda obj, _: obj)
    statements = [(new, sql) for old, new in moves for sql in _statement(old, new)]
    written = _rewritten(model, statements) if statements else Model()
    views = {new: old for old, new in moves if old.kind == Kind.VIEW}
    indexes = {new for old, new in moves if old.kind == Kind.INDEX}

    def one(obj: Object) -> Object:
        stored = written.get(_before(obj.ref, views))
        if type(stored) is type(obj):
            obj = replace(obj, **{name: getattr(stored, name) for name in _TEXTS if hasattr(obj, name)})
        if isinstance(obj, Index) and obj.ref in indexes:
            return replace(obj, definition="")
        if isinstance(obj, View) and obj.ref in views:
            return replace(obj, carried=tuple(_on(text, obj.ref.name) for text in obj.carried))
        return obj

    return Model(one(obj) for obj in after.values())


def _before(ref: Ref, views: Mapping[Ref, Ref]) -> Ref:
    """Return where the copy has an object: a view, which SQLite cannot rename, keeps its name there."""
    old = views.get(ref.top)
    return ref.moved(ref.top, old) if old is not None else ref


def _statement(old: Ref, new: Ref) -> Sequence[str]:
    """Return what SQLite is told; other kinds it cannot rename, they are made anew."""
    if old.kind == Kind.TABLE:
        return [f"ALTER TABLE {double_quoted(old.name)} RENAME TO {double_quoted(new.name)}"]
    if old.kind == Kind.COLUMN:
        table = double_quoted(new.top.name)
        return [f"ALTER TABLE {table} RENAME COLUMN {double_quoted(old.name)} TO {double_quoted(new.name)}"]
    return []


def _rewritten(model: Model, statements: Sequence[tuple[Ref, str]]) -> Model:
    """Return the whole schema as it reads after these statements.

    In the copy every constraint has a name: one that was made up would be made up anew after a renaming.
    """
    model = model.updated(replace(obj, nameless=False) for obj in model.values() if _nameless(obj))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        session = SqliteSession(connection)
        for obj in sorted(model.values(), key=_turn):
            _made(session, obj, model)
        for ref, sql in statements:
            try:
                session.execute(sql)
            except DatabaseError as error:
                raise PlanError([_refused(ref, error.message)]) from None
        return normalize(inspect(session, Target(dialect="sqlite", url="", label="")).model).model


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
    match obj:
        case Table():
            texts: Sequence[str] = [render.create_table(obj, model, obj.ref.name)]
        case Index(definition=definition):
            texts = [definition or render.create_index(obj, obj.ref.top.name)]
        case View():
            texts = [render.create_view(obj)]
        case Unmodelled(definition=definition) if definition:
            texts = [definition]
        case _:
            return
    try:
        for text in texts:
            session.execute(text)
    except DatabaseError as error:
        if obj.ref.top.kind != "virtual_table":
            raise PlanError([_refused(obj.ref, error.message)]) from None


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
