"""What a change asks the live rows on MySQL and MariaDB: the questions of every dialect, and where enum values move."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.checks import Spelling, asker, counted, live_name
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.events import scheduler_check
from reconciler.dialects.mysql.lexer import quoted, renamed_words, text_literal
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.narrowing import narrows
from reconciler.dialects.mysql.routines import grants_check
from reconciler.model.change import Alter, Change, Create
from reconciler.model.objects import Column
from reconciler.model.programs import Event, Function, Procedure
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck

_WORDS = Spelling(
    quote=quoted, table=of, narrows=narrows, fills=lambda column: column.identity is not None, words=renamed_words
)
_COMMON = asker(_WORDS)


def ask(change: Change, states: States) -> Sequence[DataCheck]:
    """Return the questions of one change."""
    match change:
        case Alter(Column() as old, Column() as new, fields) if "type" in fields and new.moved_values:
            return [*_moved(old, new, states), *_COMMON(change, states)]
        case Create(Event(enabled=True) as event) | Alter(_, Event(enabled=True) as event):
            return (scheduler_check(event),)
        case Alter(_, (Function() | Procedure()) as routine) if "replace_program" not in states.features:
            return (grants_check(routine),)
        case _:
            return _COMMON(change, states)


def _moved(old: Column, new: Column, states: States) -> Sequence[DataCheck]:
    """Ask how many rows hold a value of an enum that another one takes the place of."""
    gone = [value for value, _ in new.moved_values if value in types.members(old.type.name)]
    if not gone:
        return ()
    name = live_name(_WORDS, new.ref.top, new.ref.name, states)
    where = f"{name} IN ({', '.join(map(text_literal, gone))})"
    message = "rows that get another value of the enum: {count}"
    return (counted(_WORDS, new, states, code="DS110", where=where, message=message),)
