"""Catalog rows in, tables with their columns, constraints and indexes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from reconciler.dialects.postgres import catalog, types
from reconciler.dialects.postgres.literals import settled
from reconciler.dialects.postgres.names import columns as column_list
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.reading import Row, Rows
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Action, Default, Deferrable, Generated, Identity, IndexPart, Sql

_ACTIONS: Mapping[str, Action] = {
    "a": Action.NO_ACTION, "r": Action.RESTRICT, "c": Action.CASCADE, "n": Action.SET_NULL, "d": Action.SET_DEFAULT,
}  # fmt: skip
# Bits of pg_index.indoption.
_DESCENDING, _NULLS_FIRST = 1, 2


def tables(rows: Rows) -> Iterator[Object]:
    """Yield every table and all that is inside it."""
    owners = {row[0]: rows.address[catalog.PG_CLASS, row[0], 0] for row in rows.relations}
    for row in rows.relations:
        if owners[row[0]].kind == Kind.TABLE:
            yield _table(row, owners[row[0]])
    yield from _columns(rows)
    yield from _constraints(rows, owners)
    yield from _indexes(rows)


def _table(row: Row, ref: Ref) -> Table:
    """What a spec cannot say yet is noted, so that nobody takes the table for a plain one."""
    persistence, options, comment = row[4], row[8], row[10]
    beyond = (["UNLOGGED"] if persistence == "u" else []) + ([f"WITH ({', '.join(options)})"] if options else [])
    return Table(ref=ref, comment=comment, not_understood=" ".join(beyond))


@lru_cache(maxsize=10_000)
def _type(words: str) -> Type:
    return Type(types.canonical_type(words), native=True)


def _columns(rows: Rows) -> Iterator[Column]:
    sequences = {(row[5], row[6]): row for row in rows.sequences if row[5] is not None}
    address, edges = rows.address, rows.edges
    for row in rows.columns:
        place = (catalog.PG_CLASS, row[0], row[1])
        ref = address.get(place)
        if ref is None:
            continue
        if place in edges or (catalog.PG_ATTRDEF, row[11], 0) in edges or (row[0], row[1]) in sequences:
            yield _column(row, ref, rows, sequences.get((row[0], row[1])))
        else:
            type_, default, generated = _plain(row[3], row[6], row[7])
            yield Column(
                ref=ref, type=type_, not_null=row[4], default=default, generated=generated, collation=row[8],
                comment=row[9], position=row[1],
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
    relation, number, _, words, not_null, identity, generated, text, collation, comment, _, default_oid = row
    places = ((catalog.PG_CLASS, relation, number), (catalog.PG_ATTRDEF, default_oid or 0, 0))
    uses = rows.uses(*places, own=ref) if rows.edges else frozenset[Ref]()
    serial = _serial(words, sequence, default_oid, rows)
    expression = None if text is None or serial else Sql(text, "postgres")
    is_enum = any(used.kind == Kind.ENUM for used in uses) and not words.endswith("[]")
    return Column(
        ref=ref, type=_type(serial or words), not_null=not_null,
        default=None if generated or expression is None else settled(expression, words, is_enum),
        generated=Generated(expression, stored=generated == "s") if generated and expression else None,
        identity=_identity(identity, sequence), collation=collation, comment=comment, position=number,
        clauses=_sequence_name(sequence, rows) if serial else "", uses=uses,
    )  # fmt: skip


def _identity(letter: str, sequence: Row | None) -> Identity | None:
    if not letter:
        return None
    start, increment = (sequence[3], sequence[4]) if sequence else (1, 1)
    return Identity(always=letter == "a", start=start, increment=increment)


def _serial(words: str, sequence: Row | None, default_oid: int | None, rows: Rows) -> str:
    """Return bigserial, serial or smallserial when the column draws from a sequence that it owns, else ""."""
    if sequence is None or sequence[7] != "a" or default_oid is None or (sequence[3], sequence[4]) != (1, 1):
        return ""
    draws = (catalog.PG_CLASS, sequence[0], 0) in rows.edges.get((catalog.PG_ATTRDEF, default_oid, 0), ())
    return types.SERIAL_OF.get(words, "") if draws else ""


def _sequence_name(sequence: Row | None, rows: Rows) -> str:
    return qualified(rows.schemas[sequence[1]], sequence[2]) if sequence else ""


def _constraints(rows: Rows, owners: Mapping[int, Ref]) -> Iterator[Object]:
    for row in rows.constraints:
        ref = rows.address.get((catalog.PG_CONSTRAINT, row[0], 0))
        if ref is None or owners[row[1]].kind != Kind.TABLE:
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


def _deferrable(row: Row) -> Deferrable:
    if not row[10]:
        return Deferrable.NO
    return Deferrable.DEFERRED if row[11] else Deferrable.IMMEDIATE


def _key_clauses(row: Row, rows: Rows) -> list[str]:
    """Write what a key has beyond its columns."""
    found = []
    if row[18]:
        included = [rows.column(row[1], int(number)) for number in row[18].split()[row[19] :]]
        found.append(f"INCLUDE {column_list(included)}")
    if row[20]:
        found.append(f"WITH ({', '.join(row[20])})")
    return found


def _primary_key(row: Row, ref: Ref, rows: Rows) -> PrimaryKey:
    clauses = _key_clauses(row, rows)
    if row[10]:
        clauses.append(f"DEFERRABLE INITIALLY {'DEFERRED' if row[11] else 'IMMEDIATE'}")
    return PrimaryKey(ref=ref, columns=_names(row, rows), name=row[2], clauses=" ".join(clauses))


def _unique(row: Row, ref: Ref, rows: Rows) -> Unique:
    return Unique(
        ref=ref, columns=_names(row, rows), nulls_not_distinct=row[17], deferrable=_deferrable(row), comment=row[16],
        clauses=" ".join(_key_clauses(row, rows)),
    )  # fmt: skip


def _check(row: Row, ref: Ref, rows: Rows) -> Check:
    clauses = (["NO INHERIT"] if row[13] else []) + ([] if row[12] else ["NOT VALID"])
    return Check(
        ref=ref, expression=Sql(row[15], "postgres"), comment=row[16], clauses=" ".join(clauses),
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
        on_update=_ACTIONS[row[7]], on_delete=_ACTIONS[row[8]], deferrable=_deferrable(row), comment=row[16],
        clauses="MATCH FULL" if row[9] == "f" else "", uses=frozenset({key} if key else ()),
    )  # fmt: skip


_CONSTRAINTS = {"p": _primary_key, "u": _unique, "c": _check, "f": _foreign_key}


def _indexes(rows: Rows) -> Iterator[Index]:
    collations: dict[int, dict[int, str]] = {}
    for row in rows.columns:
        collations.setdefault(row[0], {})[row[1]] = str(row[10])
    for row in rows.indexes:
        ref = rows.address.get((catalog.PG_CLASS, row[0], 0))
        if ref is not None and ref.parts[0] == Kind.TABLE:
            yield _index(row, ref, rows, collations[row[1]])


def _index(row: Row, ref: Ref, rows: Rows, collations: Mapping[int, str]) -> Index:
    oid, relation, _, unique, valid, method, count, keys, *_, expressions, predicate, comment, definition = row
    numbers = [int(word) for word in keys.split()]
    uses = rows.uses((catalog.PG_CLASS, oid, 0), own=ref) if expressions or predicate else frozenset[Ref]()
    # What a concurrent build left behind enforces or speeds up nothing: it is not the index that anybody declared.
    method = method if valid else f"invalid {method}"
    return Index(
        ref=ref, unique=unique, method=None if method == "btree" else method,
        parts=tuple(_part(at, numbers[at], row, rows, collations) for at in range(count)),
        where=Sql(predicate, "postgres") if predicate else None,
        include=tuple(rows.column(relation, number) for number in numbers[count:]),
        comment=comment, definition=definition or "", uses=uses,
    )  # fmt: skip


def _part(at: int, number: int, row: Row, rows: Rows, collations: Mapping[int, str]) -> IndexPart:
    relation, expressions = row[1], row[11]
    options, opclass, collation = (int(row[8].split()[at]), row[9].split()[at], row[10].split()[at])
    descending, first = bool(options & _DESCENDING), bool(options & _NULLS_FIRST)
    # An expression takes the collation of the columns in it.
    inherited = {"0", str(catalog.DEFAULT_COLLATION), *([collations[number]] if number else collations.values())}
    expression = None if number else Sql(expressions[at], "postgres")
    return IndexPart(
        column=rows.column(relation, number) if number else None,
        expression=expression,
        descending=descending, nulls_first=None if first == descending else first,
        opclass=rows.opclasses.get(opclass),
        collation=None if collation in inherited else rows.collations.get(collation),
    )  # fmt: skip
