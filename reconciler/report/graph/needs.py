"""A model and its backfills in, what needs what as a picture out; it knows no format and no plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.model.backfills import Backfill
from reconciler.model.fields import references
from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref
from reconciler.report.graph.drawing import Box, Edge, Graph
from reconciler.report.words import label


def deps(model: Model, backfills: Iterable[Backfill], title: str) -> Graph:
    """Return every root object, trigger and backfill once, by its address, with an edge to each that it needs.

    Args:
        model: with what its texts mention filled in (`Dialect.resolve`).
        backfills: the declared ones.
        title: what the picture is of.
    """
    work = tuple(backfills)
    needs = {ref: set[Ref]() for ref in sorted({_owner(ref) for ref in model}) if ref.kind != Kind.SCHEMA}
    for ref, obj in model.items():
        needs.get(_owner(ref), set()).update(_owner(named) for named in references(obj))
    for ref in needs:
        needs[ref] |= {ref.top} - {ref}
    needs |= {one.ref: set(_of_backfill(one)) for one in sorted(work, key=lambda one: one.ref)}
    return Graph(
        sort="deps", title=title,
        boxes=tuple(Box(id=str(ref), kind=label(ref.kind), title=ref.name, home=ref.schema) for ref in needs),
        edges=tuple(
            Edge(id=f"{ref} → {other}", source=str(ref), target=str(other))
            for ref, others in needs.items()
            for other in sorted(others - {ref})
            if other in needs
        ),
    )  # fmt: skip


def _owner(ref: Ref) -> Ref:
    """Return what stands for an object in the picture: its trigger, or else its root."""
    at: Ref | None = ref
    while at is not None and at.kind != Kind.TRIGGER:
        at = at.parent
    return at or ref.top


def _of_backfill(work: Backfill) -> Iterator[Ref]:
    """Yield what a backfill reads, writes and asks for; rows of another database are not in this picture."""
    if not work.source.database:
        yield work.source.table.top
    yield work.into.top
    for ref in work.requires:
        yield ref.top
