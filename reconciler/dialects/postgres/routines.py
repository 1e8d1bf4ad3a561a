"""Routines and triggers with a body in, how statements and addresses call them out; it knows no catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.names import qualified, type_name
from reconciler.model.names import shortened
from reconciler.model.objects import Enum, Object
from reconciler.model.programs import Function, Procedure, Routine, Trigger, routine_name, signature
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Argument

# Modes of the arguments that a caller gives, and that tell routines of one name apart.
TAKEN = frozenset({"in", "inout", "variadic"})
# Modes of those that are given back.
GIVEN = frozenset({"out", "inout", "table"})
ROUTINES = frozenset({Kind.FUNCTION, Kind.PROCEDURE})


def enum_words(objects: Iterable[Object]) -> Mapping[str, str]:
    """Return by the name of a type, as the server writes it, the word that an address has for an enum."""
    return {type_name(obj.ref): obj.ref.name for obj in objects if isinstance(obj, Enum)}


def addressed(ref: Ref, name: str, arguments: Iterable[Argument], enums: Mapping[str, str]) -> Ref:
    """Return a routine's address by the types that it takes, in the words of a spec.

    Args:
        ref: any address in the same schema and of the same kind.
        name: the routine's own.
        arguments: with the server's types.
        enums: see `enum_words`.
    """
    taken = (type_word(argument.type.name, enums) for argument in arguments if argument.mode in TAKEN)
    return Ref(ref.schema, (ref.parts[0], signature(name, taken)))


def type_word(name: str, enums: Mapping[str, str]) -> str:
    """Return the word that an address has for one of the server's types."""
    if name.endswith("[]"):
        return f"{type_word(name[:-2], enums)}[]"
    return enums.get(name) or types.word(name)


def called(routine: Routine) -> str:
    """Write a routine with the types that it takes, as all statements but CREATE want it."""
    taken = (argument.type.name for argument in routine.arguments if argument.mode in TAKEN)
    return f"{own_name(routine.ref)}({', '.join(taken)})"


def own_name(ref: Ref) -> str:
    """Write a routine's full name without its types."""
    return qualified(ref.schema, routine_name(ref))


def word(routine: Routine) -> str:
    """Return what statements call its kind."""
    return "PROCEDURE" if isinstance(routine, Procedure) else "FUNCTION"


def body_function(trigger: Ref) -> Ref:
    """Return the address of the function that has a trigger's body: `{table}_{trigger}`."""
    return Ref.root(Kind.FUNCTION, shortened(f"{trigger.top.name}_{trigger.name}"), trigger.schema)


def function_called(trigger: Trigger) -> str:
    """Write the function of a trigger with a body."""
    return f"{own_name(body_function(trigger.ref))}()"


def gives(routine: Routine) -> bool:
    """Say whether its arguments say what it gives back."""
    return isinstance(routine, Function) and any(argument.mode in GIVEN for argument in routine.arguments)
