"""Catalog rows in, which sequences are part of a column out, and the others as objects with the column they go with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.dialects.postgres import catalog, types
from reconciler.dialects.postgres.identity import bounds
from reconciler.model.objects import NumberSequence, Object, OwnedBy
from reconciler.model.ref import Kind
from reconciler.model.types import Type

if TYPE_CHECKING:
    from reconciler.dialects.postgres.reading import Row, Rows


def parts_of_columns(rows: Rows) -> Mapping[tuple[int, int], Row]:
    """Return by (relation, column number) the sequences that an identity or serial column brings along.

    A sequence that some column of a relation which is no table of ours owns is part of that, too.
    """
    owned = {(row[5], row[6]): row for row in rows.sequences if row[5] is not None}
    if not owned:
        return {}
    tables = {row[0] for row in rows.relations if rows.is_table(row)}
    found = {key: row for key, row in owned.items() if row[7] == "i" or key[0] not in tables}
    for column in rows.columns:
        row = owned.get((column[0], column[1]))
        if row is not None and is_serial(column, row, rows):
            found[column[0], column[1]] = row
    return found


def is_serial(column: Row, sequence: Row, rows: Rows) -> bool:
    """Say whether a column and the sequence that it owns are what `serial` makes, NOT NULL and nothing beyond it."""
    place = (catalog.PG_ATTRDEF, column[11] or 0, 0)
    draws = (catalog.PG_CLASS, sequence[0], 0) in rows.edges.get(place, ())
    least, most, cache, cycle, type_, comment = sequence[8:14]
    plain = (sequence[3], sequence[4], least, cache, cycle, comment) == (1, 1, 1, 1, False, None)
    not_null = bool(column[4])
    return draws and not_null and plain and type_ == column[3] in types.SERIAL_OF and most == bounds(type_, 1).maximum


def sequences(rows: Rows) -> Iterator[Object]:
    """Yield the sequences that are objects of their own, each with its owner."""
    for row in rows.sequences:
        ref = rows.address.get((catalog.PG_CLASS, row[0], 0))
        if ref is None or ref.kind != Kind.SEQUENCE:
            continue
        least, most, cache, cycle, type_, comment = row[8:14]
        yield NumberSequence(
            ref=ref, type=Type(type_, native=True), start=row[3], increment=row[4], minimum=least, maximum=most,
            cache=cache, cycle=cycle, comment=comment,
        )  # fmt: skip
        owner = rows.address.get((catalog.PG_CLASS, row[5], row[6])) if row[5] is not None else None
        if owner is not None:
            yield OwnedBy(ref=ref.child(Kind.OWNED_BY), column=owner)
