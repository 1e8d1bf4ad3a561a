"""Random schemas with what only PostgreSQL has: drawn models, dressed; what rows could contradict is left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from reconciler.model.model import Model
from reconciler.model.objects import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Object,
    Options,
    PrimaryKey,
    Table,
    Unique,
)
from reconciler.model.ref import Kind
from reconciler.model.values import Action, Deferrable, Identity, IndexPart, Sql
from tests.strategies import TEXTS, wide_models

_COMMENT = st.sampled_from([None, None, 'it\'s "this"'])
_DEFERRABLE = st.sampled_from(list(Deferrable))
_COLUMN_OPTIONS: st.SearchStrategy[Options] = st.sampled_from(
    [(), (), (("compression", "pglz"),), (("statistics", 50),), (("storage", "external"),)]
)
_IDENTITIES = st.sampled_from(
    [
        Identity(),
        Identity(always=True),
        Identity(start=100, increment=7),
        Identity(increment=-1, maximum=10, minimum=-(10**6), start=10),
        Identity(cache=5, cycle=True),
    ]
)
_METHODS = st.sampled_from([None, "btree", "hash", "brin"])


@st.composite
def postgres_models(draw: st.DrawFn) -> Model:
    """Draw a schema in which any object may have what no other database knows."""
    model = draw(wide_models())
    tables = [ref for ref, obj in model.items() if isinstance(obj, Table)]
    # A table that is written to the log may not refer to one that is not.
    logged = draw(st.booleans())
    dressed = [_dressed(draw, obj, model, logged) for obj in model.values()]
    return Model([*dressed, *(obj for table in tables for obj in _exclusion(draw, table.name, model))])


def _dressed(draw: st.DrawFn, obj: Object, model: Model, logged: bool) -> Object:
    match obj:
        case Table():
            options: Options = () if logged else (("unlogged", True),)
            fill: Options = draw(st.sampled_from([(), (("storage.fillfactor", 70),)]))
            return replace(obj, comment=draw(_COMMENT), options=(*fill, *options))
        case Column():
            return _column(draw, obj)
        case PrimaryKey():
            return replace(obj, comment=draw(_COMMENT), name=draw(st.sampled_from([None, f"pk of {obj.ref.top.name}"])))
        case Unique(columns=columns):
            return replace(
                obj, comment=draw(_COMMENT), deferrable=draw(_DEFERRABLE), nulls_not_distinct=draw(st.booleans()),
                include=draw(st.sampled_from([(), ("id",)])) if "id" not in columns else (),
            )  # fmt: skip
        case Check() if obj.ref.top.kind == Kind.TABLE:
            return replace(obj, comment=draw(_COMMENT), no_inherit=draw(st.booleans()), not_valid=draw(st.booleans()))
        case ForeignKey():
            return _foreign_key(draw, obj)
        case Index() if obj.ref.top.kind == Kind.TABLE:
            return _index(draw, obj, model)
        case _:
            return obj


def _column(draw: st.DrawFn, obj: Column) -> Column:
    obj = replace(obj, comment=draw(_COMMENT))
    if obj.identity is not None:
        return replace(obj, identity=draw(_IDENTITIES))
    if obj.type.name in TEXTS:
        return replace(obj, collation=draw(st.sampled_from([None, "C"])), options=draw(_COLUMN_OPTIONS))
    return obj


def _foreign_key(draw: st.DrawFn, obj: ForeignKey) -> ForeignKey:
    deferrable = draw(_DEFERRABLE)
    columns = draw(st.sampled_from([(), ("parent_id",)])) if obj.on_delete is Action.SET_NULL else ()
    return replace(
        obj, comment=draw(_COMMENT), deferrable=deferrable, match_full=draw(st.booleans()), on_delete_columns=columns,
        not_valid=draw(st.booleans()),
    )  # fmt: skip


def _index(draw: st.DrawFn, obj: Index, model: Model) -> Index:
    method = draw(_METHODS)
    plain = len(obj.parts) == 1 and not obj.parts[0].descending
    if method in ("hash", "brin") and not plain:
        method = None
    include = draw(st.sampled_from([(), ("id",)])) if method in (None, "btree") else ()
    options = (("fillfactor", 80),) if method == "btree" and draw(st.booleans()) else ()
    parts = obj.parts if method == "brin" else tuple(_part(draw, part, obj, model, method) for part in obj.parts)
    return replace(obj, comment=draw(_COMMENT), method=method, include=include, options=options, parts=parts)


def _part(draw: st.DrawFn, part: IndexPart, obj: Index, model: Model, method: str | None) -> IndexPart:
    column = model.get(obj.ref.top.child(Kind.COLUMN, part.column)) if part.column else None
    if method == "hash" or not isinstance(column, Column):
        return part
    if column.type.name == "text":
        return replace(part, opclass=draw(st.sampled_from([None, "text_pattern_ops"])))
    return replace(part, nulls_first=draw(st.sampled_from([None, True, False])))


def _exclusion(draw: st.DrawFn, name: str, model: Model) -> list[Object]:
    """Draw an exclusion constraint over the key, which no rows of the tests break."""
    if not draw(st.booleans()):
        return []
    table = next(ref for ref in model if ref.kind == Kind.TABLE and ref.name == name)
    where = draw(st.sampled_from([None, Sql("id > 1", "postgres")]))
    part = IndexPart(column="id", operator="=")
    return [
        Exclusion(ref=table.child(Kind.EXCLUSION, f"{name}_excl"), parts=(part,), method="btree", where=where,
                  deferrable=draw(_DEFERRABLE), comment=draw(_COMMENT)),
    ]  # fmt: skip
