"""Desired objects in, which functions their texts call and what routines and triggers rest on out; by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.dialects import uses
from reconciler.dialects.postgres.lexer import Sort, Token, Unreadable, tokens
from reconciler.dialects.postgres.names import FAMILY, type_name
from reconciler.dialects.postgres.normalize_programs import is_standard
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, Domain, Enum, Exclusion, Index, Object, Table, View
from reconciler.model.programs import Function, Procedure, Trigger, routine_name
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import texts
from reconciler.model.values import Sql

_CALLING = (Column, Domain, Check, Index, Exclusion, View, Trigger, Function, Procedure)


@dataclass(frozen=True)
class Names:
    """What names mean in a model: functions by schema and name, types by the server's word for them."""

    model: Model = field(repr=False)

    @cached_property
    def functions(self) -> Mapping[tuple[str, str], list[Ref]]:
        """Every function by its schema and its own name."""
        found: dict[tuple[str, str], list[Ref]] = {}
        for obj in self.model.values():
            if type(obj) is Function:
                found.setdefault((obj.ref.schema, routine_name(obj.ref)), []).append(obj.ref)
        return found

    def home(self, schema: str) -> str:
        """Return the schema of an address from what a text says, which may be the name of the default one."""
        return schema if Ref.root(Kind.SCHEMA, schema) in self.model else ""

    @cached_property
    def types(self) -> Mapping[str, Ref]:
        """Every type, and every table and view, which is one too."""
        kinds = (Enum, Domain, Table, View)
        return {type_name(obj.ref): obj.ref for obj in self.model.values() if isinstance(obj, kinds)}

    @cached_property
    def relations(self) -> Mapping[tuple[str, str], Ref]:
        """Every table and view by its schema and name."""
        return {(o.ref.schema, o.ref.name): o.ref for o in self.model.values() if isinstance(o, Table | View)}


def program_uses(obj: Object, names: Names) -> frozenset[Ref]:
    """Return what an object uses by way of functions, and a routine or trigger otherwise."""
    if not isinstance(obj, _CALLING):
        return frozenset()
    found: set[Ref] = set()
    if names.functions:
        for place, sql in texts(obj).items():
            if not place.startswith("body"):
                found.update(_called(sql.text, obj.uses, names))
    if isinstance(obj, Function | Procedure):
        found.update(_of_routine(obj, names))
    elif isinstance(obj, Trigger) and obj.when is not None:
        found.update(uses.own_columns(obj, obj.when.text, names.model, FAMILY))
    return frozenset(found - {obj.ref})


def _called(text: str, known: frozenset[Ref], names: Names) -> Iterator[Ref]:
    """Yield the functions whose name stands before a parenthesis; all of one name where the catalog knows none."""
    for schema, name in _before_parentheses(text):
        refs = names.functions.get((names.home(schema), name), ())
        if known.isdisjoint(refs):
            yield from refs


def _read(text: str) -> Sequence[Token]:
    try:
        return tokens(text)
    except Unreadable:
        return ()


def _is_name(token: Token) -> bool:
    return token.sort in (Sort.WORD, Sort.QUOTED)


def _before_parentheses(text: str) -> Iterator[tuple[str, str]]:
    found = _read(text)
    for at in range(1, len(found)):
        if found[at].says("(") and _is_name(found[at - 1]):
            qualified = at > 2 and found[at - 2].says(".") and _is_name(found[at - 3])
            yield found[at - 3].value if qualified else "", found[at - 1].value


def _of_routine(obj: Function | Procedure, names: Names) -> Iterator[Ref]:
    """Yield the types that a routine takes and gives; a body counts where the server reads it when it is declared."""
    given = [obj.returns] if isinstance(obj, Function) and obj.returns else []
    for type_ in (*(argument.type for argument in obj.arguments), *given):
        ref = names.types.get(type_.name.removesuffix("[]"))
        if ref is not None:
            yield ref
    if isinstance(obj.body, Sql) and is_standard(obj.language, obj.body.text):
        yield from _called(obj.body.text, obj.uses, names)
        yield from _named(obj.body.text, names)


def _named(text: str, names: Names) -> Iterator[Ref]:
    found = _read(text)
    for at, token in enumerate(found):
        if _is_name(token):
            qualified = at > 1 and found[at - 1].says(".") and _is_name(found[at - 2])
            ref = names.relations.get((names.home(found[at - 2].value if qualified else ""), token.value))
            if ref is not None:
                yield ref
