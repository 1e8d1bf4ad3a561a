"""A desired model in its normal form in, the texts that SQLite's own parser cannot read out; it looks up no name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.model.objects import Object, View
from reconciler.model.texts import texts


def proofread(model: Model) -> Iterator[tuple[Problem, str]]:
    """Yield each text that is no SQL as a problem, with the field that it is in; texts of other dialects are left out.

    What is right here is right for the database: both are the same library.
    """
    known: dict[tuple[str, str], str] = {}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE subject (anything)")
        for obj in model.values():
            for place, sql in texts(obj).items():
                part = place.partition(".")[0]
                key = sql.text, _form(obj, part)
                if sql.dialect == "sqlite" and key not in known:
                    known[key] = _misread(connection, *key)
                if known.get(key):
                    message = f"{obj.ref}: SQLite cannot read the SQL: {known[key]}"
                    yield Problem(code="SPEC200", message=message, address=str(obj.ref), hint="mend it"), part


def _form(obj: Object, part: str) -> str:
    """Return the statement that a text is read in: of a view or trigger, the names are looked up when it is used
    (sqlite.org/lang_createview.html, lang_createtrigger.html).
    """
    if part == "body":
        return "CREATE TEMP TRIGGER read AFTER INSERT ON subject BEGIN {}\nEND"
    return _QUERY if isinstance(obj, View) else _EXPRESSION


_QUERY = "CREATE TEMP VIEW read AS {}"
_EXPRESSION = "CREATE TEMP VIEW read AS SELECT ({}\n)"


def _misread(connection: sqlite3.Connection, text: str, form: str) -> str:
    """Return what SQLite says to a text, "" when it can read it."""
    said = _said(connection, form.replace("{}", text))
    # What breaks off is better told without the parenthesis that is ours.
    return (said and form == _EXPRESSION and _said(connection, _QUERY.replace("{}", f"SELECT {text}"))) or said


def _said(connection: sqlite3.Connection, statement: str) -> str:
    try:
        connection.execute(f"EXPLAIN {statement}")
    except (sqlite3.Error, sqlite3.Warning) as error:
        return str(error)
    return ""
