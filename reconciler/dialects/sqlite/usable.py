"""Views and triggers of a session in, those that no statement can use out; rows are neither read nor written.

SQLite makes a view or trigger whatever it names, and looks the names up when it is used
(sqlite.org/lang_createview.html, lang_createtrigger.html). EXPLAIN of a statement that would use one looks them up and
does nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Object, View
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref

# What is missing may be a function or module that another program brings along: only these are sure to be wrong.
_SURE = ("no such table", "no such column", "no such view", "ambiguous column name")


def unusable(session: Session, objects: Iterable[Object]) -> Mapping[Ref, str]:
    """Return which of these views and triggers name what is not there, with what the database says."""
    found = {}
    for obj in objects:
        for sql in _uses(session, obj):
            if said := _said(session, sql):
                found[obj.ref] = said
    return found


def _uses(session: Session, obj: Object) -> Iterator[str]:
    """Yield statements that would use a view, or fire a trigger."""
    if isinstance(obj, View):
        yield f"SELECT * FROM {double_quoted(obj.ref.name)}"
    if isinstance(obj, Trigger) and obj.ref.parent is not None:
        on = obj.ref.parent.name
        table = double_quoted(on)
        for event in obj.events:
            if event == "insert":
                yield f"INSERT INTO {table} DEFAULT VALUES"
            elif event == "delete":
                yield f"DELETE FROM {table}"
            elif columns := obj.columns[:1] or _settable(session, on):
                name = double_quoted(columns[0])
                yield f"UPDATE {table} SET {name} = {name}"


def _settable(session: Session, table: str) -> tuple[str, ...]:
    """Return a column that is not computed; none where there is no such table."""
    rows = session.query("SELECT name FROM pragma_table_xinfo(:t) WHERE hidden = 0 LIMIT 1", {"t": table})
    return tuple(str(name) for (name,) in rows)


def _said(session: Session, sql: str) -> str:
    """Return what the database says to a statement that names what is not there, "" to any other."""
    try:
        session.query(f"EXPLAIN {sql}")
    except DatabaseError as error:
        return error.message if any(words in error.message for words in _SURE) else ""
    return ""
