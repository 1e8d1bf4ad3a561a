"""The source of a backfill in; the keys that bound its portions, and the rows between two keys as SQL, out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.backfill.keys import Key, key_of
from reconciler.backfill.shapes import exact
from reconciler.backfill.work import Side, Work
from reconciler.dialects.base import DatabaseError, Session
from reconciler.frozen import frozen
from reconciler.model.ref import Ref

# What Python's driver says of a text in SQLite that is no UTF-8.
_NOT_TEXT = "Could not decode to UTF-8"


@frozen
class Range:
    """Keys greater than `low` up to `high`; None for the beginning."""

    low: Key | None
    high: Key


@frozen
class Ahead:
    """The next portion: its range and how many rows it has; None where only its end is known."""

    range: Range
    rows: int | None


def table_of(side: Side, ref: Ref) -> str:
    """Return the quoted name of a table."""
    quote = side.dialect.quote
    return f"{quote(ref.schema)}.{quote(ref.name)}" if ref.schema else quote(ref.name)


def key_columns(work: Work) -> tuple[str, ...]:
    """Return the columns by whose values the work is divided: the owner's for aggregates, else the source's key."""
    backfill = work.backfill
    if backfill.idempotency.strategy == "recompute" and backfill.idempotency.key:
        return backfill.idempotency.key
    return backfill.source.key


def quoted_key(work: Work) -> tuple[str, ...]:
    """Return the same, quoted."""
    return tuple(map(work.source.dialect.quote, key_columns(work)))


def told_key(work: Work) -> str:
    """Return the same as it is asked for."""
    return ", ".join(exact(work.source.dialect, column) for column in quoted_key(work))


def within(work: Work, low: Key | None, high: Key | None) -> str:
    """Return the condition that a row of the source is between two keys, and counts."""
    bulk = work.source.dialect.bulk()
    columns = quoted_key(work)
    conditions = []
    if low is not None:
        conditions.append(bulk.beyond(columns, [bulk.literal(value) for value in low]))
    if high is not None:
        conditions.append(bulk.upto(columns, [bulk.literal(value) for value in high]))
    if (where := work.backfill.source.where) is not None:
        conditions.append(f"({where.text})")
    return " AND ".join(conditions) or "1 = 1"


def greatest(work: Work, session: Session) -> Key | None:
    """Return the greatest key that counts, None without any."""
    return _edge(work, session, " DESC")


def least(work: Work, session: Session) -> Key | None:
    """Return the least key that counts, None without any."""
    return _edge(work, session, "")


def _edge(work: Work, session: Session, order: str) -> Key | None:
    columns = quoted_key(work)
    table = table_of(work.source, work.backfill.source.table)
    found = session.query(
        f"SELECT {told_key(work)} FROM {table} WHERE {within(work, None, None)}"
        f" ORDER BY {', '.join(column + order for column in columns)} LIMIT 1"
    )
    return key_of(found[0]) if found else None


def upper(work: Work, session: Session) -> Key | None:
    """Return where the work ends, as the source has it now; None for where there is nothing."""
    source = work.backfill.source
    if source.bound == "sql" and source.upper is not None:
        found = session.query(source.upper.text)
        return key_of(found[0]) if found and found[0][0] is not None else None
    return greatest(work, session)


def counted(work: Work, session: Session) -> int:
    """Return how many rows the source has, whether they count or not: the work may change what counts."""
    return int(session.query(f"SELECT count(*) FROM {table_of(work.source, work.backfill.source.table)}")[0][0])


def ahead(work: Work, session: Session, low: Key | None, high: Key, size: int) -> Ahead | None:
    """Return the next portion of so many rows, None at the end.

    Args:
        work: what is done.
        session: on the source.
        low: the last key that is done.
        high: the last key at all.
        size: rows; with `by: range` steps in key space.
    """
    if work.backfill.chunk.by == "range":
        return _step(work, session, low, high, size)
    found = session.query(boundary(work, low, high, size))
    if found:
        return Ahead(range=Range(low=low, high=key_of(found[0])), rows=size)
    rows = rows_in(work, session, low, high)
    return Ahead(range=Range(low=low, high=high), rows=rows) if rows else None


def leap(work: Work, low: Key | None, high: Key, size: int) -> Ahead | None:
    """Return a portion of so many numbers in a row, where the key is one and all rows count; nobody looks at rows.

    It has no more rows than that.
    """
    plain = work.backfill.chunk.by == "rows" and work.backfill.source.where is None and len(high) == 1
    if not plain or low is None or not (_whole(low) and _whole(high)):
        return None
    return Ahead(range=Range(low=low, high=(min(_number(low) + size, _number(high)),)), rows=None)


def _whole(key: Key) -> bool:
    return type(key[0]) is int


def width(range_: Range) -> int | None:
    """Return how many numbers a range of whole numbers has."""
    low, high = range_.low, range_.high
    if low is None or len(high) != 1 or not (_whole(low) and _whole(high)):
        return None
    return _number(high) - _number(low)


def boundary(work: Work, low: Key | None, high: Key | None, size: int) -> str:
    """Return the query for the last key of so many rows."""
    columns = ", ".join(quoted_key(work))
    distinct = "DISTINCT " if key_columns(work) != work.backfill.source.key else ""
    table = table_of(work.source, work.backfill.source.table)
    return (
        f"SELECT {distinct}{told_key(work)} FROM {table} WHERE {within(work, low, high)} ORDER BY {columns}"
        f" LIMIT 1 OFFSET {size - 1}"
    )


def rows_in(work: Work, session: Session, low: Key | None, high: Key | None) -> int:
    """Return how many rows that count are between two keys."""
    table = table_of(work.source, work.backfill.source.table)
    return int(session.query(f"SELECT count(*) FROM {table} WHERE {within(work, low, high)}")[0][0])


def _step(work: Work, session: Session, low: Key | None, high: Key, size: int) -> Ahead | None:
    """Step through key space, whether there are rows or not: for a key that is dense, or a filter that few meet."""
    start = low if low is not None else _before(least(work, session))
    if start is None or _number(start) >= _number(high):
        return None
    end = (min(_number(start) + size, _number(high)),)
    return Ahead(range=Range(low=start, high=end), rows=rows_in(work, session, start, end))


def _number(key: Sequence[object]) -> int:
    (value,) = key
    assert isinstance(value, int)
    return value


def _before(key: Key | None) -> Key | None:
    return None if key is None else (_number(key) - 1,)


def rows_of(session: Session, expressions: Sequence[str], end: str) -> list[tuple[Any, ...]]:
    """Return the rows of a SELECT as the driver gives them; a text that is no UTF-8 has lone surrogates in it.

    Args:
        session: on the source.
        expressions: what is asked of each row.
        end: from FROM on.
    """
    try:
        return session.query(f"SELECT {', '.join(expressions)} {end}")
    except DatabaseError as error:
        if _NOT_TEXT not in error.message:
            raise
    bytes_of = [f"CASE typeof({text}) WHEN 'text' THEN CAST({text} AS BLOB) ELSE {text} END" for text in expressions]
    types = [f"typeof({text})" for text in expressions]
    return [_decoded(row) for row in session.query(f"SELECT {', '.join((*bytes_of, *types))} {end}")]


def _decoded(row: Sequence[Any]) -> tuple[Any, ...]:
    values, types = row[: len(row) // 2], row[len(row) // 2 :]
    return tuple(
        value.decode(errors="surrogateescape") if type_ == "text" else value
        for value, type_ in zip(values, types, strict=True)
    )
