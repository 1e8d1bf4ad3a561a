"""A document beside its table, and what is to be done with its rows; out comes what a person is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from reconciler.compare.row_statements import plain
from reconciler.dialects.rows import RowWords, Texts
from reconciler.frozen import frozen
from reconciler.model.data_rows import Absent, DataRows
from reconciler.model.fields import references
from reconciler.model.model import Model
from reconciler.model.objects import Column, Exclusion, ForeignKey, Index, Object, PrimaryKey, Table, Unique
from reconciler.model.values import Action
from reconciler.plan.hazards import HAZARDS, Hazard
from reconciler.plan.row_changes import Named, RowChange


@frozen
class Sheet:
    """One document beside its table: the declared columns, those that are there, and which of them are as declared.

    `order` are the numbers of the rows, those first that others refer to, `primary` the columns of the primary key,
    `demanding` the columns of the table that want a value and have none by themselves.
    """

    rows: DataRows
    table: Table
    columns: tuple[Column, ...]
    live: Mapping[str, Column]
    settled: AbstractSet[str]
    order: Sequence[int]
    primary: Sequence[str]
    demanding: Sequence[Column]


@frozen
class Found:
    """What is to be done with rows: the numbers of those to put in, those to change, and the keys of those to go."""

    inserted: Sequence[int]
    updated: Sequence[tuple[int, Texts, tuple[int, ...]]]
    deleted: Sequence[Texts]
    spelled: Mapping[int, Texts]


def moved_on(sheet: Sheet, found: Found, model: Model) -> frozenset[int]:
    """Return the places of columns that tell rows apart, and are given a value that another changed row has until then.

    Two values count as one where they differ in letter case alone. With an expression or a column made of others in
    such a key nobody knows, and it is all of them.
    """
    columns = {place: column.ref for place, column in enumerate(sheet.columns)}
    keys = [obj for kind in (PrimaryKey, Unique, Index, Exclusion) for obj in model.children(sheet.rows.table, kind)]
    keys = [key for key in keys if not isinstance(key, Index) or key.unique]
    made = {one.ref for one in model.children(sheet.rows.table, Column) if one.generated is not None}
    if any(_by_expression(key) or made & references(key) for key in keys):
        return frozenset(columns)
    telling = {ref for key in keys for ref in references(key)}
    return frozenset(place for place, ref in columns.items() if ref in telling and _met_again(found, place))


def _by_expression(key: Object) -> bool:
    return any(part.expression is not None for part in getattr(key, "parts", ()))


def _met_again(found: Found, place: int) -> bool:
    changed = [
        (found.spelled[number][place], there[place]) for number, there, places in found.updated if place in places
    ]
    return not {(new or "").casefold() for new, _ in changed}.isdisjoint((old or "").casefold() for _, old in changed)


def inserted_row(words: RowWords, sheet: Sheet, found: Found, number: int) -> RowChange:
    """Return a row that is put in, for a person."""
    cells = sheet.rows.rows[number]
    texts = found.spelled.get(number)
    named: list[Named] = []
    for place, cell in enumerate(cells):
        if not isinstance(cell, Absent):
            text = None if cell is None else words.shown(texts[place] or "") if texts else plain(cell)
            named.append((sheet.columns[place].ref.name, text))
    keys = len(sheet.rows.key)
    return RowChange(action="insert", key=tuple(named[:keys]), new=tuple(named[keys:]))


def updated_row(
    words: RowWords, sheet: Sheet, found: Found, number: int, there: Texts, places: Sequence[int]
) -> RowChange:
    """Return a row that changes, with those of its columns that do."""
    wanted = found.spelled[number]
    return RowChange(
        action="update", key=_named(words, sheet, wanted, range(len(sheet.rows.key))),
        old=_named(words, sheet, there, places), new=_named(words, sheet, wanted, places),
    )  # fmt: skip


def deleted_row(words: RowWords, sheet: Sheet, texts: Texts) -> RowChange:
    """Return a row that goes."""
    keys = len(sheet.rows.key)
    return RowChange(
        action="delete", key=_named(words, sheet, texts, range(keys)),
        old=_named(words, sheet, texts, range(keys, len(texts))),
    )  # fmt: skip


def _named(words: RowWords, sheet: Sheet, texts: Texts, places: Iterable[int]) -> tuple[Named, ...]:
    return tuple(
        (sheet.columns[place].ref.name, None if texts[place] is None else words.shown(texts[place] or ""))
        for place in places
    )


def loss(words: RowWords, sheet: Sheet, found: Found, keys: Sequence[ForeignKey]) -> Hazard:
    """Return what it costs to delete rows, and what else goes with them."""
    takes = (Action.CASCADE, Action.SET_NULL, Action.SET_DEFAULT)
    others = sorted({str(key.ref.top) for key in keys if key.target == sheet.rows.table and key.on_delete in takes})
    also = f"; what refers to them changes too: {', '.join(others)}" if others else ""
    first = [deleted_row(words, sheet, texts) for texts in found.deleted[:5]]
    return Hazard(
        code="DS111", ref=sheet.rows.ref, effect=HAZARDS["DS111"].effect, count=len(found.deleted),
        message=f"deletes rows that are not listed: {len(found.deleted):,}{also}",
        sample=tuple(", ".join(str(value) for _, value in one.key) for one in first),
    )  # fmt: skip
