"""A whole lowering in, what its objects get wrong about each other out; it knows dialects by their family alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.errors import Position
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
from reconciler.model.programs import Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.spec.context import Context
from reconciler.spec.names import join_name
from reconciler.spec.nodes import At, Node
from reconciler.spec.places import Place, place_of
from reconciler.spec.triggers import check_trigger
from reconciler.spec.validate import suggestion

# What shares one space of names within a schema, by family.
_NAMESPACE: Mapping[str, frozenset[type[Object]]] = {
    "postgres": frozenset({Table, View, Index, Unique, Exclusion, Enum, Domain, NumberSequence}),
    "sqlite": frozenset({Table, View, Index}),
    "mysql": frozenset({Table, View}),
}
# Where two tables cannot have triggers of one name; the dialect says what is wrong with that.
_ONE_TRIGGER_OF_A_NAME = frozenset({"mysql"})
_EXPRESSION_SIGNS = frozenset("()+-*/|' ")


def check_own(share: Context) -> None:
    """Note every column that a document's own keys and indexes name and its table has not."""
    for obj in share.objects:
        check = _OWN.get(type(obj))
        if check is not None:
            check(share, obj)


def check_references(context: Context) -> None:
    """Note every dangling reference, shared name, and contradiction between renames, removals and declarations.

    What is looked at here of an object elsewhere is told by the head of its document's share (spec/shares.py): a check
    that goes by anything else than what a document names, and the names that it takes, needs it there.
    """
    for obj in context.objects:
        check = _BETWEEN.get(type(obj))
        if check is not None:
            context.source = context.places[obj.ref].source
            check(context, obj)
    for enum, source, node in context.enums:
        if enum not in context.places:
            context.source = source
            _no_enum(context, enum, node())
    _waits(context)
    _shared_names(context)
    _renames(context)
    _removals(context)


def _waits(context: Context) -> None:
    """A column that a backfill fills names one that is there."""
    for column, backfill in context.waits:
        if backfill not in context.places:
            place = context.place(column)
            context.source = place.source
            hint = suggestion(backfill.name, [one.ref.name for one in context.backfills])
            message = f"there is no backfill {backfill.name!r}"
            context.problem("SPEC030", message, place.fields["backfill"], hint=hint or "declare it: backfill: NAME")


def _no_enum(context: Context, enum: Ref, node: Node) -> None:
    names = [obj.ref.name for obj in context.objects if isinstance(obj, Enum)]
    hint = suggestion(enum.name, names) or f"declare it: a document with enum: {enum.name} and values: […]"
    context.problem("SPEC032", f"there is no enum {enum.name!r}", node, hint=hint)


# Where the name of this number is written. Places are looked up only when they are told of: a document that was not
# read again has to be read for them.
Where = Callable[[int], At]


def _columns(context: Context, table: Ref, names: Iterable[str], where: Where) -> None:
    known = context.columns.get(table, [])
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name not in known:
            signs = _EXPRESSION_SIGNS.intersection(name)
            hint = suggestion(name, known) or ('an expression is written {sql: "…"}' if signs else "")
            context.problem("SPEC031", f"table {table.name!r} has no column {name!r}", where(number), hint=hint)
        elif name in seen:
            context.problem("SPEC042", f"column {name!r} is listed twice", where(number))
        seen.add(name)


def _listed(place: Place, key: str, first: int = 0) -> Where:
    """Return where names are written: each in its own place in the list, from `first` on, else where the object is."""

    def where(number: int) -> At:
        node = place.fields.get(key)
        items = node.value if node is not None and type(node.value) is list else []
        return items[first + number].at if first + number < len(items) else place.at

    return where


def _key_columns(context: Context, obj: Object) -> None:
    if isinstance(obj, PrimaryKey | Unique):
        place = context.place(obj.ref)
        _columns(context, obj.ref.top, obj.columns, _listed(place, "columns"))
        _columns(context, obj.ref.top, obj.include, _listed(place, "include"))


def _index_columns(context: Context, obj: Object) -> None:
    if not isinstance(obj, Index | Exclusion) or obj.ref.top.kind == Kind.VIEW:  # a view's columns are its query's
        return
    place = context.place(obj.ref)
    key = "columns" if isinstance(obj, Index) else "elements"
    # An index may hold one column twice, with different operator classes.
    for number, part in enumerate(obj.parts):
        if part.column:
            _columns(context, obj.ref.top, [part.column], _listed(place, key, number))
    _columns(context, obj.ref.top, obj.include, _listed(place, "include"))


def _key_columns_that_refer(context: Context, obj: Object) -> None:
    if not isinstance(obj, ForeignKey):
        return
    place = context.place(obj.ref)
    _columns(context, obj.ref.top, obj.columns, _listed(place, "columns"))
    where = _listed(place, "on_delete_columns")
    for number, name in enumerate(obj.on_delete_columns):
        if name not in obj.columns:
            message = f"on_delete_columns: {name!r} is not one of the key's columns"
            context.problem("SPEC031", message, where(number))


