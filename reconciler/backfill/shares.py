"""A backfill that is done in, how many rows of the written table are in each class out; it proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.backfill.reading import table_of
from reconciler.backfill.work import Side
from reconciler.dialects.base import DatabaseError, Question
from reconciler.model.backfills import Backfill
from reconciler.plan.outcome import Shares, Shown

# Seconds that one question may take, and so many classes are told.
_PATIENCE, _MOST = 5.0, 20


def distribution(side: Side, backfill: Backfill) -> tuple[Shares, ...]:
    """Return the rows of the written table by each column that the work classifies; what takes too long is left out."""
    return tuple(_asked(side, backfill))


def _asked(side: Side, backfill: Backfill) -> Iterator[Shares]:
    insert, dialect = backfill.insert_select, side.dialect
    for mapped in insert.columns if insert else ():
        if not mapped.classification or insert is None:
            continue
        column = dialect.quote(mapped.column)
        sql = f"SELECT {column}, count(*) FROM {table_of(side, insert.into)} GROUP BY {column} ORDER BY 2 DESC, 1"
        try:
            with dialect.reading(side.session), dialect.limited(side.session, _PATIENCE):
                rows = dialect.first_rows(side.session, Question(sql, _MOST)).rows
        except DatabaseError as error:
            if error.lost:
                raise
            continue
        counts = tuple((_shown(value), int(count)) for value, count in rows)
        yield Shares(table=insert.into.name, column=mapped.column, counts=counts)


def _shown(value: object) -> Shown:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
