"""Tables in, what is unwise about their keys and indexes out."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.kinds import Finding
from reconciler.lint.sorts import sort_of
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Index, PrimaryKey, Table, Unique
from reconciler.model.ref import Kind, Ref

# Beyond so many columns an index costs every write more than it saves a read (strong_migrations, non_unique_index).
_MOST_COLUMNS = 3

_Key = PrimaryKey | Unique | Index


def without_primary_key(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the tables whose rows nothing identifies."""
    for table in _tables(model):
        if model.children(table, Column) and not model.children(table, PrimaryKey):
            yield Finding(
                code="MY141", ref=table, message="has no primary key", hint="declare primary_key: […], or an identity"
            )


def superfluous_indexes(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the indexes whose columns are the first ones of another key, in its order."""
    for table in _tables(model):
        keys = [*_keys(model, table), *model.children(table, Index)]
        for number, index in enumerate(keys):
            other = next((one for place, one in enumerate(keys) if _serves(one, index, place < number)), None)
            if other is not None:
                yield Finding(
                    code="IX101", ref=index.ref, message=f"{_words(other)} begins with the same columns",
                    hint="remove it: the other one serves the same queries",
                )  # fmt: skip


def _serves(other: _Key, index: _Key, before: bool) -> bool:
    """Say whether another key does all that an index does; of two that are the same the first one stays."""
    if other is index or not isinstance(index, Index) or not _plain(index) or not _plain(other):
        return False
    mine, theirs = _leading(index), _leading(other)
    if theirs[: len(mine)] != mine or (index.unique and not _unique(other)):
        return False
    return (len(theirs) > len(mine) and not index.unique) or (len(theirs) == len(mine) and (before or _unique(other)))


def _unique(key: _Key) -> bool:
    return not isinstance(key, Index) or key.unique


def _plain(key: _Key) -> bool:
    """Say whether a key is a tree over whole columns of all rows, and nothing else is asked of it."""
    if not isinstance(key, Index):
        return True
    return key.where is None and not key.include and key.method in (None, "btree") and not key.options


def _leading(key: _Key) -> tuple[object, ...]:
    if not isinstance(key, Index):
        return tuple((name, None, None, False, None, None) for name in key.columns)
    return tuple(
        (part.column or part.expression, part.length, part.opclass, part.descending, part.nulls_first, part.collation)
        for part in key.parts
    )


def keys_without_index(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the foreign keys for which a change of the parent looks through the whole child table."""
    for table in _tables(model):
        keys = [_leading(key) for key in (*_keys(model, table), *model.children(table, Index)) if _whole(key)]
        for foreign in model.children(table, ForeignKey):
            first = [{part[0] for part in key[: len(foreign.columns)] if isinstance(part, tuple)} for key in keys]
            if set(foreign.columns) not in first:
                columns = ", ".join(foreign.columns)
                yield Finding(
                    code="IX102", ref=foreign.ref, message=f"no index begins with {columns}",
                    hint=f"add one over [{columns}]",
                )  # fmt: skip


def _whole(key: _Key) -> bool:
    return not isinstance(key, Index) or key.where is None


def wide_indexes(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the indexes over many columns that keep nothing unique."""
    for index in (obj for obj in model.values() if isinstance(obj, Index)):
        if not index.unique and len(index.parts) > _MOST_COLUMNS:
            yield Finding(
                code="IX103", ref=index.ref, message=f"has {len(index.parts)} columns",
                hint="the first ones find nearly all; leave out what tells few rows apart",
            )  # fmt: skip


def unlike_targets(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the foreign keys whose columns are of another sort than those that they refer to."""
    for foreign in (obj for obj in model.values() if isinstance(obj, ForeignKey)):
        for name, theirs in zip(foreign.columns, foreign.target_columns, strict=False):
            mine = model.get(foreign.ref.top.child(Kind.COLUMN, name))
            target = model.get(foreign.target.child(Kind.COLUMN, theirs))
            if not isinstance(mine, Column) or not isinstance(target, Column):
                continue
            ours, wanted = sort_of(mine.type, dialect), sort_of(target.type, dialect)
            if ours != wanted:
                yield Finding(
                    code="IX104", ref=foreign.ref, hint="give both the same type",
                    message=f"{name} is {ours}, and {foreign.target.name}.{theirs} is {wanted}",
                )  # fmt: skip


def nullable_uniques(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the unique constraints over a column that may be null: null is no duplicate of null."""
    for unique in (obj for obj in model.values() if isinstance(obj, Unique)):
        columns = [model.get(unique.ref.top.child(Kind.COLUMN, name)) for name in unique.columns]
        null = [one.ref.name for one in columns if isinstance(one, Column) and not one.not_null]
        if null and not unique.nulls_not_distinct:
            yield Finding(
                code="IX105", ref=unique.ref, message=f"{', '.join(null)} may be null, and any number of rows may be",
                hint="declare it not_null, or nulls_not_distinct on PostgreSQL, if one row is meant",
            )  # fmt: skip


def _tables(model: Model) -> list[Ref]:
    return [ref for ref, obj in model.items() if isinstance(obj, Table)]


def _keys(model: Model, table: Ref) -> list[_Key]:
    return [*model.children(table, PrimaryKey), *model.children(table, Unique)]


def _words(key: _Key) -> str:
    return "the primary key" if isinstance(key, PrimaryKey) else f"{key.ref.kind.replace('_', ' ')} {key.ref.name!r}"
