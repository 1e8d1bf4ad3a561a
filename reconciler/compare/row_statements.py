"""Rows to put in, to change and to delete in, the statements that do it out; it asks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from reconciler.dialects.base import Dialect
from reconciler.dialects.rows import RowWords, Texts, chunks
from reconciler.dialects.sql import names, number_text
from reconciler.frozen import frozen
from reconciler.model.data_rows import ABSENT, Absent, Cell, DataRows, Value
from reconciler.model.objects import Column

# Bytes and rows of one statement: D1 takes 100,000 bytes, and no reader more.
_LONGEST, _MOST = 60_000, 500
# Rows of a statement that gives each its own values, of which it looks for each one's; how many different ones are
# still read better one by one.
_EACH, _FEW = 100, 10


@frozen
class Work:
    """A document with the columns of its table, and the dialect in whose words it is written.

    `single` are the places of columns whose values have to change row by row, in the order of the rows: a value that
    another row had until then may come up again.
    """

    dialect: Dialect
    rows: DataRows
    columns: tuple[Column, ...]
    single: AbstractSet[int] = frozenset()

    @property
    def table(self) -> str:
        """The table's name."""
        return self.dialect.rows().table(self.rows.table)

    @property
    def keys(self) -> list[str]:
        """The names of the key's columns."""
        return [self.dialect.quote(name) for name in self.rows.key]


def literal(words: RowWords, cell: Cell, column: Column) -> str:
    """Write the value of a cell."""
    return words.literal(None if isinstance(cell, Absent) else cell, column)


def plain(value: Value) -> str:
    """Return a value as a text for a person."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else number_text(value) if not isinstance(value, int | None) else str(value)


def key_literals(words: RowWords, row: Sequence[Cell], columns: Sequence[Column], width: int) -> str:
    """Write the key of a row, in parentheses where it has several columns."""
    found = [literal(words, cell, column) for cell, column in zip(row[:width], columns[:width], strict=True)]
    return found[0] if width == 1 else f"({', '.join(found)})"


def among(words: RowWords, names: Sequence[str], keys: Sequence[str]) -> str:
    """Write the condition that the key is one of these."""
    if len(names) > 1:
        return f"({', '.join(names)}) IN ({words.listed}{', '.join(keys)})"
    return f"{names[0]} = {keys[0]}" if len(keys) == 1 else f"{names[0]} IN ({', '.join(keys)})"


def inserts(work: Work, numbers: Sequence[int]) -> Iterator[str]:
    """Yield what puts rows in, in their order: as many at a time as name the same columns."""
    words, quote = work.dialect.rows(), work.dialect.quote
    named: set[int] = set()
    for places, run in _runs(work, numbers):
        columns = [work.columns[place] for place in places]
        named.update(places)
        head = f"INSERT INTO {work.table} ({names(quote, (column.ref.name for column in columns))})"
        pieces = [
            f"({', '.join(literal(words, work.rows.rows[number][place], work.columns[place]) for place in places)})"
            for number in run
        ]
        for chunk in chunks(pieces, _LONGEST, _MOST):
            listed = ",\n    ".join(chunk)
            yield f"{head}{words.overriding(columns)} VALUES\n    {listed}{words.once(work.rows.key)}"
    yield from words.after(work.rows.table, [work.columns[place] for place in sorted(named)])


def _runs(work: Work, numbers: Sequence[int]) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Yield rows that follow each other and name the same columns, with the places of these."""
    run: list[int] = []
    last: tuple[int, ...] = ()
    for number in numbers:
        places = tuple(place for place, cell in enumerate(work.rows.rows[number]) if cell != ABSENT)
        if run and places != last:
            yield last, run
            run = []
        run.append(number)
        last = places
    if run:
        yield last, run


def updates(work: Work, changed: Sequence[tuple[int, tuple[int, ...]]]) -> Iterator[str]:
    """Yield what gives rows their values; those that get the same, or many that change the same columns, together."""
    words, width = work.dialect.rows(), len(work.rows.key)
    alike: dict[tuple[int, ...], dict[str, list[int]]] = {}
    for number, places in changed:
        alike.setdefault(places, {}).setdefault(_given(work, number, places), []).append(number)
    for places, groups in alike.items():
        if len(groups) > _FEW and work.single.isdisjoint(places):
            yield from _each(work, places, [number for group in groups.values() for number in group])
            continue
        for given, numbers in groups.items():
            keys = [key_literals(words, work.rows.rows[number], work.columns, width) for number in numbers]
            for chunk in chunks(keys, _LONGEST, _MOST):
                yield f"UPDATE {work.table} SET {given} WHERE {among(words, work.keys, chunk)}"


def _given(work: Work, number: int, places: Sequence[int]) -> str:
    words, row = work.dialect.rows(), work.rows.rows[number]
    return ", ".join(
        f"{work.dialect.quote(work.columns[place].ref.name)} = {literal(words, row[place], work.columns[place])}"
        for place in places
    )


def _each(work: Work, places: Sequence[int], numbers: Sequence[int]) -> Iterator[str]:
    """Yield statements that give each of many rows its own values.

    What is not met keeps its value, which is also what tells PostgreSQL the type of all others (manual, "UNION, CASE,
    and Related Constructs").
    """
    words, width, quote = work.dialect.rows(), len(work.rows.key), work.dialect.quote
    names = [quote(work.columns[place].ref.name) for place in places]
    keys = [key_literals(words, work.rows.rows[number], work.columns, width) for number in numbers]
    whens = [[_when(work, number, place) for place in places] for number in numbers]
    done = 0
    for chunk in chunks(list(map(" ".join, whens)), _LONGEST, _EACH):
        part = slice(done, done := done + len(chunk))
        ways = zip(names, zip(*whens[part], strict=True), strict=True)
        sets = ", ".join(f"{name} = CASE {' '.join(cases)} ELSE {name} END" for name, cases in ways)
        yield f"UPDATE {work.table} SET {sets} WHERE {among(words, work.keys, keys[part])}"


def _when(work: Work, number: int, place: int) -> str:
    words, row = work.dialect.rows(), work.rows.rows[number]
    same = " AND ".join(f"{name} = {literal(words, row[at], work.columns[at])}" for at, name in enumerate(work.keys))
    return f"WHEN {same} THEN {literal(words, row[place], work.columns[place])}"


def deletes(work: Work, gone: Sequence[Texts], most: int) -> list[str]:
    """Return what deletes rows that were read, so many at a time."""
    words, width = work.dialect.rows(), len(work.rows.key)
    keys = []
    for texts in gone:
        found = [words.again(text or "", column) for text, column in zip(texts[:width], work.columns, strict=False)]
        keys.append(found[0] if width == 1 else f"({', '.join(found)})")
    return [
        f"DELETE FROM {work.table} WHERE {among(words, work.keys, chunk)}" for chunk in chunks(keys, _LONGEST, most)
    ]
