"""A plan in, the tables that it changes with their neighbours as a picture out, each change with its verb."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref
from reconciler.report.entries import Entries, Entry
from reconciler.report.facts import Review
from reconciler.report.graph.drawing import Box, Edge, Graph, around, keys_alone
from reconciler.report.graph.tables import erd

# So many tables are drawn with every column, and so many at all.
_WHOLE, _MOST = 12, 400


def erd_of_changes(review: Review, found: Entries) -> Graph | None:
    """Return the tables that a plan changes, and by their keys those beside them; None when it changes none.

    What goes is in the picture as what comes is: a plan is judged by both. Of neighbours that were set aside no rows
    are known.
    """
    verbs = {str(entry.ref): entry for entry in found.all if entry.rows is None and entry.filling is None}
    graph = erd(_both(review, found), review.environment)
    changed = [_marked(box, verbs) for box in graph.boxes]
    touched = {entry.ref.top for entry in found.all}
    chosen = {box.id for box in changed if box.verb or Ref.parse(box.id) in touched}
    edges = tuple(_marked_edge(edge, verbs) for edge in graph.edges)
    drawn = around(replace(graph, boxes=tuple(changed), edges=edges), chosen)
    if not chosen or len(drawn.boxes) > _MOST:
        return None
    boxes = drawn.boxes if len(chosen) <= _WHOLE else tuple(map(keys_alone, drawn.boxes))
    return replace(drawn, boxes=boxes, title=f"What changes in {review.environment}")


def _both(review: Review, found: Entries) -> Model:
    """Return the model as it will be, with what goes still there."""
    gone = {ref for entry in found.all if entry.verb == "delete" and entry.old for ref in (entry.ref, entry.old.ref)}
    old = review.planned.states.old
    objects = [entry.old for entry in found.all if entry.verb == "delete" and entry.old]
    objects += [obj for ref in sorted(gone) if ref.kind == Kind.TABLE for obj in old.subtree(ref)]
    after = {**review.desired.model, **review.planned.states.new}
    after |= {entry.new.ref: entry.new for entry in found.all if entry.new}
    return Model([*objects, *after.values()])


def _marked(box: Box, verbs: Mapping[str, Entry]) -> Box:
    ref = Ref.parse(box.id)
    own = verbs.get(box.id)
    if own is not None and own.verb in ("create", "delete"):
        return replace(box, verb=own.verb)
    found = [verbs.get(str(ref.child(Kind.COLUMN, row.name))) for row in box.rows]
    rows = tuple(
        replace(row, verb=entry.verb, before=entry.previous.name if entry.previous else "") if entry else row
        for row, entry in zip(box.rows, found, strict=True)
    )
    inside = any(Ref.parse(address).inside(ref) for address in verbs if address.startswith(box.id))
    before = own.previous.name if own and own.previous else ""
    return replace(box, rows=rows, verb=own.verb if own else "update" if inside else "", before=before)


def _marked_edge(edge: Edge, verbs: Mapping[str, Entry]) -> Edge:
    entry = verbs.get(edge.id) or verbs.get(edge.source)
    whole = entry is not None and (str(entry.ref) == edge.id or entry.verb in ("create", "delete"))
    return replace(edge, verb=entry.verb) if entry and whole else edge
