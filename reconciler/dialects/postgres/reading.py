"""Managed schemas in, every catalog row that concerns them out, with the addresses that their oids stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.catalog_beyond import beyond
from reconciler.dialects.postgres.reading_programs import address_programs, read_programs
from reconciler.dialects.postgres.reading_sequences import parts_of_columns
from reconciler.dialects.postgres.session import features
from reconciler.model.ref import Kind, Ref

Row = tuple[Any, ...]
Place = tuple[int, int, int]

# pg_class.relkind → kind word of relations that are not modelled
_FOREIGN_KINDS: Mapping[str, str] = {
    "p": "partitioned_table",
    "f": "foreign_table",
    "c": "type",
}


@dataclass(slots=True)
class Rows:
    """One reading. `schemas` is {oid: word in an address}; `address` leads from a catalog entry to its Ref.

    What is read of tables and views has its line in marks.OWNERS; without one it counts for all of them.
    `opclasses` are {oid: (name, whether it is its type's default)}; `members` lead from what belongs to an extension to
    the extension's oid, `folded` from functions that are the body of a trigger, and nothing else, to that trigger;
    `inner` the sequences that are part of a column, by
    relation and column number.
    """

    schemas: Mapping[int, str]
    schema_comments: Mapping[int, str] = field(default_factory=dict)
    relations: Sequence[Row] = ()
    columns: Sequence[Row] = ()
    constraints: Sequence[Row] = ()
    indexes: Sequence[Row] = ()
    enums: Sequence[Row] = ()
    domains: Sequence[Row] = ()
    domain_checks: Sequence[Row] = ()
    extensions: Sequence[Row] = ()
    sequences: Sequence[Row] = ()
    views: Sequence[Row] = ()
    grants: Sequence[Row] = ()
    other_grants: Mapping[tuple[int, int], Sequence[Row]] = field(default_factory=dict)
    leftovers: Sequence[Row] = ()
    beyond: Sequence[Row] = ()
    routines: Sequence[Row] = ()
    routine_grants: Sequence[Row] = ()
    row_types: Sequence[Row] = ()
    triggers: Sequence[Row] = ()
    folded: Mapping[int, int] = field(default_factory=dict)
    opclasses: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    collations: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[Place, Sequence[Place]] = field(default_factory=dict)
    members: Mapping[tuple[int, int], int] = field(default_factory=dict)
    address: dict[Place, Ref] = field(default_factory=dict)
    column_names: Mapping[tuple[int, int], str] = field(default_factory=dict)
    inner: Mapping[tuple[int, int], Row] = field(default_factory=dict)

    def uses(self, *places: Place, own: Ref) -> frozenset[Ref]:
        """Return what the catalog says that these entries refer to, by address; the object itself left out."""
        found: set[Ref] = set()
        for place in places:
            for target in self.edges.get(place, ()):
                ref = self.address.get(target) or self.address.get((target[0], target[1], 0))
                if ref is not None:
                    found.add(ref)
        found.discard(own)
        return frozenset(found)

    def is_table(self, row: Row) -> bool:
        """Say whether a relation is a table of ours."""
        return relation_ref(row, self.schemas).kind == Kind.TABLE

    def column(self, relation: int, number: int) -> str:
        """Return a column's name."""
        return self.column_names[relation, number]


def schemas_of(session: Session, names: Mapping[str, str]) -> Sequence[Row]:
    """Return (oid, word, comment) of those schemas that exist; `names` is {name: word in an address}."""
    wanted = "{" + ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names) + "}"
    return [(oid, names[name], comment) for oid, name, comment in session.query(catalog.SCHEMAS, {"names": wanted})]


def read_shapes(session: Session, schemas: Mapping[int, str]) -> Rows:
    """Read tables, columns, constraints, indexes, types and views: all that has texts to compare."""
    rows = _shapes(session, schemas)
    _address(rows)
    return rows


def _shapes(session: Session, schemas: Mapping[int, str]) -> Rows:
    given = {"namespaces": "{" + ",".join(map(str, schemas)) + "}"}
    known = features(session)
    rows = Rows(
        schemas=schemas,
        relations=session.query(catalog.RELATIONS, given),
        columns=session.query(catalog.columns(known), given),
        constraints=session.query(catalog.constraints(known), given),
        indexes=session.query(catalog.indexes(known), given),
        enums=session.query(catalog.ENUMS, given),
        domains=session.query(catalog.DOMAINS, given),
        views=session.query(catalog.VIEWS, given),
        opclasses={str(oid): (name, is_default) for oid, name, is_default in session.query(catalog.OPCLASSES)},
    )
    if rows.domains:
        rows.domain_checks = session.query(catalog.DOMAIN_CHECKS, given)
    rows.column_names = {(row[0], row[1]): row[2] for row in rows.columns}
    if any(row[11] is not None or _has_own_collation(row) for row in rows.indexes):
        rows.collations = {str(oid): name for oid, name in session.query(catalog.COLLATIONS)}
    return rows


@contextmanager
def _in_bulk(session: Session) -> Iterator[None]:
    """Let the server join by hashes and not row by row.

    It believes that a schema is nearly empty until its catalogs are analyzed, which nobody does inside the transaction
    that makes five thousand tables; joining row by row then takes the square of the time (manual, "Query Planning").
    """
    session.execute("SET enable_nestloop TO off")
    try:
        yield
    finally:
        with suppress(DatabaseError):  # a transaction that failed takes no more words, and tells its own error
            session.execute("RESET enable_nestloop")


def read_all(session: Session, schemas: Mapping[int, str]) -> Rows:
    """Read everything in these schemas, and what refers to what; what belongs to an extension is left out.

    Nothing has an address yet: `addressed` gives them.
    """
    with _in_bulk(session):
        return _everything(session, schemas)


def _everything(session: Session, schemas: Mapping[int, str]) -> Rows:
    given = {"namespaces": "{" + ",".join(map(str, schemas)) + "}"}
    rows = _shapes(session, schemas)
    rows.sequences = session.query(catalog.SEQUENCES, given)
    rows.extensions = session.query(catalog.EXTENSIONS)
    rows.leftovers = session.query(catalog.LEFTOVERS, given)
    rows.beyond = session.query(beyond(features(session)), given)
    read_programs(rows, session, given, features(session))
    if rows.views:
        rows.grants = session.query(catalog.VIEW_GRANTS, given)
    rows.other_grants = _by_place(session.query(catalog.OTHER_GRANTS, given))
    edges: dict[Place, list[Place]] = {}
    members: dict[tuple[int, int], int] = {}
    for cls, oid, sub, other_cls, other, other_sub, how in session.query(catalog.DEPENDENCIES):
        if how == "e":
            members[cls, oid] = other
        else:
            edges.setdefault((cls, oid, sub), []).append((other_cls, other, other_sub))
    rows.edges, rows.members = edges, members
    _without(rows, members)
    rows.inner = parts_of_columns(rows)
    return rows


def addressed(rows: Rows) -> Rows:
    """Return what was read with the addresses of everything that an edge may lead to."""
    _address(rows)
    _address_members(rows)
    return rows


def _address_members(rows: Rows) -> None:
    """Whatever uses a part of an extension uses the extension."""
    for oid, name, *_ in rows.extensions:
        rows.address[catalog.PG_EXTENSION, oid, 0] = Ref.root(Kind.EXTENSION, name)
    for (cls, oid), extension in rows.members.items():
        ref = rows.address.get((catalog.PG_EXTENSION, extension, 0))
        if ref is not None:
            rows.address[cls, oid, 0] = ref


def _by_place(rows: Sequence[Row]) -> Mapping[tuple[int, int], Sequence[Row]]:
    found: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(row)
    return found


def _has_own_collation(row: Row) -> bool:
    return any(word not in ("0", str(catalog.DEFAULT_COLLATION)) for word in row[10].split())


def _without(rows: Rows, members: Mapping[tuple[int, int], int]) -> None:
    """Take out what extensions own."""
    if not members:
        return
    rows.relations = [row for row in rows.relations if (catalog.PG_CLASS, row[0]) not in members]
    rows.views = [row for row in rows.views if (catalog.PG_CLASS, row[0]) not in members]
    rows.enums = [row for row in rows.enums if (catalog.PG_TYPE, row[0]) not in members]
    rows.domains = [row for row in rows.domains if (catalog.PG_TYPE, row[0]) not in members]
    rows.sequences = [row for row in rows.sequences if (catalog.PG_CLASS, row[0]) not in members]
    rows.leftovers = [row for row in rows.leftovers if (row[0], row[1]) not in members]
    rows.routines = [row for row in rows.routines if (catalog.PG_PROC, row[0]) not in members]
    rows.triggers = [row for row in rows.triggers if (catalog.PG_TRIGGER, row[0]) not in members]


def _address(rows: Rows) -> None:
    """Note the address of every catalog entry that an edge may lead to."""
    address = rows.address
    for row in rows.relations:
        address[catalog.PG_CLASS, row[0], 0] = relation_ref(row, rows.schemas)
    for row in rows.enums:
        ref = Ref.root(Kind.ENUM, row[3], rows.schemas[row[2]])
        address[catalog.PG_TYPE, row[0], 0] = address[catalog.PG_TYPE, row[1], 0] = ref
    for row in rows.domains:
        ref = Ref.root(Kind.DOMAIN, row[3], rows.schemas[row[2]])
        address[catalog.PG_TYPE, row[0], 0] = address[catalog.PG_TYPE, row[1], 0] = ref
    for relation, number, name, *_ in rows.columns:
        table = address.get((catalog.PG_CLASS, relation, 0))
        if table is not None and table.parts[0] == Kind.TABLE:
            address[catalog.PG_CLASS, relation, number] = table.child(Kind.COLUMN, name)
    _address_children(rows)
    _address_leftovers(rows)


_CONSTRAINTS: Mapping[str, str] = {
    "p": Kind.PRIMARY_KEY,
    "u": Kind.UNIQUE,
    "c": Kind.CHECK,
    "f": Kind.FOREIGN_KEY,
    "x": Kind.EXCLUSION,
}


def constraint_ref(table: Ref, row: Row) -> Ref:
    """Return the address of a constraint; one of a form that we do not model has its own kind word."""
    kind = _CONSTRAINTS[row[3]] if row[21] is None else "constraint"
    return table.child(kind, "" if kind == Kind.PRIMARY_KEY else row[2])


def _address_children(rows: Rows) -> None:
    for row in rows.constraints:
        table = rows.address.get((catalog.PG_CLASS, row[1], 0))
        if table is not None:
            ref = constraint_ref(table, row)
            rows.address[catalog.PG_CONSTRAINT, row[0], 0] = ref
            if row[3] in "pux":  # the index of a constraint is the constraint
                rows.address[catalog.PG_CLASS, row[14], 0] = ref
    for row in rows.indexes:
        table = rows.address.get((catalog.PG_CLASS, row[1], 0))
        if table is not None and (catalog.PG_CLASS, row[0], 0) not in rows.address:
            rows.address[catalog.PG_CLASS, row[0], 0] = table.child(Kind.INDEX, row[2])


def _address_leftovers(rows: Rows) -> None:
    for cls, oid, kind, relation, schema, name, _ in rows.leftovers:
        if not relation:
            rows.address[cls, oid, 0] = Ref.root(kind, name, rows.schemas[schema])
        elif (holder := rows.address.get((catalog.PG_CLASS, relation, 0))) is not None:
            rows.address[cls, oid, 0] = holder.child(kind, name)
    _address_sequences(rows)
    address_programs(rows)


def _address_sequences(rows: Rows) -> None:
    """A sequence that is part of a column has the column's address."""
    columns = {row[0]: rows.address.get((catalog.PG_CLASS, *place)) for place, row in rows.inner.items()}
    for oid, schema, name, *_ in rows.sequences:
        ref = columns[oid] if oid in columns else Ref.root(Kind.SEQUENCE, name, rows.schemas[schema])
        if ref is not None:
            rows.address[catalog.PG_CLASS, oid, 0] = ref


def relation_ref(row: Row, schemas: Mapping[int, str]) -> Ref:
    """Return the address of a relation; tables in some hierarchy, or of a type, are not tables of ours."""
    _, schema, name, kind, _, partition, typed, inherits, *_ = row
    if kind in ("v", "m"):
        word: str = Kind.VIEW
    elif partition:
        word = "partition"
    elif kind != "r":
        word = _FOREIGN_KINDS[kind]
    else:
        word = "typed_table" if typed else "inherited_table" if inherits else Kind.TABLE
    return Ref.root(word, name, schemas[schema])
