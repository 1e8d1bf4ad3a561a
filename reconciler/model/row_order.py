"""Rows and the foreign keys of their tables in, an order in which no row comes before one that it refers to out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from reconciler.model.data_rows import ABSENT, Cell, DataRows
from reconciler.model.objects import ForeignKey
from reconciler.model.ref import Ref

# The columns of a table that a foreign key points to where it names none.
KeyOf = Callable[[Ref], Sequence[str]]


class Circle(Exception):
    """Rows that refer to each other: their documents, or one document and the numbers of its rows."""

    def __init__(self, documents: tuple[Ref, ...], rows: tuple[int, ...] = ()) -> None:
        super().__init__(documents, rows)
        self.documents = documents
        self.rows = rows


def documents_in_order(data: Iterable[DataRows], keys: Iterable[ForeignKey]) -> tuple[DataRows, ...]:
    """Return documents, those first that others refer to. Raises Circle."""
    found = {rows.table: rows for rows in data}
    graph: TopologicalSorter[Ref] = TopologicalSorter(dict.fromkeys(sorted(found), ()))
    for key in keys:
        table = key.ref.top
        if table in found and key.target in found and key.target != table and any(_pointing(found[table], key)):
            graph.add(table, key.target)
    try:
        return tuple(found[table] for table in graph.static_order())
    except CycleError as error:
        raise Circle(tuple(found[table].ref for table in error.args[1][1:])) from None


def rows_in_order(rows: DataRows, keys: Iterable[ForeignKey], key_of: KeyOf) -> tuple[int, ...]:
    """Return the numbers of the rows of a document, those first that others of it refer to. Raises Circle."""
    own = [key for key in keys if key.ref.top == rows.table and key.target == rows.table]
    graph: dict[int, set[int]] = {}
    for key in own:
        for number, parent in _references(rows, key, key.target_columns or tuple(key_of(key.target))):
            graph.setdefault(number, set()).add(parent)
    if not graph:
        return tuple(range(len(rows.rows)))
    try:
        first = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise Circle((rows.ref,), tuple(error.args[1][1:])) from None
    tied = set(first)
    return (*(number for number in range(len(rows.rows)) if number not in tied), *first)


def _pointing(rows: DataRows, key: ForeignKey) -> Iterator[bool]:
    """Yield true for each row that names all columns of a foreign key."""
    if set(key.columns) <= set(rows.columns):
        yield from (values is not None for values in _values(rows, key.columns))


def _references(rows: DataRows, key: ForeignKey, target: Sequence[str]) -> Iterator[tuple[int, int]]:
    if not {*key.columns, *target} <= set(rows.columns):
        return
    holders: Mapping[tuple[str, ...] | None, int] = {
        values: number for number, values in enumerate(_values(rows, target))
    }
    for number, values in enumerate(_values(rows, key.columns)):
        parent = holders.get(values) if values is not None else None
        if parent is not None and parent != number:
            yield number, parent


def _values(rows: DataRows, columns: Sequence[str]) -> Iterator[tuple[str, ...] | None]:
    places = [rows.columns.index(name) for name in columns]
    for row in rows.rows:
        cells: list[Cell] = [row[place] for place in places]
        yield None if any(cell is None or cell == ABSENT for cell in cells) else tuple(map(str, cells))
