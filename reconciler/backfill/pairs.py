"""A backfill in, the two sides of a comparison out: what its rows have to be, and what they are; each read in pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.backfill.ledger import rejects
from reconciler.backfill.mapping import Refusal, map_of
from reconciler.backfill.shapes import Reading, column_of, expression_of, reading_of, shape_of
from reconciler.backfill.values import Shape, Value, canonical, fit
from reconciler.backfill.work import Side, Work
from reconciler.dialects.verification_checks import sources_of
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Backfill, Verification
from reconciler.model.objects import Column
from reconciler.model.ref import Ref

# A row as it is compared: the canonical text of each column, null being none.
Texts = tuple[str | None, ...]


@frozen_in_order
class Reader:
    """One side: a table of a database, its key, and the expressions that are read of a row, the key's first.

    `columns` are the quoted columns of the key. `where` says which rows count, `without` are keys, as the ledger writes
    them, of rows that were left out. `make` gives the values of the key and of what is compared; None for a row that is
    not to be there.
    """

    side: Side
    table: Ref
    columns: tuple[str, ...]
    expressions: tuple[str, ...]
    where: str
    make: Callable[[Sequence[object]], tuple[Value, ...] | None]
    without: frozenset[str] = frozenset()


@frozen_in_order
class Pair:
    """What has to be, and what is; names, shapes and what is hidden are the key's first, which has so many columns."""

    expected: Reader
    found: Reader
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    hidden: tuple[bool, ...]
    width: int

    def texts(self, values: Sequence[Value]) -> tuple[Texts, Texts]:
        """Return the key and the compared values of a row as texts."""
        texts = tuple(canonical(value, shape) for value, shape in zip(values, self.shapes, strict=True))
        return texts[: self.width], texts[self.width :]


def pair_of(work: Work, one: Verification) -> Pair:
    """Return the sides of a checksum or sample. Raises PlanError where they cannot be told."""
    backfill = work.backfill
    sources = _sources(backfill)
    written = {name: _column(work, name) for name in sources}
    key = [_written_key(backfill, name, sources) for name in backfill.source.key]
    said = [name for name, expression in sources.items() if expression or backfill.copy]
    asked = list(one.columns) or [name for name in said if name not in key and _comparable(work, written[name])]
    if unknown := [name for name in asked if name not in said]:
        raise _refusal(backfill, f"{', '.join(unknown)}: no expression over a row is written to such columns")
    names = (*key, *asked)
    shapes = tuple(shape_of(work.target.dialect, written[name], work.target.model) for name in names)
    expected = _copied(work, names) if backfill.copy else _selected(work, names, shapes, sources)
    hidden = tuple(written[name].sensitive for name in names)
    return Pair(expected, _found(work, names, shapes, len(key)), names, shapes, hidden, len(key))


def target_keys(work: Work, names: Sequence[str]) -> Pair:
    """Return the target with some columns as its key, whatever else its rows hold."""
    columns = [_column(work, name) for name in names]
    shapes = tuple(shape_of(work.target.dialect, column, work.target.model) for column in columns)
    reader = replace(_found(work, names, shapes, len(names)), where="")
    hidden = tuple(column.sensitive for column in columns)
    return Pair(reader, reader, tuple(names), shapes, hidden, len(names))


def _sources(backfill: Backfill) -> Mapping[str, str]:
    """Return the written columns with what they hold of a source row. Raises PlanError where no row is one of these."""
    found = sources_of(backfill)
    if found is None:
        raise _refusal(backfill, "rows are compared one by one, and this does not make one row of each")
    return found


def _written_key(backfill: Backfill, name: str, sources: Mapping[str, str]) -> str:
    """Return the column that holds a column of the source's key as it is. Raises PlanError when none does."""
    for column, expression in sources.items():
        if expression.strip('"`').lower() == name.lower():
            return column
    raise _refusal(backfill, f"rows are compared by their key, and no column holds {name} as it is")


def _refusal(backfill: Backfill, message: str) -> PlanError:
    hint = "verify it by queries: zero_rows, equal or at_least"
    return PlanError([Problem(code="RUN047", message=message, hint=hint, address=str(backfill.ref))])


