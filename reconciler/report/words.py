"""Objects and the values of their fields in, words for a person or plain data for a machine out; it knows no change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

from reconciler.model.fields import compared
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument, Generated, Identity, IndexPart, Literal, Sql, Statements

# Field → the word before its value in a definition; an empty one stands for a value that speaks for itself.
_LABELS: Mapping[str, str] = {
    "type": "", "columns": "", "parts": "", "values": "", "target_columns": "", "expression": "", "options": "",
    "target": "references", "collation": "collate", "method": "using", "generated": "generated as",
}  # fmt: skip

# Fields that a definition leaves out: too long for a line, and the SQL below it has them.
_LONG = {"query", "comment", "body"}


def describe(obj: Object) -> str:
    """Return an object's definition in one line, without its name and without what is at its default."""
    defaults = {field.name: field.default for field in fields(obj)}
    phrases = []
    for name in compared(type(obj)):
        value = getattr(obj, name)
        if value != defaults[name] and name not in _LONG and value != ():
            phrases.append(_phrase(name, value))
    return " ".join(phrases)


def _phrase(name: str, value: object) -> str:
    word = _LABELS.get(name, label(name))
    if value is True:
        return word
    return f"{word} {shown(value)}".strip()


def label(name: str) -> str:
    """Return the name of a field or kind as people say it."""
    return name.replace("_", " ")


def shown(value: object) -> str:
    """Return the value of a field as a person reads it."""
    for cls, write in _SHOWN.items():
        if isinstance(value, cls):
            return write(value)
    return str(value)


def _literal(value: Literal) -> str:
    if isinstance(value.value, str):
        return "'" + value.value.replace("'", "''") + "'"
    return str(value.value).lower()


def _identity(value: Identity) -> str:
    words = ["always" if value.always else "by default"]
    words += [f"start {value.start}"] if value.start is not None else []
    words += [f"increment {value.increment}"] if value.increment is not None else []
    return " ".join(words)


def _part(value: IndexPart) -> str:
    words = [value.column if value.column is not None else f"({value.expression.text if value.expression else ''})"]
    words += [f"collate {value.collation}"] if value.collation else []
    words += [value.opclass] if value.opclass else []
    words += ["desc"] if value.descending else []
    words += [] if value.nulls_first is None else ["nulls first" if value.nulls_first else "nulls last"]
    return " ".join(words)


def _argument(value: Argument) -> str:
    words = [] if value.mode == "in" else [value.mode]
    words += [value.name] if value.name else []
    words += [shown(value.type)]
    words += [] if value.default is None else ["default", shown(value.default)]
    return " ".join(words)


def _tuple(value: tuple[Any, ...]) -> str:
    if not value:
        return "none"
    if all(isinstance(item, tuple) for item in value):
        return " ".join(f"{key}={shown(item)}" for key, item in value)
    return f"({', '.join(map(shown, value))})"


_SHOWN: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "none",
    bool: lambda value: "yes" if value else "no",
    Sql: lambda value: value.text,
    Literal: _literal,
    Generated: lambda value: f"({value.expression.text}) {'stored' if value.stored else 'virtual'}",
    Identity: _identity,
    IndexPart: _part,
    Argument: _argument,
    Statements: lambda value: ";\n".join(statement.text for statement in value.statements),
    Ref: lambda ref: f"{ref.schema}.{ref.name}" if ref.schema else ref.name,
    tuple: _tuple,
    Type: lambda value: str(value) or "no type",
}


def both(old: object, new: object) -> tuple[str, str]:
    """Return both sides of a change in words; where the same words hide the difference, what is compared."""
    before, after = shown(old), shown(new)
    if before == after:
        return _compared(old), _compared(new)
    return before, after


def _compared(value: object) -> str:
    return value.canonical if isinstance(value, Sql) else repr(value)


def data(obj: Object) -> dict[str, Any]:
    """Return an object as plain data: its name and every field that is compared."""
    return {"name": obj.ref.name, **{name: plain(getattr(obj, name)) for name in compared(type(obj))}}


def plain(value: object) -> Any:
    """Return a field's value as JSON can hold it."""
    if isinstance(value, Type | Ref):
        return str(value)
    if isinstance(value, Sql):
        return {"sql": value.text}
    if isinstance(value, Literal):
        return plain(value.value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value, "f")
    if isinstance(value, tuple):
        pairs = bool(value) and all(isinstance(item, tuple) for item in value)
        return {key: plain(item) for key, item in value} if pairs else [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return str(value) if isinstance(value, str) else value
