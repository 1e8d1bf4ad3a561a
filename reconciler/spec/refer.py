"""A whole lowering in, what its objects get wrong about each other out; it knows dialects by their family alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reconciler.model.objects import (
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    NumberSequence,
    Object,
    OwnedBy,
    PrimaryKey,
    Table,
    Unique,
    View,
)
from reconciler.model.ref import Kind, Ref
from reconciler.spec.context import Context, Place
from reconciler.spec.names import join_name
from reconciler.spec.nodes import At, Node
from reconciler.spec.validate import suggestion

# What shares one space of names within a schema, by family.
_NAMESPACE: Mapping[str, frozenset[type[Object]]] = {
    "postgres": frozenset({Table, View, Index, Unique, Exclusion, Enum, Domain, NumberSequence}),
    "sqlite": frozenset({Table, View, Index}),
    "mysql": frozenset({Table, View}),
}
_EXPRESSION_SIGNS = frozenset("()+-*/|' ")


def check_references(context: Context) -> None:
    """Note every dangling reference, shared name, and contradiction between renames, removals and declarations."""
    for obj in context.objects:
        check = _CHECKS.get(type(obj))
        if check is not None:
            context.source = context.places[obj.ref].source
            check(context, obj)
    for enum, source, node in context.enums:
        if enum not in context.places:
            context.source = source
            _no_enum(context, enum, node)
    _shared_names(context)
    _renames(context)
    _removals(context)


def _no_enum(context: Context, enum: Ref, node: Node) -> None:
    names = [obj.ref.name for obj in context.objects if isinstance(obj, Enum)]
    hint = suggestion(enum.name, names) or f"declare it: a document with enum: {enum.name} and values: […]"
    context.problem("SPEC032", f"there is no enum {enum.name!r}", node, hint=hint)


def _columns(context: Context, table: Ref, names: Iterable[tuple[str, At]]) -> None:
    known = context.columns.get(table, [])
    seen: set[str] = set()
    for name, at in names:
        if name not in known:
            signs = _EXPRESSION_SIGNS.intersection(name)
            hint = suggestion(name, known) or ('an expression is written {sql: "…"}' if signs else "")
            context.problem("SPEC031", f"table {table.name!r} has no column {name!r}", at, hint=hint)
        elif name in seen:
            context.problem("SPEC042", f"column {name!r} is listed twice", at)
        seen.add(name)


def _places(place: Place, key: str, names: Sequence[str]) -> Iterator[tuple[str, At]]:
    """Yield names with where each is written: its own place in the list, else the object's."""
    node = place.fields.get(key)
    items = node.value if node is not None and type(node.value) is list else []
    for number, name in enumerate(names):
        yield name, items[number].at if number < len(items) else place.at


def _key_columns(context: Context, obj: Object) -> None:
    if isinstance(obj, PrimaryKey | Unique):
        _columns(context, obj.ref.top, _places(context.places[obj.ref], "columns", obj.columns))
        _columns(context, obj.ref.top, _places(context.places[obj.ref], "include", obj.include))


def _index_columns(context: Context, obj: Object) -> None:
    if not isinstance(obj, Index | Exclusion) or obj.ref.top.kind == Kind.VIEW:  # a view's columns are its query's
        return
    place = context.places[obj.ref]
    key = "columns" if isinstance(obj, Index) else "elements"
    written = _places(place, key, [part.column or "" for part in obj.parts])
    # An index may hold one column twice, with different operator classes.
    for name, at in written:
        if name:
            _columns(context, obj.ref.top, [(name, at)])
    _columns(context, obj.ref.top, _places(place, "include", obj.include))


