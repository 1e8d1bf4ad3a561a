"""What a change asks the live rows on SQLite: the questions of every dialect, and where enum values move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.checks import Spelling, asker, counted, live_name
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.dialects.sqlite.lexer import renamed_words
from reconciler.dialects.sqlite.narrowing import narrows
from reconciler.dialects.sqlite.render import table_name
from reconciler.model.change import Alter, Change, Create
from reconciler.model.objects import Check, Column
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck

_WORDS = Spelling(
    quote=double_quoted,
    table=table_name,
    narrows=narrows,
    fills=lambda column: column.identity is not None,
    words=renamed_words,
)
_COMMON = asker(_WORDS)


def ask(change: Change, states: States) -> Sequence[DataCheck]:
    """Return the questions of one change."""
    match change:
        case Create(Check() as check) | Alter(_, Check() as check, _) if check.ref.top in states.old:
            return [*_moved(check, states), *_COMMON(change, states)]
        case _:
            return _COMMON(change, states)


def _moved(check: Check, states: States) -> Iterator[DataCheck]:
    """Ask how many rows hold a value of an enum that another one takes the place of."""
    for column in states.new.children(check.ref.top, Column):
        if column.ref not in check.uses or column.ref not in states.old or not column.moved_values:
            continue
        name = live_name(_WORDS, column.ref.top, column.ref.name, states)
        values = ", ".join(text_literal(old) for old, _ in column.moved_values)
        yield counted(_WORDS, column, states, code="DS110", where=f"{name} IN ({values})",
                      message="rows that get another value of the enum: {count}")  # fmt: skip