def _column(work: Work, name: str) -> Column:
    column = column_of(work.target.model, work.backfill.into, name)
    if column is None:
        raise _refusal(work.backfill, f"{work.backfill.into} in {work.target.label} has no column {name}")
    return column


def _comparable(work: Work, column: Column) -> bool:
    """Say whether values of a column are spelled in one way by us: what only the database reads may be spelled anew."""
    return work.target.dialect.family == "sqlite" or (
        shape_of(work.target.dialect, column, work.target.model).sort != "other"
    )


def _copied(work: Work, names: Sequence[str]) -> Reader:
    """Return the source of a copy: each row is made by the map once more."""
    assert work.backfill.copy is not None
    mapped = map_of(work, work.backfill.copy)
    places = [mapped.place_of(name) for name in names]

    def make(row: Sequence[object]) -> tuple[Value, ...] | None:
        values = mapped.row(mapped.decoded(row))
        return None if isinstance(values, Refusal) else tuple(values[place] for place in places)

    return _reader(work.source, work, mapped.readings, make)


def _reader(
    side: Side, work: Work, readings: Sequence[Reading], make: Callable[[Sequence[object]], tuple[Value, ...] | None]
) -> Reader:
    source = work.backfill.source
    columns = tuple(map(side.dialect.quote, source.key))
    expressions = tuple(one.expression for one in readings)
    without = rejects(work.target.session, work.ledger, work.backfill.ref.name)
    return Reader(side, source.table, columns, expressions, _counting(work.backfill), make, without)


def _counting(backfill: Backfill) -> str:
    """Write which rows of the source count."""
    said = [backfill.source.where, backfill.update.where if backfill.update else None]
    return " AND ".join(f"({one.text})" for one in said if one is not None)


def _selected(work: Work, names: Sequence[str], shapes: Sequence[Shape], sources: Mapping[str, str]) -> Reader:
    """Return the source of rows that the database itself makes: its expressions, in the shapes of what they fill."""
    side, source = work.source, work.backfill.source
    key = []
    for name in source.key:
        column = column_of(side.model, source.table, name)
        if column is None:
            raise _refusal(work.backfill, f"{source.table} has no column {name}")
        key.append(reading_of(side.dialect, column.ref.name, shape_of(side.dialect, column, side.model)))
    readings = [
        *key,
        *(expression_of(side.dialect, f"({sources[name]})", shape) for name, shape in zip(names, shapes, strict=True)),
    ]

    def make(row: Sequence[object]) -> tuple[Value, ...] | None:
        values = zip(row[len(key) :], readings[len(key) :], shapes, strict=True)
        return tuple(fit(_decoded(value, reading), shape) for value, reading, shape in values)

    return _reader(side, work, readings, make)


def _decoded(value: object, reading: Reading) -> object:
    return value if value is None or reading.decode is None else reading.decode(value)


def _found(work: Work, names: Sequence[str], shapes: Sequence[Shape], width: int) -> Reader:
    """Return what is in the target, of the rows that hold the constants of a copy."""
    side, table = work.target, work.backfill.into
    readings = [
        reading_of(side.dialect, _column(work, name).ref.name, shape) for name, shape in zip(names, shapes, strict=True)
    ]

    def make(row: Sequence[object]) -> tuple[Value, ...] | None:
        values = zip(row[width:], readings, shapes, strict=True)
        return tuple(fit(_decoded(value, reading), shape) for value, reading, shape in values)

    columns = tuple(side.dialect.quote(_column(work, name).ref.name) for name in names[:width])
    expressions = tuple(one.expression for one in readings)
    where = _counting(work.backfill) if work.backfill.update else _constants(work)
    return Reader(side, table, columns, expressions[:width] + expressions, where, make)


def _constants(work: Work) -> str:
    copy, side = work.backfill.copy, work.target
    if not copy:
        return ""
    mapped = map_of(work, copy)
    literal, quote = side.dialect.bulk().literal, side.dialect.quote
    return " AND ".join(
        f"{quote(one.name)} = {literal(one.constant)}"
        for one in mapped.made
        if one.constant is not None and not isinstance(one.constant, float)
    )
