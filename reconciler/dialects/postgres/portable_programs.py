"""Live triggers and routines in, the same in the words of a spec out, where nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from textwrap import dedent

from reconciler.dialects.postgres.lexer import canonical
from reconciler.dialects.postgres.normalize_programs import READ
from reconciler.dialects.postgres.routines import GIVEN
from reconciler.model.programs import Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Body, Sql

# A type in the server's words and what the object uses in, the type in the spec's words out.
Portable = Callable[[Type, Iterable[Ref]], Type]


def portable_routine(obj: Function | Procedure, portable: Portable) -> Function | Procedure:
    """Return a routine with portable types; where arguments say what is given, that there are rows is said beside."""
    enums = [ref for ref in obj.uses if ref.kind == Kind.ENUM]
    arguments = tuple(replace(argument, type=portable(argument.type, enums)) for argument in obj.arguments)
    if isinstance(obj, Procedure):
        return replace(obj, arguments=arguments, body=_written(obj.body, obj.language))
    returns = obj.returns and portable(obj.returns, enums)
    given = [argument for argument in arguments if argument.mode in GIVEN]
    if obj.returns_set and given and given[-1].mode != "table":
        returns = given[0].type if len(given) == 1 else Type("record", native=True)
    return replace(obj, arguments=arguments, returns=returns, body=_written(obj.body, obj.language))


def portable_trigger(obj: Trigger) -> Trigger:
    """Return a trigger whose body begins where lines do."""
    return obj if obj.body is None else replace(obj, body=_written(obj.body, "plpgsql"))


def _written(body: Body, language: str) -> Body:
    """Return a body without blanks around it and before all of its lines; where those count, as it is."""
    if not isinstance(body, Sql):
        return body
    text = "\n".join(line.rstrip() for line in dedent(body.text.strip("\n")).split("\n")).strip()
    same = language in READ and canonical(text) == body.canonical
    return replace(body, text=text if same else body.text.strip())
