"""What specs declare in, one page that documents it out: both pictures, and every object with what it needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from markupsafe import Markup

from reconciler import __version__
from reconciler.frozen import frozen_in_order
from reconciler.model.objects import Column, Object, View
from reconciler.model.programs import Event, Function, Procedure, Trigger
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql, Statements
from reconciler.report.declared import Declared
from reconciler.report.graph.drawing import Graph, keys_alone
from reconciler.report.graph.svg import svg_inside
from reconciler.report.graph.tables import readable
from reconciler.report.html.page import fits, page
from reconciler.report.html.sql import highlighted
from reconciler.report.words import describe, label, shown

_TEXTS = (View, Trigger, Function, Procedure, Event)


@frozen_in_order
class Field:
    """A column: its name, type, what else it says, where its values point to, and what it is for."""

    name: str
    type: str
    not_null: bool
    words: str
    target: str
    comment: str


@frozen_in_order
class Part:
    """Something inside a root object, or its own text: kind, name, definition, SQL."""

    kind: str
    name: str
    words: str
    sql: Markup | None
    comment: str


@frozen_in_order
class Root:
    """A root object with all that is inside it; `needs` and `serves` are addresses."""

    ref: Ref
    kind: str
    place: str
    comment: str
    fields: tuple[Field, ...]
    parts: tuple[Part, ...]
    needs: tuple[str, ...]
    serves: tuple[str, ...]


def schema_html(declared: Declared) -> str:
    """Return a page that needs nothing else."""
    roots = list(_roots(declared))
    kinds: dict[str, list[Root]] = defaultdict(list)
    for root in roots:
        kinds[root.kind].append(root)
    desired = declared.desired
    return page(
        "schema.html", project=declared.project, dialect=declared.dialect, version=__version__, kinds=kinds,
        pictures=[one for one in map(_picture, ("erd", "deps"), _TITLES, (declared.tables, declared.needs)) if one],
        counts=[(len(found), kind) for kind, found in kinds.items()],
        assertions=[(str(one.ref), highlighted(one.query.text, declared.dialect)) for one in desired.assertions],
        backfills=[str(one.ref) for one in desired.backfills],
        sheets=[(str(one.ref), len(one.rows), one.file, one.mode.value) for one in desired.data],
    )  # fmt: skip


_TITLES = ("Tables", "What needs what")


def _picture(name: str, title: str, graph: Graph) -> tuple[str, str, Markup, bool] | None:
    if not graph.boxes:
        return None
    drawn = svg_inside(readable(graph))
    if not fits(drawn):  # every column stands below
        drawn = svg_inside(replace(graph, boxes=tuple(map(keys_alone, graph.boxes))))
    return name, title, Markup(drawn), fits(drawn)


def _roots(declared: Declared) -> Iterator[Root]:
    desired = declared.desired
    needs, serves = _edges(declared.needs)
    chosen = {box.id for box in declared.needs.boxes if not box.outside}
    for ref in sorted(desired.model, key=lambda ref: (ref.kind != Kind.TABLE, ref.kind, ref)):
        if ref.parent is None and str(ref) in chosen:
            place = desired.position(ref)
            yield Root(
                ref=ref, kind=label(ref.kind), place=f"{place.file}:{place.line}" if place else "",
                comment=declared.comments.get(ref, ""), fields=tuple(_fields(ref, declared)),
                parts=tuple(_parts(ref, declared)), needs=needs.get(str(ref), ()), serves=serves.get(str(ref), ()),
            )  # fmt: skip


def _edges(graph: Graph) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    needs: dict[str, list[str]] = defaultdict(list)
    serves: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        needs[edge.source].append(edge.target)
        serves[edge.target].append(edge.source)
    return ({name: tuple(found) for name, found in needs.items()},
            {name: tuple(found) for name, found in serves.items()})  # fmt: skip


def _fields(root: Ref, declared: Declared) -> Iterator[Field]:
    columns = sorted(declared.desired.model.children(root, Column), key=lambda column: column.position)
    targets = {
        edge.source_row: edge.target for edge in declared.tables.edges if edge.source == str(root) and edge.source_row
    }
    for column in columns:
        words = [f"default {shown(column.default)}"] if column.default is not None else []
        words += [f"generated as {shown(column.generated)}"] if column.generated is not None else []
        words += [f"identity {shown(column.identity)}"] if column.identity is not None else []
        words += [f"collate {column.collation}"] if column.collation else []
        yield Field(
            column.ref.name, shown(column.type), column.not_null, ", ".join(words), targets.get(column.ref.name, ""),
            declared.comments.get(column.ref, ""),
        )  # fmt: skip


def _parts(root: Ref, declared: Declared) -> Iterator[Part]:
    for obj in declared.desired.model.subtree(root):
        own = obj.ref == root
        if isinstance(obj, Column) or (own and not describe(obj) and not isinstance(obj, _TEXTS)):
            continue
        kind, name = ("", "") if own else (label(obj.kind), obj.ref.name)
        yield Part(
            kind, name, describe(obj), _text(obj, declared.dialect), "" if own else declared.comments.get(obj.ref, "")
        )


def _text(obj: Object, dialect: str) -> Markup | None:
    """Return the SQL that an object stands for, None where its definition says it all."""
    text = getattr(obj, "query", None) or getattr(obj, "body", None)
    return highlighted(shown(text), dialect) if isinstance(text, Sql | Statements) else None
