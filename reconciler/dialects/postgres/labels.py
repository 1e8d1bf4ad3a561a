"""Enum values inside SQL: found by the type that they are cast to, and called as they are after a renaming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.dialects.postgres.lexer import Sort, Unreadable, tokens, with_others
from reconciler.dialects.postgres.names import type_name
from reconciler.dialects.sql import text_literal
from reconciler.model.model import Model
from reconciler.model.objects import Column, Enum, Object
from reconciler.model.programs import Function, Procedure
from reconciler.model.ref import Ref
from reconciler.model.texts import map_texts, texts
from reconciler.model.values import Argument, Literal, Sql


def applied(old: Enum, new: Enum) -> Mapping[str, str]:
    """Return the renamings of values that are still to happen: {old: new}."""
    return {
        before: after
        for before, after in new.renamed_values
        if before in old.values and after not in old.values and after in new.values
    }


def foretell(live: Model, desired: Model) -> Model:
    """Return the live model as its texts will read once values are renamed; the enums themselves are as they are.

    The server keeps a value by its number, so defaults, checks, indexes and views say the new name by themselves.
    """
    for new in desired.values():
        old = live.get(new.ref)
        if isinstance(new, Enum) and isinstance(old, Enum) and (moves := applied(old, new)):
            live = live.updated(_relabeled(obj, old.ref, moves) for obj in live.dependents(old.ref))
    return live


def _relabeled(obj: Object, enum: Ref, moves: Mapping[str, str]) -> Object:
    obj = map_texts(
        obj,
        lambda place, sql: (
            sql
            if place == "body"
            else Sql(_renamed(sql.text, enum, moves), sql.dialect, _renamed(sql.canonical, enum, moves))
        ),
    )
    if isinstance(obj, Column) and isinstance(obj.default, Literal) and obj.default.value in moves:
        return replace(obj, default=Literal(moves[str(obj.default.value)]))
    if isinstance(obj, Function | Procedure):
        return replace(obj, arguments=tuple(_moved(argument, enum, moves) for argument in obj.arguments))
    return obj


def _moved(argument: Argument, enum: Ref, moves: Mapping[str, str]) -> Argument:
    default = argument.default
    if not isinstance(default, Literal) or argument.type.name != type_name(enum):
        return argument
    word = str(default.value)
    return replace(argument, default=Literal(moves[word])) if word in moves else argument


def _renamed(text: str, enum: Ref, moves: Mapping[str, str]) -> str:
    found = {number: text_literal(moves[value]) for number, value in _values_in(text, enum) if value in moves}
    return with_others(text, found) if found else text


def _values_in(text: str, enum: Ref) -> Iterator[tuple[int, str]]:
    """Yield the constants of an enum in a text as the server writes it, each with the number of its token."""
    try:
        found = tokens(text)
        name = [token.value for token in tokens(type_name(enum))]
    except Unreadable:
        return
    for number, token in enumerate(found):
        after = [other.value for other in found[number + 1 : number + 2 + len(name)]]
        if token.sort is Sort.STRING and after == ["::", *name]:
            yield number, token.value


def mentioned(obj: Object, enum: Ref) -> frozenset[str]:
    """Return the values of an enum that the texts of an object name."""
    found = {value for sql in texts(obj).values() for _, value in _values_in(sql.canonical, enum)}
    if isinstance(obj, Column) and isinstance(obj.default, Literal) and enum in obj.uses:
        found.add(str(obj.default.value))
    if isinstance(obj, Function | Procedure):
        own = (argument for argument in obj.arguments if argument.type.name == type_name(enum))
        found.update(str(argument.default.value) for argument in own if isinstance(argument.default, Literal))
    return frozenset(found)
