"""A copy's map and both its tables in, rows of the one made into rows of the other out; it asks and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.backfill.invalid import Invalid
from reconciler.backfill.shapes import Reading, column_of, reading_of, shape_of
from reconciler.backfill.transforms import TRANSFORMS
from reconciler.backfill.values import Shape, Value, fit
from reconciler.backfill.work import Side, Work
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Copied, Copy
from reconciler.model.objects import Column
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type


@frozen_in_order
class Refusal:
    """A row that is not written: the column that could not be made, and why, in a sentence without values."""

    column: str
    reason: str


class Unfit(Exception):
    """A value that cannot be made, where the map says that this ends the work."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@frozen_in_order
class Made:
    """How a written column's values are made: from the value in one place of a row that is read, or None of it."""

    column: Column
    shape: Shape
    place: int | None
    constant: Value
    make: Callable[[object], object] | None
    between: Shape | None
    on_invalid: str

    @property
    def name(self) -> str:
        """The column's name as it is there."""
        return self.column.ref.name

    def value(self, row: Sequence[object]) -> Value:
        """Return the value for a row. Raises Invalid."""
        if self.place is None:
            return self.constant
        value = row[self.place]
        if value is None:
            return None
        if self.make is not None:
            value = self.make(value)
        return fit(value if self.between is None else fit(value, self.between), self.shape)


@frozen_in_order
class Map:
    """What is read of each source row, its key first, and what is made of it."""

    key: tuple[str, ...]
    readings: tuple[Reading, ...]
    made: tuple[Made, ...]

    def decoded(self, row: Sequence[object]) -> tuple[object, ...]:
        """Return a row as it was read, with each value as what it stands for."""
        return tuple(
            value if value is None or reading.decode is None else reading.decode(value)
            for value, reading in zip(row, self.readings, strict=True)
        )

    def row(self, row: Sequence[object]) -> tuple[Value, ...] | Refusal:
        """Return what is written for a row that was read and decoded, or why it is not. Raises Unfit."""
        values: list[Value] = []
        for one in self.made:
            try:
                values.append(one.value(row))
            except Invalid as error:
                if one.on_invalid == "null" and not one.column.not_null:
                    values.append(None)
                    continue
                refusal = Refusal(one.name, f"the value for {one.name} {error}")
                if one.on_invalid == "fail":
                    raise Unfit(refusal) from None
                return refusal
        return tuple(values)

    def place_of(self, column: str) -> int:
        """Return where a written column is in a row. Raises KeyError."""
        return {one.name.lower(): place for place, one in enumerate(self.made)}[column.lower()]


def map_of(work: Work, copy: Copy) -> Map:
    """Return how rows are copied. Raises PlanError with every column that is not there."""
    source, key = work.backfill.source, work.backfill.source.key
    names = list(dict.fromkeys((*key, *(one.source for one in copy.columns if one.source))))
    found = [(name, column_of(work.source.model, source.table, name)) for name in names]
    problems = [_missing(work, source.table, work.source, name) for name, column in found if column is None]
    problems += [
        _missing(work, copy.into, work.target, one.column)
        for one in copy.columns
        if column_of(work.target.model, copy.into, one.column) is None
    ]
    if problems:
        raise PlanError(problems)
    readings = tuple(_reading(work.source, column) for _, column in found if column)
    return Map(key, readings, tuple(_made(work, copy, one, names) for one in copy.columns))


def _reading(side: Side, column: Column) -> Reading:
    return reading_of(side.dialect, column.ref.name, shape_of(side.dialect, column, side.model))


def _made(work: Work, copy: Copy, one: Copied, names: Sequence[str]) -> Made:
    side = work.target
    column = column_of(side.model, copy.into, one.column)
    assert column is not None
    shape = shape_of(side.dialect, column, side.model)
    constant = None
    if one.constant is not None:
        try:
            constant = fit(one.constant.value, shape)
        except Invalid as error:
            message = f"the constant for {copy.into}.{one.column} {error}"
            raise PlanError([Problem(code="RUN047", message=message, address=str(work.backfill.ref))]) from None
    return Made(
        column, shape, names.index(one.source) if one.source else None, constant,
        TRANSFORMS[one.transform].make if one.transform else None,
        _between(side, one.cast) if one.cast else None, one.on_invalid,
    )  # fmt: skip


def _between(side: Side, words: str) -> Shape:
    """Return the shape of the type that a value is cast to on its way."""
    column = Column(ref=Ref.root(Kind.TABLE, "cast").child(Kind.COLUMN, "cast"), type=Type(words, native=True))
    return shape_of(side.dialect, column, side.model)


def _missing(work: Work, table: Ref, side: Side, name: str) -> Problem:
    there = [column.ref.name for column in side.model.children(table, Column)]
    message = f"{work.backfill.ref} names a column {name!r}, which {table} in {side.label} has not"
    hint = f"it has {', '.join(there)}" if there else "there is no such table"
    return Problem(code="RUN047", message=message, hint=hint, address=str(work.backfill.ref))
