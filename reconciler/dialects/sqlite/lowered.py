"""Enums lowered into the columns that use them: the check of the values, what moves them, which defaults fit."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.fitting import wrong_default
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.lexer import canonical
from reconciler.model.model import Model
from reconciler.model.names import implicit_name
from reconciler.model.objects import Check, Column, Enum
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql


def enum_of(column: Column, model: Model) -> Enum | None:
    """Return the enum that a column's type names."""
    if column.type.name != "enum" or column.type.native:
        return None
    schema, dot, last = column.type.args[0].rpartition(".")
    found = model.get(Ref.root(Kind.ENUM, last, schema if dot else ""))
    return found if isinstance(found, Enum) else None


def enum_check(obj: Column, model: Model) -> Iterator[Check]:
    """Yield the check that limits an enum column's text to the enum's values."""
    enum = enum_of(obj, model)
    if enum is not None:
        text = f"{double_quoted(obj.ref.name)} IN ({', '.join(map(text_literal, enum.values))})"
        name = implicit_name(obj.ref.top.name, [obj.ref.name], "enum")
        yield Check(ref=obj.ref.top.child(Kind.CHECK, name), expression=Sql(text, "sqlite", canonical(text)))


def moved_values(obj: Column, model: Model) -> tuple[tuple[str, str], ...]:
    """Return what becomes of the values of a column's enum: pairs (old, new)."""
    enum = enum_of(obj, model)
    return (*enum.renamed_values, *enum.removed_values) if enum is not None else obj.moved_values


def wrong_portable_default(obj: Column, model: Model) -> tuple[str, str] | None:
    """Return what is wrong with a default and what to do; None for a good one.

    A portable type means the same everywhere, also where SQLite would take anything.
    """
    if obj.default is None or obj.type.native:
        return None
    enum = enum_of(obj, model)
    numbers = [int(word) for word in obj.type.args if word.isdigit()]
    return wrong_default(obj.default, enum.values if enum else (), types.SORTS.get(obj.type.name, ""), numbers)
