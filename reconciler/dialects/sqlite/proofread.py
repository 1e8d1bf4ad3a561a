"""A desired model in its normal form in, the texts that SQLite's own parser cannot read out; it looks up no name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.model.objects import View
from reconciler.model.texts import texts


def proofread(model: Model) -> Iterator[tuple[Problem, str]]:
    """Yield each text that is no SQL as a problem, with the field that it is in; texts of other dialects are left out.

    What is right here is right for the database: both are the same library.
    """
    known: dict[tuple[str, bool], str] = {}
    with closing(sqlite3.connect(":memory:")) as connection:
        for obj in model.values():
            for place, sql in texts(obj).items():
                key = sql.text, isinstance(obj, View)
                if sql.dialect == "sqlite" and key not in known:
                    known[key] = _misread(connection, *key)
                if known.get(key):
                    message = f"{obj.ref}: SQLite cannot read the SQL: {known[key]}"
                    part = place.partition(".")[0]
                    yield Problem(code="SPEC200", message=message, address=str(obj.ref), hint="mend it"), part


def _misread(connection: sqlite3.Connection, text: str, query: bool) -> str:
    """Return what SQLite says to a query or an expression, "" when it can read it."""
    said = _said(connection, text if query else f"SELECT ({text}\n)")
    # What breaks off is better told without the parenthesis that is ours.
    return (said and not query and _said(connection, f"SELECT {text}")) or said


def _said(connection: sqlite3.Connection, query: str) -> str:
    try:
        # A view is parsed, and what it names is looked up when it is read (sqlite.org/lang_createview.html).
        connection.execute(f"EXPLAIN CREATE TEMP VIEW read AS {query}")
    except (sqlite3.Error, sqlite3.Warning) as error:
        return str(error)
    return ""