def _foreign_key(context: Context, obj: Object) -> None:
    if not isinstance(obj, ForeignKey):
        return

    def where(_: int) -> At:
        return context.place(obj.ref).fields["references"].at

    if obj.target not in context.columns:
        _no_table(context, obj.target, where(0))
        return
    _columns(context, obj.target, obj.target_columns, where)
    wanted = obj.target_columns or context.keys.get(obj.target, ())
    if not wanted:
        hint = "write which columns: table(column, …)"
        context.problem("SPEC033", f"table {obj.target.name!r} has no primary key to refer to", where(0), hint=hint)
    elif len(wanted) != len(obj.columns):
        listed = ", ".join(wanted)
        message = f"{_refer(len(obj.columns))} to {len(wanted)}: {obj.target.name}({listed})"
        context.problem("SPEC033", message, where(0))


def _trigger(context: Context, obj: Object) -> None:
    if not isinstance(obj, Trigger):
        return
    check_trigger(context, obj)
    if obj.ref.top in context.columns:
        place = context.place(obj.ref)
        _columns(context, obj.ref.top, obj.columns, lambda _: place.fields["events"].at)


def _owner(context: Context, obj: Object) -> None:
    if not isinstance(obj, OwnedBy):
        return
    if obj.column.top not in context.columns:
        _no_table(context, obj.column.top, context.place(obj.ref).fields["owned_by"].at)
    else:
        _columns(context, obj.column.top, [obj.column.name], lambda _: context.place(obj.ref).fields["owned_by"].at)


def _no_table(context: Context, target: Ref, at: At) -> None:
    elsewhere = [join_name(ref.schema, ref.name) for ref in context.columns if ref.name == target.name]
    names = [ref.name for ref in context.columns]
    hint = f"did you mean {elsewhere[0]}(…)?" if elsewhere else suggestion(target.name, names)
    context.problem("SPEC030", f"there is no table {join_name(target.schema, target.name)!r}", at, hint=hint)


_OWN: Mapping[type[Object], Callable[[Context, Object], None]] = {
    PrimaryKey: _key_columns,
    Unique: _key_columns,
    Index: _index_columns,
    Exclusion: _index_columns,
    ForeignKey: _key_columns_that_refer,
}
_BETWEEN: Mapping[type[Object], Callable[[Context, Object], None]] = {
    ForeignKey: _foreign_key, OwnedBy: _owner, Trigger: _trigger,
}  # fmt: skip


def sharing(context: Context) -> Iterator[Ref]:
    """Yield the addresses of what shares one space of names within a schema."""
    kinds = _NAMESPACE.get(context.family, frozenset())
    return (obj.ref for obj in context.objects if type(obj) in kinds)


def taken(context: Context) -> list[str]:
    """Return the names that no other document of a schema may have; those of triggers are a space of their own."""
    names = [ref.name for ref in sharing(context)]
    if context.family in _ONE_TRIGGER_OF_A_NAME:
        names += [f"trigger {obj.ref.name.lower()}" for obj in context.objects if isinstance(obj, Trigger)]
    return names


def _shared_names(context: Context) -> None:
    first: dict[tuple[str, str], Ref] = {}
    for ref in sharing(context):
        other = first.setdefault((ref.schema, ref.name), ref)
        if other != ref:
            place = context.place(ref)
            context.source = place.source
            message = f"{ref} has the name of {other}; on {context.dialect} they cannot both have it"
            context.problem("SPEC035", message, place.at, also=(context.position(other),))


def _renames(context: Context) -> None:
    leading = dict(context.renames)
    sources: dict[Ref, Ref] = {}
    for new, old in context.renames:
        if new not in context.places:
            continue
        other = sources.setdefault(old, new)
        if _circular(new, leading):
            _wrong_rename(context, new, "SPEC038", f"renamed_from of {new} leads back to itself", "remove it")
        elif old in context.places:
            message = f"{new} is renamed from {old.name!r}, which is still declared"
            hint = "remove renamed_from, or remove the old one"
            _wrong_rename(context, new, "SPEC039", message, hint, (context.position(old),))
        elif other != new:
            message = f"{new} and {other} are both renamed from {old.name!r}"
            _wrong_rename(context, new, "SPEC039", message, "only one of them can have been it")


def _wrong_rename(
    context: Context, new: Ref, code: str, message: str, hint: str, also: tuple[Position, ...] = ()
) -> None:
    place = context.place(new)
    context.source = place.source
    context.problem(code, message, place.fields["renamed_from"].at, hint=hint, also=also)


def _circular(start: Ref, leading: Mapping[Ref, Ref]) -> bool:
    at, seen = leading.get(start), set()
    while at is not None and at != start and at not in seen:
        seen.add(at)
        at = leading.get(at)
    return at == start


def _removals(context: Context) -> None:
    for ref in context.removals:
        if ref in context.places:
            place = place_of(context.removals, ref)
            context.source = place.source
            message = f"{ref} is removed and declared"
            hint = "keep one of the two"
            context.problem("SPEC040", message, place.at, hint=hint, also=(context.position(ref),))


def _refer(number: int) -> str:
    return "1 column refers" if number == 1 else f"{number} columns refer"
