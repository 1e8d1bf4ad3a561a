"""Catalog rows in, everything that has no dataclass of its own out: listed, so that nothing is silently ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.reading import Place, Row, Rows
from reconciler.model.objects import Unmodelled
from reconciler.model.ref import Kind


def rest(rows: Rows) -> Iterator[Unmodelled]:
    """Yield types, policies, rules, odd tables and whatever else."""
    columns = _columns_with_edges(rows)
    queries = {row[0]: (row[1], row[4]) for row in rows.views}
    for row in rows.relations:
        yield from _relation(row, rows, columns.get(row[0], []), queries.get(row[0]))
    for row in rows.leftovers:
        ref = rows.address.get((row[0], row[1], 0))
        if ref is not None:
            yield Unmodelled(ref=ref, definition=row[6], uses=rows.uses((row[0], row[1], 0), own=ref))


def _columns_with_edges(rows: Rows) -> Mapping[int, list[Place]]:
    """Return by relation those of its columns that refer to something: to a type that somebody made."""
    found: dict[int, list[Place]] = {}
    for place in rows.edges:
        if place[0] == catalog.PG_CLASS and place[2]:
            found.setdefault(place[1], []).append(place)
    return found


def _relation(row: Row, rows: Rows, columns: Sequence[Place], query: tuple[str, int] | None) -> Iterator[Unmodelled]:
    ref = rows.address[catalog.PG_CLASS, row[0], 0]
    if ref.kind == Kind.TABLE:
        if row[9]:
            yield Unmodelled(ref=ref.child("row_security", "enabled"))
    elif ref.kind != Kind.VIEW:
        text, rule = query or ("", 0)
        places = ((catalog.PG_CLASS, row[0], 0), (catalog.PG_REWRITE, rule, 0), *columns)
        yield Unmodelled(ref=ref, definition=text, uses=rows.uses(*places, own=ref))
