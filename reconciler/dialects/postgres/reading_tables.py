"""Catalog rows in, tables with their columns, constraints and indexes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from reconciler.dialects.postgres import catalog, types
from reconciler.dialects.postgres.identity import settled as settled_identity
from reconciler.dialects.postgres.literals import settled
from reconciler.dialects.postgres.names import of, qualified, type_name
from reconciler.dialects.postgres.reading import Row, Rows
from reconciler.dialects.postgres.reading_indexes import deferrable, index_clauses, indexes, roles
from reconciler.dialects.postgres.reading_indexes import options as index_options
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Check, Column, ForeignKey, Object, Options, PrimaryKey, Table, Unique, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Default, Generated, Identity, Sql

_ACTIONS: Mapping[str, Action] = {
    "a": Action.NO_ACTION, "r": Action.RESTRICT, "c": Action.CASCADE, "n": Action.SET_NULL, "d": Action.SET_DEFAULT,
}  # fmt: skip


def tables(rows: Rows) -> Iterator[Object]:
    """Yield every table and all that is inside it."""
    owners = {row[0]: rows.address[catalog.PG_CLASS, row[0], 0] for row in rows.relations}
    for row in rows.relations:
        if owners[row[0]].kind == Kind.TABLE:
            yield _table(row, owners[row[0]])
    yield from _columns(rows)
    yield from _constraints(rows, owners)
    yield from indexes(rows)


def _table(row: Row, ref: Ref) -> Table:
    """What a spec cannot say is noted, so that nobody takes the table for a plain one."""
    storage = [*index_options(row[8]), *((f"toast.{name}", value) for name, value in index_options(row[15]))]
    found: list[tuple[str, str | int | bool]] = [(f"storage.{name}", value) for name, value in storage]
    if row[4] == "u":
        found.append(("unlogged", True))
    return Table(ref=ref, comment=row[10], options=tuple(sorted(found)), not_understood=", ".join(_beyond(row)))


# pg_class.relreplident → the words for it; an index that has this role knows it itself.
_REPLICA_IDENTITIES: Mapping[str, str] = {"f": "REPLICA IDENTITY FULL", "n": "REPLICA IDENTITY NOTHING"}


def _beyond(row: Row) -> Iterator[str]:
    """Yield what a table has that is left as it is; nothing that is done to it takes any of this away."""
    method, tablespace, identity, forced = row[11:15]
    if method:
        yield f"USING {method}"
    if tablespace:
        yield f"TABLESPACE {tablespace}"
    if identity in _REPLICA_IDENTITIES:
        yield _REPLICA_IDENTITIES[identity]
    if forced:
        yield "FORCE ROW LEVEL SECURITY"


@lru_cache(maxsize=10_000)
def _type(words: str) -> Type:
    return Type(types.canonical_type(words), native=True)


def _columns(rows: Rows) -> Iterator[Column]:
    address, edges, inner = rows.address, rows.edges, rows.inner
    for row in rows.columns:
        place = (catalog.PG_CLASS, row[0], row[1])
        ref = address.get(place)
        if ref is None:
            continue
        own = (row[0], row[1])
        depends = place in edges or (catalog.PG_ATTRDEF, row[11], 0) in edges
        if depends or own in inner or own in rows.other_grants:
            yield _column(row, ref, rows, inner.get((row[0], row[1])))
        else:
            type_, default, generated = _plain(row[3], row[6], row[7])
            yield Column(
                ref=ref, type=type_, not_null=row[4], default=default, generated=generated, collation=row[8],
                comment=row[9], position=row[1], options=_settings(*row[12:15]),
            )  # fmt: skip


@lru_cache(maxsize=10_000)
def _plain(words: str, generated: str, text: str | None) -> tuple[Type, Default | None, Generated | None]:
    """Return what a column that rests on nothing is like: of many columns, few differ in this."""
    type_ = _type(words)
    if text is None:
        return type_, None, None
    expression = Sql(text, "postgres")
    if generated:
        return type_, None, Generated(expression, stored=generated == "s")
    return type_, settled(expression, words, is_enum=False), None


def _column(row: Row, ref: Ref, rows: Rows, sequence: Row | None) -> Column:
    relation, number, _, words, not_null, identity, generated, text, collation, comment, _, default_oid, *_ = row
    places = ((catalog.PG_CLASS, relation, number), (catalog.PG_ATTRDEF, default_oid or 0, 0))
    uses = rows.uses(*places, own=ref) if rows.edges else frozenset[Ref]()
    serial = types.SERIAL_OF[words] if sequence and sequence[7] == "a" else ""
    expression = None if text is None or serial else Sql(text, "postgres")
    is_enum = any(used.kind == Kind.ENUM and type_name(used) == words for used in uses)
    return Column(
        ref=ref, type=_type(serial or words), not_null=not_null,
        default=None if generated or expression is None else settled(expression, words, is_enum),
        generated=Generated(expression, stored=generated == "s") if generated and expression else None,
        identity=_identity(identity, sequence, words), collation=collation, comment=comment, position=number,
        options=_settings(*row[12:15]), clauses=_sequence_name(sequence, rows), uses=uses,
        carried=tuple(_grant(ref, row) for row in rows.other_grants.get((relation, number), ())),
    )  # fmt: skip


def _grant(ref: Ref, row: Row) -> str:
    """Write who may do what with a column."""
    _, _, privilege, grantee, grantable = row
    whom = "PUBLIC" if grantee is None else double_quoted(grantee)
    further = " WITH GRANT OPTION" if grantable else ""
    return f"GRANT {privilege} ({double_quoted(ref.name)}) ON {of(ref.top)} TO {whom}{further}"


# pg_attribute.attstorage and attcompression → the words of a spec.
_STORAGES: Mapping[str, str] = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_COMPRESSIONS: Mapping[str, str] = {"p": "pglz", "l": "lz4"}


def _settings(storage: str | None, compression: str, statistics: int) -> Options:
    found: list[tuple[str, str | int | bool]] = []
    if compression in _COMPRESSIONS:
        found.append(("compression", _COMPRESSIONS[compression]))
    if statistics >= 0:
        found.append(("statistics", statistics))
    if storage:
        found.append(("storage", _STORAGES[storage]))
    return tuple(found)


def _identity(letter: str, sequence: Row | None, type_name: str) -> Identity | None:
    if not letter:
        return None
    if sequence is None:
        return settled_identity(Identity(always=letter == "a"), type_name)
    start, increment, minimum, maximum, cache, cycle = (*sequence[3:5], *sequence[8:12])
    return settled_identity(Identity(letter == "a", start, increment, minimum, maximum, cache, cycle), type_name)


def _sequence_name(sequence: Row | None, rows: Rows) -> str:
    return qualified(rows.schemas[sequence[1]], sequence[2]) if sequence else ""


def _constraints(rows: Rows, owners: Mapping[int, Ref]) -> Iterator[Object]:
    for row in rows.constraints:
        ref = rows.address.get((catalog.PG_CONSTRAINT, row[0], 0))
        if ref is None or owners[row[1]].kind != Kind.TABLE or ref.kind == Kind.EXCLUSION:
            continue
        if row[21] is not None:
            yield Unmodelled(ref=ref, definition=row[21], uses=_constraint_columns(row, ref, rows))
        else:
            yield _CONSTRAINTS[row[3]](row, ref, rows)


def _constraint_columns(row: Row, ref: Ref, rows: Rows) -> frozenset[Ref]:
    named = {ref.top.child(Kind.COLUMN, rows.column(row[1], number)) for number in row[4] or () if number > 0}
    return frozenset(named) | rows.uses((catalog.PG_CONSTRAINT, row[0], 0), own=ref)


def _names(row: Row, rows: Rows) -> tuple[str, ...]:
    return tuple(rows.column(row[1], number) for number in row[4])


def _included(row: Row, rows: Rows) -> tuple[str, ...]:
    return tuple(rows.column(row[1], int(number)) for number in row[18].split()[row[19] :]) if row[18] else ()


def _primary_key(row: Row, ref: Ref, rows: Rows) -> PrimaryKey:
    return PrimaryKey(
        ref=ref, columns=_names(row, rows), name=row[2], include=_included(row, rows), comment=row[16],
        deferrable=deferrable(row[10], row[11]), clauses=index_clauses(row[20], row[24]),
        carried=tuple(roles(ref, row[2], row[25], row[26])),
    )  # fmt: skip


def _unique(row: Row, ref: Ref, rows: Rows) -> Unique:
    return Unique(
        ref=ref, columns=_names(row, rows), nulls_not_distinct=row[17], include=_included(row, rows),
        deferrable=deferrable(row[10], row[11]), comment=row[16], clauses=index_clauses(row[20], row[24]),
        carried=tuple(roles(ref, row[2], row[25], row[26])),
    )  # fmt: skip


def _check(row: Row, ref: Ref, rows: Rows) -> Check:
    return Check(
        ref=ref, expression=Sql(row[15], "postgres"), no_inherit=row[13], enforced=row[23],
        not_valid=row[23] and not row[12], comment=row[16],
        uses=_constraint_columns(row, ref, rows),
    )  # fmt: skip


def _foreign_key(row: Row, ref: Ref, rows: Rows) -> Object:
    target = rows.address.get((catalog.PG_CLASS, row[5], 0))
    if target is None or target.kind != Kind.TABLE:
        # It points into a schema, or to a sort of table, that this tool does not manage.
        return Unmodelled(ref=ref.top.child("constraint", ref.name), uses=_constraint_columns(row, ref, rows))
    key = rows.address.get((catalog.PG_CLASS, row[14], 0))
    return ForeignKey(
        ref=ref, columns=_names(row, rows), target=target,
        target_columns=tuple(rows.column(row[5], number) for number in row[6]),
        on_update=_ACTIONS[row[7]], on_delete=_ACTIONS[row[8]],
        on_delete_columns=tuple(rows.column(row[1], number) for number in row[22] or ()),
        match_full=row[9] == "f", deferrable=deferrable(row[10], row[11]), enforced=row[23],
        not_valid=row[23] and not row[12], comment=row[16],
        uses=frozenset({key} if key else ()),
    )  # fmt: skip


_CONSTRAINTS = {"p": _primary_key, "u": _unique, "c": _check, "f": _foreign_key}
