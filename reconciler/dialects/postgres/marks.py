"""Catalog rows in, a word for each table and view that changes with all that they say of it out; it makes no object.

Two readings that give a root the same mark give it the same objects, so a row that no root owns counts for all of them.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, replace
from typing import Any

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.reading import Row, Rows, relation_ref
from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind, Ref

_MARKED = frozenset({Kind.TABLE, Kind.VIEW})

# Which value of a row is the oid of the relation that it belongs to. What is not listed, a field that is added one day
# too, counts for every root.
OWNERS: Mapping[str, int] = {
    "relations": 0, "columns": 0, "constraints": 1, "indexes": 1, "views": 0, "grants": 0, "sequences": 5,
    "leftovers": 3, "beyond": 0, "triggers": 1, "row_types": 2,
}  # fmt: skip
# The same for what is kept by catalog entry; these are looked through by hand.
_BY_PLACE = frozenset({"edges", "other_grants"})
# What follows from the rest, and is found when objects are made.
DERIVED = frozenset({"address", "column_names", "inner"})

# Marshalling of this version depends on values alone, and not on which of them are one object.
_PLAIN = 2
_TARGET, _TARGET_COLUMNS = 5, 6
# The oid that nothing has (src/include/postgres_ext.h, InvalidOid).
_NOBODY = 0


@frozen_in_order
class Marked:
    """The marks of tables and views, which of them each of them names, and those that something else names."""

    marks: Mapping[Ref, str]
    names: Mapping[Ref, frozenset[Ref]]
    pinned: frozenset[Ref]


def marked(rows: Rows, circumstances: str) -> Marked:
    """Return the marks of tables and views, with who names whom.

    Args:
        rows: one reading, addresses not needed.
        circumstances: what else decides what is made of the rows.
    """
    refs = {row[0]: relation_ref(row, rows.schemas) for row in rows.relations}
    own: dict[int, list[Any]] = {oid: [] for oid, ref in refs.items() if ref.kind in _MARKED}
    rest: list[Any] = [circumstances]
    named: dict[int, set[Ref]] = {_NOBODY: set(), **{oid: set() for oid in own}}
    for name in (field.name for field in fields(rows) if field.name not in _BY_PLACE | DERIVED):
        if name in OWNERS:
            _shared_out(getattr(rows, name), OWNERS[name], own, rest)
        else:
            rest.append((name, getattr(rows, name)))
    for (oid, number), grants in rows.other_grants.items():
        (own.get(oid, rest) if number else rest).append(grants)
    _foreign_keys(rows, refs, own, named)
    _edges(rows, refs, own, rest, named)
    common = _hash(_flat(rest)).encode()
    marks = {refs[oid]: _hash(common + _flat(group)) for oid, group in own.items()}
    inner = {row[0] for row in rows.inner.values()}
    named[_NOBODY] |= {refs[row[5]] for row in rows.sequences if row[5] in own and row[0] not in inner}
    pinned = frozenset(named.pop(_NOBODY))
    return Marked(marks, {refs[oid]: frozenset(found) for oid, found in named.items()}, pinned)


def _hash(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _flat(value: list[Any]) -> bytes:
    """Return a value as bytes, the same for the same; slower where a driver gives what is not plain."""
    try:
        return marshal.dumps(value, _PLAIN)
    except ValueError:
        return repr(value).encode()


def _shared_out(rows: Sequence[Row], at: int, own: Mapping[int, list[Any]], rest: list[Any]) -> None:
    """Give each row to the group of its relation. Between the rows of two queries stands a mark of the first."""
    for group in own.values():
        group.append(at)
    rest.append(at)
    for row in rows:
        own.get(row[at], rest).append(row)


def _foreign_keys(
    rows: Rows, refs: Mapping[int, Ref], own: Mapping[int, list[Any]], named: Mapping[int, set[Ref]]
) -> None:
    """Add what a foreign key refers to by its name: its own row has numbers, which keep their meaning no longer."""
    names = rows.column_names
    for row in rows.constraints:
        target = row[_TARGET]
        if target and row[1] in own:
            ref = refs.get(target)
            columns = [names.get((target, number)) for number in row[_TARGET_COLUMNS] or ()]
            own[row[1]].append((_word(ref), columns))
            if target in own and ref is not None and target != row[1]:
                named[row[1]].add(ref)


def _word(ref: Ref | None) -> str:
    return "" if ref is None else str(ref)


def _edges(
    rows: Rows, refs: Mapping[int, Ref], own: Mapping[int, list[Any]], rest: list[Any], named: Mapping[int, set[Ref]]
) -> None:
    """Add what each root uses by its name; what that is called that is no part of a root counts for all anyway."""
    if not rows.edges:
        return
    owners = dict(_owners(rows))
    inner = {row[0]: row[2] for row in (*rows.indexes, *rows.constraints)}
    for place, targets in rows.edges.items():
        owner = owners.get(place[:2], _NOBODY)
        for target in targets:
            holder = owners.get(target[:2], _NOBODY)
            name = rows.column_names.get((target[1], target[2])) if target[2] else inner.get(target[1])
            own.get(owner, rest).append((place, target, _word(refs.get(holder)), name))
            if holder in own and holder != owner:
                named[owner if owner in own else _NOBODY].add(refs[holder])


def _owners(rows: Rows) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield for each entry of a catalog the relation that it is a part of."""
    yield from (((catalog.PG_CLASS, row[0]), row[0]) for row in rows.relations)
    yield from (((catalog.PG_ATTRDEF, row[11]), row[0]) for row in rows.columns if row[11] is not None)
    yield from (((catalog.PG_CONSTRAINT, row[0]), row[1]) for row in rows.constraints)
    yield from (((catalog.PG_CLASS, row[14]), row[1]) for row in rows.constraints if row[3] in "pu")
    yield from (((catalog.PG_CLASS, row[0]), row[1]) for row in rows.indexes)
    yield from (((catalog.PG_REWRITE, row[4]), row[0]) for row in rows.views)
    yield from (((row[0], row[1]), row[3]) for row in rows.leftovers if row[3])
    yield from (((catalog.PG_TRIGGER, row[0]), row[1]) for row in rows.triggers)
    yield from (((catalog.PG_TYPE, oid), relation) for *types, relation in rows.row_types for oid in types)


def without(rows: Rows, aside: AbstractSet[Ref]) -> Rows:
    """Return a reading without what belongs to some roots."""
    if not aside:
        return rows
    gone = {row[0] for row in rows.relations if relation_ref(row, rows.schemas) in aside}
    left: dict[str, Any] = {
        name: [row for row in getattr(rows, name) if row[at] not in gone] for name, at in OWNERS.items()
    }
    inner = {place: row for place, row in rows.inner.items() if place[0] not in gone}
    # A sequence that a column owns and is no part of it is an object of its own.
    parts = {row[0] for place, row in rows.inner.items() if place[0] in gone}
    left["sequences"] = [row for row in rows.sequences if row[0] not in parts]
    return replace(rows, **left, address={}, inner=inner)
