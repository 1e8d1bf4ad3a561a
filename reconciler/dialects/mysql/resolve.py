"""Objects in, the same with what they rest on, under other names or in the spec's words; no catalog records it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.dialects import uses
from reconciler.dialects.fitting import wrong_default
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.circumstances import spelled
from reconciler.dialects.mysql.ddl_keys import BROUGHT_INDEX
from reconciler.dialects.mysql.lexer import renamed_words
from reconciler.dialects.mysql.mentions import PROGRAMS, Names, resolved, with_renamed
from reconciler.dialects.mysql.normalize import FAMILY
from reconciler.dialects.mysql.programs import portable_program
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.dialects.mysql.sequences import with_renamed_sequence
from reconciler.dialects.sql import respeller
from reconciler.model.model import Model, renamed
from reconciler.model.objects import Column, ForeignKey, Index, Object
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type


def resolve(objects: Sequence[Object], model: Model) -> Sequence[Object]:
    """Return the objects with `uses` filled in."""
    names = Names(model)
    found = uses.resolve(objects, model, FAMILY)
    return [resolved(obj, names) if isinstance(obj, PROGRAMS) else obj for obj in found]


def rename(model: Model, moves: Sequence[tuple[Ref, Ref]]) -> Model:
    """Return the live model after renames, one after the other; bodies say the new name where it is theirs."""
    for old, new in moves:
        if old.kind == Kind.SEQUENCE:
            model = with_renamed_sequence(model, old, new)
        model = renamed(with_renamed(model, old, new, spelled), {old: new}, _respelled)
    return model


_OTHERS = respeller(renamed_words)


def _respelled(obj: Object, renames: Mapping[Ref, Ref]) -> Object:
    return obj if isinstance(obj, PROGRAMS) else _OTHERS(obj, renames)


def portable(obj: Object) -> Object:
    """Return a live object in the spec's words where nothing is lost."""
    match obj:
        case Column():
            return replace(obj, type=_portable_type(obj))
        case Index():
            return replace(
                obj, options=tuple(("invisible" if name in HIDDEN else name, value) for name, value in obj.options)
            )
        case ForeignKey(clauses=words) if words == BROUGHT_INDEX:
            return replace(obj, clauses="")  # the server makes such an index again
        case Trigger() | Function() | Procedure() | Event():
            return portable_program(obj)
        case _:
            return obj


def _portable_type(column: Column) -> Type:
    """Return a column's portable type; the server's own where the default is none for that: 7 is no truth value."""
    found = types.portable(column.type)
    numbers = [int(word) for word in found.args if word.isdigit()]
    wrong = not found.native and wrong_default(column.default, (), types.SORTS.get(found.name, ""), numbers)
    return column.type if wrong else found
