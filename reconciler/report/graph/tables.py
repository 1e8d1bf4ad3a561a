"""A model in, its tables with their columns and foreign keys as a picture out; it knows no format and no plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique
from reconciler.model.ref import Ref
from reconciler.report.graph.drawing import Box, Edge, Graph, Row, keys_alone

# With more tables than this, only keys are drawn unless somebody wants every column.
MANY = 40


def erd(model: Model, title: str) -> Graph:
    """Return every table of a model once, by its address, with an edge for each foreign key.

    A table that a foreign key names and the model does not hold has a box without rows.
    """
    tables = {ref: _box(ref, model) for ref in sorted(model) if isinstance(model[ref], Table)}
    edges = [edge for ref in tables for edge in _edges(ref, model)]
    known = {box.id for box in tables.values()}
    away = {e.target: e for e in edges if e.target not in known}
    others = [_elsewhere(Ref.parse(address)) for address in sorted(away)]
    return Graph(sort="erd", title=title, boxes=(*tables.values(), *others), edges=tuple(edges))


def readable(graph: Graph) -> Graph:
    """Return a picture of many tables with their keys alone, and any other as it is."""
    if len(graph.boxes) <= MANY:
        return graph
    note = "Keys alone are drawn, because there are many tables; -v draws every column."
    return replace(graph, boxes=tuple(map(keys_alone, graph.boxes)), note=note)


def _elsewhere(ref: Ref) -> Box:
    return Box(id=str(ref), kind=ref.kind, title=ref.name, home=ref.schema, outside=True)


def _box(ref: Ref, model: Model) -> Box:
    marks = _marks(ref, model)
    columns = sorted(model.children(ref, Column), key=lambda column: (column.position, column.ref))
    rows = (
        Row(
            name=column.ref.name, type=str(column.type), marks=marks.get(column.ref.name, ()),
            nullable=not column.not_null and "PK" not in marks.get(column.ref.name, ()),
        )
        for column in columns
    )  # fmt: skip
    return Box(id=str(ref), kind=ref.kind, title=ref.name, home=ref.schema, rows=tuple(rows))


def _marks(ref: Ref, model: Model) -> Mapping[str, tuple[str, ...]]:
    """Return for each column that is part of a key the words for that."""
    found: dict[str, list[str]] = {}
    for mark, names in (
        *(("PK", key.columns) for key in model.children(ref, PrimaryKey)),
        *(("FK", key.columns) for key in model.children(ref, ForeignKey)),
        *(("U", names) for names in _unique(ref, model) if len(names) == 1),
    ):
        for name in names:
            words = found.setdefault(name, [])
            words += [mark] if mark not in words and (mark != "U" or "PK" not in words) else []
    return {name: tuple(words) for name, words in found.items()}


def _unique(ref: Ref, model: Model) -> Iterator[tuple[str, ...]]:
    """Yield the columns of each key of a table that no two rows share."""
    yield from (key.columns for key in model.children(ref, PrimaryKey))
    yield from (key.columns for key in model.children(ref, Unique))
    for index in model.children(ref, Index):
        names = tuple(part.column for part in index.parts if part.column is not None)
        if index.unique and index.where is None and len(names) == len(index.parts):
            yield names


def _edges(ref: Ref, model: Model) -> Iterator[Edge]:
    nullable = {column.ref.name for column in model.children(ref, Column) if not column.not_null}
    nullable -= {name for key in model.children(ref, PrimaryKey) for name in key.columns}
    alone = [frozenset(names) for names in _unique(ref, model)]
    for key in sorted(model.children(ref, ForeignKey), key=_ref):
        columns, target = key.columns, key.target_columns or _key_of(key.target, model)
        yield Edge(
            id=str(key.ref), source=str(ref), target=str(key.target),
            source_row=columns[0] if columns else "", target_row=target[0] if target else "",
            words=", ".join(columns), many=not any(names <= frozenset(columns) for names in alone),
            optional=any(name in nullable for name in columns),
        )  # fmt: skip


def _ref(obj: Object) -> Ref:
    return obj.ref


def _key_of(ref: Ref, model: Model) -> tuple[str, ...]:
    return next((key.columns for key in model.children(ref, PrimaryKey)), ())
