"""The SQL texts inside an object: read by place, or replaced; it knows fields by their type and no kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from reconciler.model.kinds import KINDS
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.values import Argument, Generated, IndexPart, Sql, Statements

T = TypeVar("T", bound=Object)


def texts(obj: Object) -> dict[str, Sql]:
    """Return every SQL fragment of an object by its place (`default`, `generated`, `parts.0`, `where` …)."""
    found: dict[str, Sql] = {}

    def note(place: str, sql: Sql) -> Sql:
        found[place] = sql
        return sql

    map_texts(obj, note)
    return found


def map_texts(obj: T, change: Callable[[str, Sql], Sql]) -> T:
    """Return the object with each SQL fragment given to `change(place, sql)` and replaced by what it returns."""
    changed: dict[str, Any] = {}
    for name in _WITH_TEXTS[type(obj)]:
        old = getattr(obj, name)
        new = _mapped(name, old, change) if old is not None else None
        if new is not old:
            changed[name] = new
    return replace(obj, **changed) if changed else obj


# The types of values that are SQL or hold some.
_HOLDERS = ("Sql", "Default", "Generated", "IndexPart", "Body", "Argument")


# Most fields never hold any, and models are large, so those that may are known by what they are declared as.
_WITH_TEXTS = {
    cls: tuple(field.name for field in fields(cls) if any(word in str(field.type) for word in _HOLDERS))
    for cls in (*KINDS.values(), Unmodelled)
}


def _mapped(place: str, value: Any, change: Callable[[str, Sql], Sql]) -> Any:
    if isinstance(value, Sql):
        return change(place, value)
    if isinstance(value, Generated):
        new = change(place, value.expression)
        return value if new is value.expression else replace(value, expression=new)
    if isinstance(value, IndexPart) and value.expression is not None:
        new = change(place, value.expression)
        return value if new is value.expression else replace(value, expression=new)
    if isinstance(value, Argument) and isinstance(value.default, Sql):
        new = change(place, value.default)
        return value if new is value.default else replace(value, default=new)
    if isinstance(value, Statements):
        statements = _mapped(place, value.statements, change)
        return value if statements is value.statements else Statements(statements)
    if isinstance(value, tuple) and any(map(_may_hold, value)):
        parts = tuple(_mapped(f"{place}.{number}", item, change) for number, item in enumerate(value))
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
    return value


def _may_hold(item: Any) -> bool:
    """Say whether an item of a tuple is SQL or holds some; most parts of indexes are the name of a column."""
    if type(item) is IndexPart:
        return item.expression is not None
    return isinstance(item, Argument | Sql)


def spelled(obj: T, canonical: Mapping[str, str]) -> T:
    """Return the object with the canonical spelling of each listed place replaced; what is emitted stays the
    author's.
    """
    return map_texts(obj, lambda place, sql: replace(sql, canonical=canonical[place]) if place in canonical else sql)
