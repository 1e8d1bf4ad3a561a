"""Documents of functions, procedures and events in, objects out; it knows dialects by their words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.programs import Event, Function, Procedure, signature
from reconciler.model.ref import Ref
from reconciler.model.types import Type
from reconciler.model.values import Argument
from reconciler.spec.columns import default_of, read_type, settings_of, type_of
from reconciler.spec.context import Context
from reconciler.spec.names import split_name
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields
from reconciler.spec.triggers import definer

# The families in which functions of one name differ in what they take.
_WITH_OVERLOADS = frozenset({"postgres"})
# What a function may return that is no type of a column; each database knows them by these words.
_PSEUDO_TYPES = frozenset({"trigger", "void", "record", "event_trigger"})
# Modes of the arguments that a caller gives, and that tell routines of one name apart.
_TAKEN = frozenset({"in", "inout", "variadic"})


def routine_ref(context: Context, kind: str, name: Node, fields: Fields) -> Ref | None:
    """Return the address of a function or procedure; where names may be overloaded, with the types that it takes."""
    ref = context.root(kind, name)
    return ref and overloaded(context, ref, fields)


def overloaded(context: Context, ref: Ref, fields: Fields) -> Ref:
    """Return a routine's address from that of its name alone."""
    if context.family not in _WITH_OVERLOADS:
        return ref
    return Ref(ref.schema, (*ref.parts[:-1], signature(ref.name, _taken(context, fields))))


def _taken(context: Context, fields: Fields) -> Iterator[str]:
    for node in fields["arguments"].value.values() if "arguments" in fields else ():
        said: Fields = node.value if type(node.value) is dict else {"type": node}
        if "mode" not in said or said["mode"].value in _TAKEN:
            yield _word(context, said)


def _word(context: Context, fields: Fields) -> str:
    """Return a type as an address has it: without lengths, an array with [] behind what it holds."""
    if "native" in fields:
        name: str = fields["native"].value
        return name.partition("(")[0].strip()
    try:
        read = read_type(fields["type"].value, context.default_schema)
    except (ValueError, KeyError):
        return ""  # lowering says what is wrong with it
    return type_word(read)


def type_word(type_: Type) -> str:
    """Return the word for a portable type in a routine's address."""
    if type_.name == "array" and type_.args:
        return f"{type_word(read_type(type_.args[0], ''))}[]"
    return split_name(type_.args[0])[1] if type_.name == "enum" and type_.args else type_.name


def lower_function(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a function into the lowering."""
    arguments = _arguments(context, ref, fields.get("arguments"))
    returns, given = _returns(context, ref, name, fields.get("returns"))
    function = Function(
        ref=ref,
        arguments=(*arguments, *given),
        returns=returns,
        returns_set=bool(given) or _gives_rows(fields.get("returns")),
        volatility=fields["volatility"].value if "volatility" in fields else "volatile",
        strict=context.flag(fields, "strict"),
        **_common(context, ref, fields),
    )
    if returns is None and not given and not any(argument.mode in ("out", "inout") for argument in arguments):
        hint = "add returns: …; what returns nothing is a procedure, or on postgres returns: void"
        context.problem("SPEC014", f"{ref} does not say what it returns", name.key or name.at, hint=hint)
    context.add(function, name, fields)


def lower_procedure(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take a procedure into the lowering."""
    arguments = _arguments(context, ref, fields.get("arguments"))
    context.add(Procedure(ref=ref, arguments=arguments, **_common(context, ref, fields)), name, fields)


def _common(context: Context, ref: Ref, fields: Fields) -> Mapping[str, Any]:
    """Return the fields that functions and procedures share."""
    return {
        "language": fields["language"].value.lower() if "language" in fields else "sql",
        "body": context.body(fields["body"], "the body of", ref),
        "security": fields["security"].value if "security" in fields else None,
        "definer": definer(fields),
        "options": settings_of(context, fields.get("options")),
        "comment": context.text(fields.get("comment")),
    }


def lower_event(context: Context, ref: Ref, name: Node, fields: Fields) -> None:
    """Take an event into the lowering."""
    if ("every" in fields) == ("at" in fields):
        message = "an event has 'every' or 'at', one of the two"
        context.problem("SPEC014" if "at" not in fields else "SPEC016", message, name.key or name.at)
    said: Mapping[str, str] = {key: fields[key].value for key in ("every", "at", "starts", "ends") if key in fields}
    event = Event(
        ref=ref,
        every=said.get("every"),
        at=said.get("at"),
        starts=said.get("starts"),
        ends=said.get("ends"),
        body=context.body(fields["body"], "the body of", ref),
        enabled="enabled" not in fields or context.flag(fields, "enabled"),
        preserve=context.flag(fields, "preserve"),
        definer=definer(fields),
        options=settings_of(context, fields.get("options")),
        comment=context.text(fields.get("comment")),
    )
    context.add(event, name, fields)


def _arguments(context: Context, ref: Ref, node: Node | None, mode: str = "in") -> tuple[Argument, ...]:
    return tuple(_argument(context, ref, name, child, mode) for name, child in (node.value.items() if node else ()))


def _argument(context: Context, ref: Ref, name: str, node: Node, mode: str) -> Argument:
    fields: Fields = node.value if type(node.value) is dict else {"type": node}
    said: str = fields["mode"].value if "mode" in fields else mode
    return Argument(
        name="" if name[:1] == "$" and name[1:].isdecimal() else name,
        type=_type(context, ref, node, fields),
        mode=said,
        default=default_of(context, ref, fields.get("default")),
    )


def _type(context: Context, ref: Ref, node: Node, fields: Fields) -> Type:
    said = fields.get("type")
    if said is not None and said.value.lower() in _PSEUDO_TYPES:
        return Type(said.value.lower(), native=True)
    return type_of(context, ref, node, fields)


def _returns(context: Context, ref: Ref, name: Node, node: Node | None) -> tuple[Type | None, tuple[Argument, ...]]:
    """Return the type of what a function gives, and the columns of the rows where it gives a table."""
    if node is None:
        return None, ()
    fields: Fields = node.value if type(node.value) is dict else {"type": node}
    if "table" in fields:
        return None, _arguments(context, ref, fields["table"], "table")
    return _type(context, ref, node, fields), ()


def _gives_rows(node: Node | None) -> bool:
    return node is not None and type(node.value) is dict and "set" in node.value and node.value["set"].value is True
