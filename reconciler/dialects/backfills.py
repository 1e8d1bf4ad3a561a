"""A backfill and the declared model in; its texts in a family's words, and everything that is wrong with it, out.

No database is asked. Each problem comes with the path of the place in the document: do.update.set.total.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from reconciler.dialects.transpile import NotPortable, renamed_words, statement_for, text_for
from reconciler.errors import Problem
from reconciler.model.backfills import Backfill, Verification
from reconciler.model.values import Sql

T = TypeVar("T")
# The family of another environment than the one that is written.
Elsewhere = Callable[[str], str]
# The place of a whole statement; all other texts are expressions and queries.
_STATEMENT = "do.sql"
# What SQLite has under another name (sqlite.org/lang_corefunc.html#max_scalar), and no function of its own is called.
_SQLITE_NAMES = {"greatest": "max", "GREATEST": "max", "least": "min", "LEAST": "min"}


def fitted(backfill: Backfill, family: str, elsewhere: Elsewhere) -> tuple[Backfill, list[tuple[Problem, str]]]:
    """Return a backfill with its texts in the words of the databases that they are for, and what cannot be said there.

    Args:
        backfill: as written.
        family: of the database that is written.
        elsewhere: gives the family of an environment by its name.
    """
    problems: list[tuple[Problem, str]] = []

    def respell(sql: Sql, path: str, meant: str) -> Sql:
        try:
            text = statement_for(sql, meant) if path == _STATEMENT else text_for(sql, meant)
        except NotPortable as error:
            message, hint = error.told(sql, meant)
            problems.append((Problem(code="SPEC200", message=f"{backfill.ref}: {message}", hint=hint,
                                     address=str(backfill.ref)), path))  # fmt: skip
            return sql
        return Sql(renamed_words(text, _SQLITE_NAMES, meant) if meant == "sqlite" else text, meant)

    source = elsewhere(backfill.source.database) if backfill.source.database else family
    found = replace(
        backfill,
        source=_texts(backfill.source, "source" if not backfill.source.database else "from", source, respell),
        insert_select=_texts(backfill.insert_select, "do.insert_select", family, respell),
        update=_texts(backfill.update, "do.update", family, respell),
        script=_texts(backfill.script, "do", family, respell),
        throttle=_texts(backfill.throttle, "throttle", family, respell),
        verify=tuple(
            _sides(one, f"verify.{number}", family, elsewhere, respell) for number, one in enumerate(backfill.verify)
        ),
    )  # fmt: skip
    return found, problems


Respell = Callable[[Sql, str, str], Sql]


def _texts(value: T, path: str, family: str, respell: Respell) -> T:
    """Return a value with every text in it respelled; `path` leads to its place in the document."""
    found: Any = value
    if isinstance(found, Sql):
        return found if found.text.startswith("$") else respell(found, path, family)  # type: ignore[return-value]
    if type(found) is tuple:
        return tuple(_texts(item, _step(path, item, number), family, respell) for number, item in enumerate(found))  # type: ignore[return-value]
    if not is_dataclass(found) or isinstance(found, type):
        return value
    new = {
        field.name: _texts(getattr(found, field.name), _place(path, field.name), family, respell)
        for field in fields(found)
        if is_dataclass(getattr(found, field.name)) or type(getattr(found, field.name)) is tuple
    }
    respelled: Any = replace(found, **new)
    return respelled  # type: ignore[no-any-return]


# Fields whose place in a document has another name, or is that of what holds them.
_WRITTEN = {
    "assignments": "set",
    "statement": "sql",
    "upper": "bounds.hi.sql",
    "cases": "",
    "expression": "",
    "value": "",
}


def _place(path: str, name: str) -> str:
    word = _WRITTEN.get(name, name)
    return f"{path}.{word}" if word else path


def _step(path: str, item: object, number: int) -> str:
    """Return the path of an entry: by its name in a mapping, else by its place in a list."""
    name = getattr(item, "column", None) or getattr(item, "name", None)
    return f"{path}.{name if name is not None else number}"


def _sides(one: Verification, path: str, family: str, elsewhere: Elsewhere, respell: Respell) -> Verification:
    def side(sql: Sql | None, place: str, name: str) -> Sql | None:
        return sql and respell(sql, place, elsewhere(name) if name else family)

    paths = (
        (f"{path}.zero_rows",) * 2
        if one.kind == "zero_rows"
        else (f"{path}.{one.kind}.left", f"{path}.{one.kind}.right")
    )
    return replace(one, left=side(one.left, paths[0], one.left_in), right=side(one.right, paths[1], one.right_in))
