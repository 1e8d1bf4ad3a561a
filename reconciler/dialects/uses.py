"""What an object's SQL mentions: a desired object and a model in, the object with `uses` filled in out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from reconciler.dialects.plain import names_nothing, plain
from reconciler.dialects.transpile import NotPortable, parsed
from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Object,
    PrimaryKey,
    Table,
    Unique,
    View,
)
from reconciler.model.ref import Kind, Ref
from reconciler.model.texts import texts


def resolve(objects: Sequence[Object], model: Model, family: str) -> Sequence[Object]:
    """Return the objects with `uses` found by reading their texts; one that has them already keeps them.

    Args:
        objects: desired ones, or live ones of a database that keeps no record of dependencies.
        model: where the names are looked up, without regard to letter case.
        family: the sqlglot dialect of the texts.
    """
    return [_resolved(obj, model, family) for obj in objects]


def _resolved(obj: Object, model: Model, family: str) -> Object:
    match obj:
        case Check(uses=uses) | Index(uses=uses) | Exclusion(uses=uses) | Column(uses=uses) if not uses:
            found = [ref for sql in texts(obj).values() for ref in own_columns(obj, sql.text, model, family)]
            return replace(obj, uses=frozenset(found) - {obj.ref}) if found else obj
        case ForeignKey(uses=uses) if not uses:
            return replace(obj, uses=frozenset(_key(obj, model)))
        case View(uses=uses) if not uses:
            return replace(obj, uses=frozenset(view_uses(obj, model, family)))
        case _:
            return obj


def own_columns(obj: Object, text: str, model: Model, family: str) -> Iterator[Ref]:
    """Yield the columns of the object's own table that a text mentions."""
    mentioned = _mentioned(text, family)
    for column in model.children(obj.ref.top, Column) if mentioned else ():
        if column.ref.name.lower() in mentioned:
            yield column.ref


@lru_cache(maxsize=65536)
def _mentioned(text: str, family: str) -> frozenset[str]:
    """Return the names of columns in an expression, in lower case; none when it cannot be read."""
    if names_nothing(text):
        return frozenset()
    found = plain(text)
    if found is not None:
        return frozenset(map(str.lower, found.names))
    from sqlglot import exp

    try:
        tree = parsed(text, family)
    except NotPortable:
        return frozenset()
    return frozenset(node.name.lower() for node in tree.find_all(exp.Column))


def _key(obj: ForeignKey, model: Model) -> Iterator[Ref]:
    """Yield the key that a foreign key rests on."""
    keys: list[PrimaryKey | Unique] = [*model.children(obj.target, PrimaryKey), *model.children(obj.target, Unique)]
    for key in keys:
        if set(key.columns) == set(obj.target_columns):
            yield key.ref
            return


def view_uses(view: View, model: Model, family: str) -> Iterator[Ref]:
    """Yield the tables, views and columns that a view's query names."""
    from sqlglot import exp

    try:
        tree = parsed(view.query.text, family)
    except NotPortable:
        return
    sources: dict[str, Ref] = {}
    for node in tree.find_all(exp.Table):
        ref = _relation(node.db, node.name, model)
        if ref is not None and ref != view.ref:
            sources[node.alias_or_name.lower()] = ref
    yield from sources.values()
    for column in tree.find_all(exp.Column):
        owners = [sources[column.table.lower()]] if column.table.lower() in sources else [*sources.values()]
        yield from (ref for owner in owners for ref in _column_named(owner, column.name, model))


def _relation(schema: str, name: str, model: Model) -> Ref | None:
    for kind in (Kind.TABLE, Kind.VIEW):
        for spelling in (name, name.lower()):
            ref = Ref.root(kind, spelling, schema)
            if ref in model:
                return ref
    lowered = name.lower()
    for obj in model.values():
        if isinstance(obj, Table | View) and obj.ref.name.lower() == lowered and obj.ref.schema == schema:
            return obj.ref
    return None


def _column_named(owner: Ref, name: str, model: Model) -> Iterator[Ref]:
    for column in model.children(owner, Column):
        if column.ref.name.lower() == name.lower():
            yield column.ref
