"""Catalog rows in, indexes and exclusion constraints out, with what they have beyond anything that a spec can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.names import qualified, table
from reconciler.dialects.postgres.reading import Rows
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Exclusion, Index, Options
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Deferrable, IndexPart, Sql

# What stands before the method of an index that a build which failed left behind.
INVALID = "invalid "
# What needs no word: no collation at all, and the database's own.
_ORDINARY = (0, catalog.DEFAULT_COLLATION)
_ORDINARY_WORDS = tuple(map(str, _ORDINARY))
_COLLATION_OF = itemgetter(0, 1, 10)
# Bits of pg_index.indoption.
_DESCENDING, _NULLS_FIRST = 1, 2


class _Row(NamedTuple):
    """One row of `catalog.indexes`, in its order."""

    oid: int
    relation: int
    name: str
    unique: bool
    valid: bool
    method: str
    width: int
    keys: str
    orders: str
    classes: str
    collations: str
    expressions: Sequence[str] | None
    predicate: str | None
    comment: str | None
    options: Sequence[str] | None
    tablespace: str | None
    nulls_not_distinct: bool
    is_identity: bool
    clusters: bool
    parameters: Mapping[str, Sequence[str]] | None
    targets: Mapping[str, int] | None
    constraint: int | None
    deferrable: bool | None
    deferred: bool | None
    constraint_comment: str | None
    operators: Sequence[str] | None


def indexes(rows: Rows) -> Iterator[Index | Exclusion]:
    """Yield every index that no key owns, and every exclusion constraint."""
    collations: dict[int, dict[int, str]] = {}
    for relation, number, collation in map(_COLLATION_OF, rows.columns):
        if collation not in _ORDINARY:
            collations.setdefault(relation, {})[number] = str(collation)
    for row in rows.indexes:
        ref = rows.address.get((catalog.PG_CLASS, row[0], 0))
        if ref is not None and ref.parts[0] in (Kind.TABLE, Kind.VIEW):
            made = _exclusion if ref.kind == Kind.EXCLUSION else _index
            yield made(_Row._make(row), ref, rows, collations.get(row[1], {}))


def _index(row: _Row, ref: Ref, rows: Rows, collations: Mapping[int, str]) -> Index:
    # What a concurrent build left behind enforces or speeds up nothing: it is not the index that anybody declared.
    method = row.method if row.valid else f"{INVALID}{row.method}"
    return Index(
        ref=ref, unique=row.unique, method=None if method == "btree" else method, parts=_parts(row, rows, collations),
        where=Sql(row.predicate, "postgres") if row.predicate else None, include=_included(row, rows),
        nulls_not_distinct=row.nulls_not_distinct, options=options(row.options), comment=row.comment,
        clauses=f"TABLESPACE {double_quoted(row.tablespace)}" if row.tablespace else "",
        carried=tuple(_carried(row, ref)), uses=_uses(row, ref, rows),
    )  # fmt: skip


def _exclusion(row: _Row, ref: Ref, rows: Rows, collations: Mapping[int, str]) -> Exclusion:
    return Exclusion(
        ref=ref, parts=_parts(row, rows, collations), method=None if row.method == "btree" else row.method,
        where=Sql(row.predicate, "postgres") if row.predicate else None, include=_included(row, rows),
        deferrable=deferrable(bool(row.deferrable), bool(row.deferred)), comment=row.constraint_comment,
        clauses=index_clauses(row.options, row.tablespace), carried=tuple(_carried(row, ref)),
        uses=_uses(row, ref, rows),
    )  # fmt: skip


def deferrable(may: bool, begins: bool) -> Deferrable:
    """Return when a constraint is checked, from the catalog's two columns."""
    if not may:
        return Deferrable.NO
    return Deferrable.DEFERRED if begins else Deferrable.IMMEDIATE


def options(texts: Sequence[str] | None) -> Options:
    """Return storage parameters, sorted."""
    pairs = (text.partition("=") for text in texts or ())
    return tuple(sorted((name, value) for name, _, value in pairs))


def index_clauses(parameters: Sequence[str] | None, tablespace: str | None) -> str:
    """Write what the index of a constraint has beyond its columns (manual, "CREATE TABLE", index_parameters)."""
    found = [f"WITH ({', '.join(parameters)})"] if parameters else []
    return " ".join([*found, *([f"USING INDEX TABLESPACE {double_quoted(tablespace)}"] if tablespace else [])])


def roles(ref: Ref, name: str, is_identity: bool, clusters: bool) -> Iterator[str]:
    """Yield what says again which index tells the table's rows apart in replication, and which one orders them."""
    if is_identity:
        yield f"ALTER TABLE {table(ref)} REPLICA IDENTITY USING INDEX {double_quoted(name)}"
    if clusters:
        yield f"ALTER TABLE {table(ref)} CLUSTER ON {double_quoted(name)}"


def _carried(row: _Row, ref: Ref) -> Iterator[str]:
    yield from roles(ref, row.name, row.is_identity, row.clusters)
    for number, target in (row.targets or {}).items():
        yield f"ALTER INDEX {qualified(ref.schema, row.name)} ALTER COLUMN {number} SET STATISTICS {target}"


def _included(row: _Row, rows: Rows) -> tuple[str, ...]:
    return tuple(rows.column(row.relation, int(number)) for number in row.keys.split()[row.width :])


def _uses(row: _Row, ref: Ref, rows: Rows) -> frozenset[Ref]:
    places = [(catalog.PG_CLASS, row.oid, 0)] if row.expressions or row.predicate else []
    if row.constraint is not None:
        places.append((catalog.PG_CONSTRAINT, row.constraint, 0))
    return rows.uses(*places, own=ref) if places else frozenset()


def _parts(row: _Row, rows: Rows, collations: Mapping[int, str]) -> tuple[IndexPart, ...]:
    every = (text.split() for text in (row.keys, row.orders, row.classes, row.collations))
    words = zip(*(found[: row.width] for found in every), strict=True)
    return tuple(_part(at, row, rows, collations, *each) for at, each in enumerate(words))


def _part(
    at: int, row: _Row, rows: Rows, collations: Mapping[int, str], key: str, orders: str, opclass: str, collation: str
) -> IndexPart:
    number, order = int(key), int(orders)
    descending, first = bool(order & _DESCENDING), bool(order & _NULLS_FIRST)
    # An expression takes the collation of the columns in it.
    inherited = {*_ORDINARY_WORDS, *([collations.get(number)] if number else collations.values())}
    name, is_default = rows.opclasses[opclass]
    parameters = row.parameters.get(str(at + 1)) if row.parameters else None
    return IndexPart(
        column=rows.column(row.relation, number) if number else None,
        expression=None if number or row.expressions is None else Sql(row.expressions[at], "postgres"),
        descending=descending, nulls_first=None if first == descending else first,
        opclass=None if is_default and not parameters else _opclass(name, parameters), implied_opclass=name,
        collation=None if collation in inherited else rows.collations.get(collation),
        operator=row.operators[at] if row.operators else None,
    )  # fmt: skip


def _opclass(name: str, parameters: Sequence[str] | None) -> str:
    return f"{name}({', '.join(parameters)})" if parameters else name