def _foreign_key(context: Context, obj: Object) -> None:
    if not isinstance(obj, ForeignKey):
        return
    place = context.places[obj.ref]
    _columns(context, obj.ref.top, _places(place, "columns", obj.columns))
    for name, where in _places(place, "on_delete_columns", obj.on_delete_columns):
        if name not in obj.columns:
            context.problem("SPEC031", f"on_delete_columns: {name!r} is not one of the key's columns", where)
    at = place.fields["references"].at
    if obj.target not in context.columns:
        _no_table(context, obj.target, at)
        return
    _columns(context, obj.target, [(name, at) for name in obj.target_columns])
    wanted = obj.target_columns or context.keys.get(obj.target, ())
    if not wanted:
        hint = "write which columns: table(column, …)"
        context.problem("SPEC033", f"table {obj.target.name!r} has no primary key to refer to", at, hint=hint)
    elif len(wanted) != len(obj.columns):
        listed = ", ".join(wanted)
        message = f"{_refer(len(obj.columns))} to {len(wanted)}: {obj.target.name}({listed})"
        context.problem("SPEC033", message, at)


def _owner(context: Context, obj: Object) -> None:
    if not isinstance(obj, OwnedBy):
        return
    at = context.places[obj.ref].at
    if obj.column.top not in context.columns:
        _no_table(context, obj.column.top, at)
    else:
        _columns(context, obj.column.top, [(obj.column.name, at)])


def _no_table(context: Context, target: Ref, at: At) -> None:
    elsewhere = [join_name(ref.schema, ref.name) for ref in context.columns if ref.name == target.name]
    names = [ref.name for ref in context.columns]
    hint = f"did you mean {elsewhere[0]}(…)?" if elsewhere else suggestion(target.name, names)
    context.problem("SPEC030", f"there is no table {join_name(target.schema, target.name)!r}", at, hint=hint)


_CHECKS: Mapping[type[Object], Callable[[Context, Object], None]] = {
    PrimaryKey: _key_columns,
    Unique: _key_columns,
    Index: _index_columns,
    Exclusion: _index_columns,
    ForeignKey: _foreign_key,
    OwnedBy: _owner,
}


def _shared_names(context: Context) -> None:
    sharing = _NAMESPACE.get(context.family, frozenset())
    first: dict[tuple[str, str], Ref] = {}
    for ref in (obj.ref for obj in context.objects if type(obj) in sharing):
        other = first.setdefault((ref.schema, ref.name), ref)
        if other != ref:
            place, also = context.places[ref], context.places[other]
            context.source = place.source
            message = f"{ref} has the name of {other}; on {context.dialect} they cannot both have it"
            context.problem("SPEC035", message, place.at, also=(also.source.position(also.at),))


def _renames(context: Context) -> None:
    leading = dict(context.renames)
    sources: dict[Ref, Ref] = {}
    for new, old in context.renames:
        place = context.places.get(new)
        if place is None:
            continue
        context.source = place.source
        at = place.fields["renamed_from"].at
        other = sources.setdefault(old, new)
        if _circular(new, leading):
            context.problem("SPEC038", f"renamed_from of {new} leads back to itself", at, hint="remove it")
        elif old in context.places:
            also = context.places[old]
            message = f"{new} is renamed from {old.name!r}, which is still declared"
            hint = "remove renamed_from, or remove the old one"
            context.problem("SPEC039", message, at, hint=hint, also=(also.source.position(also.at),))
        elif other != new:
            message = f"{new} and {other} are both renamed from {old.name!r}"
            context.problem("SPEC039", message, at, hint="only one of them can have been it")


def _circular(start: Ref, leading: Mapping[Ref, Ref]) -> bool:
    at, seen = leading.get(start), set()
    while at is not None and at != start and at not in seen:
        seen.add(at)
        at = leading.get(at)
    return at == start


def _removals(context: Context) -> None:
    for ref, place in context.removals.items():
        if ref in context.places:
            declared = context.places[ref]
            context.source = place.source
            also = (declared.source.position(declared.at),)
            message = f"{ref} is removed and declared"
            context.problem("SPEC040", message, place.at, hint="keep one of the two", also=also)


def _refer(number: int) -> str:
    return "1 column refers" if number == 1 else f"{number} columns refer"
