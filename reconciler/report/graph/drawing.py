"""A picture as data: boxes with rows, and edges between them; it knows no model, no place on a page and no format."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reconciler.frozen import frozen


@frozen
class Row:
    """A line of a box. `marks` are PK, FK and U; `verb` is what a plan does to it, "" for nothing."""

    name: str
    type: str = ""
    marks: tuple[str, ...] = ()
    nullable: bool = False
    verb: str = ""
    before: str = ""


@frozen
class Box:
    """A thing. `id` is its address, `home` its schema where that is not the default one; `left_out` rows are not shown.

    `outside` says that more is there than what is drawn: it stands here because something points to it.
    """

    id: str
    kind: str
    title: str
    home: str = ""
    rows: tuple[Row, ...] = ()
    left_out: int = 0
    verb: str = ""
    before: str = ""
    outside: bool = False


@frozen
class Edge:
    """What `source` needs of `target`, both of them ids of boxes; rows are named where there are any.

    `many` of the source may belong to one of the target; `optional` says that one of the source may belong to none.
    """

    id: str
    source: str
    target: str
    source_row: str = ""
    target_row: str = ""
    words: str = ""
    many: bool = True
    optional: bool = False
    verb: str = ""


@frozen
class Graph:
    """A whole picture; `sort` is erd or deps, `note` a sentence for whoever looks at it."""

    sort: str
    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    note: str = ""


def around(graph: Graph, chosen: Collection[str]) -> Graph:
    """Return these boxes, and beside them, by their keys alone, those that an edge connects with one of them."""
    edges = tuple(edge for edge in graph.edges if edge.source in chosen or edge.target in chosen)
    near = {end for edge in edges for end in (edge.source, edge.target)}
    boxes = (box if box.id in chosen else replace(keys_alone(box), outside=True) for box in graph.boxes)
    return replace(graph, boxes=tuple(b for b in boxes if b.id in near or b.id in chosen), edges=edges)


def keys_alone(box: Box) -> Box:
    """Return a box without the rows that are no key and do not change; how many these are is told."""
    kept = tuple(row for row in box.rows if row.marks or row.verb)
    return replace(box, rows=kept, left_out=box.left_out + len(box.rows) - len(kept))
