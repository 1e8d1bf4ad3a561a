"""Live objects and renames in, how triggers, routines and whatever calls a function read afterwards out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.dialects.postgres.names import FAMILY, type_name
from reconciler.dialects.postgres.normalize_programs import is_standard
from reconciler.dialects.postgres.routines import body_function
from reconciler.dialects.transpile import renamed_words
from reconciler.model.objects import Object
from reconciler.model.programs import Function, Procedure, Routine, Trigger, routine_name
from reconciler.model.ref import Ref
from reconciler.model.texts import map_texts
from reconciler.model.types import Type
from reconciler.model.values import Sql


def respelled_program(before: Object, after: Object, renames: Mapping[Ref, Ref]) -> Object:
    """Return an object whose texts have followed renames, with the body that it had: the server keeps it as it is.

    Only a body that the server reads when it is declared follows, in words that nobody knows yet.
    """
    if isinstance(after, Trigger) and isinstance(before, Trigger):
        return replace(after, body=before.body, carried=_carried(after.ref, after.carried, renames))
    if isinstance(after, Function | Procedure) and isinstance(before, Function | Procedure):
        words = {routine_name(old): routine_name(new) for old, new in renames.items() if old == before.ref}
        carried = tuple(renamed_words(text, words, FAMILY) for text in after.carried)
        return _retyped(replace(after, carried=carried, body=_body(before, renames)), renames)
    return after


def _carried(ref: Ref, carried: tuple[str, ...], renames: Mapping[Ref, Ref]) -> tuple[str, ...]:
    """Give the function of a trigger's body the name that goes with the trigger's new address."""
    moved = ref
    for old, new in renames.items():
        moved = moved.moved(old, new)
    words = {body_function(ref).name: body_function(moved).name}
    return tuple(renamed_words(text, words, FAMILY) for text in carried)


def _retyped(routine: Routine, renames: Mapping[Ref, Ref]) -> Routine:
    """Give the types that a routine takes and gives their new names; the address keeps the old ones."""
    names = {type_name(old): type_name(new) for old, new in renames.items() if old in routine.uses}
    if not names:
        return routine

    def named(type_: Type) -> Type:
        element = type_.name.removesuffix("[]")
        return Type(names[element] + type_.name[len(element) :], native=True) if element in names else type_

    arguments = tuple(replace(argument, type=named(argument.type)) for argument in routine.arguments)
    if isinstance(routine, Function) and routine.returns is not None:
        return replace(routine, arguments=arguments, returns=named(routine.returns))
    return replace(routine, arguments=arguments)


def _body(routine: Function | Procedure, renames: Mapping[Ref, Ref]) -> Any:
    body = routine.body
    if not isinstance(body, Sql) or not is_standard(routine.language, body.text):
        return body
    touched = any(ref in renames or ref.top in renames for ref in routine.uses)
    return replace(body, canonical=f"{body.canonical} -- what it reads is renamed") if touched else body


def calling_by(obj: Object, called: Mapping[Ref, Ref]) -> Object:
    """Give every text that calls a function its new name; bodies keep the old one, as they do in the database."""
    words = {routine_name(old): routine_name(new) for old, new in called.items()}

    def respelled(place: str, sql: Sql) -> Sql:
        if place.startswith("body"):
            return sql
        return Sql(renamed_words(sql.text, words, FAMILY), sql.dialect, renamed_words(sql.canonical, words, FAMILY))

    return map_texts(obj, respelled)
