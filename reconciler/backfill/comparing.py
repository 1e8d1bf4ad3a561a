"""The two sides of a backfill in, the rows that are not what they have to be out, named by key; a page at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from zlib import crc32

from reconciler.backfill.finding import MOST, Finding
from reconciler.backfill.invalid import Invalid
from reconciler.backfill.keys import key_text
from reconciler.backfill.mapping import Unfit
from reconciler.backfill.pairs import Pair, Reader, Texts, pair_of
from reconciler.backfill.reading import rows_of, table_of
from reconciler.backfill.work import Side, Work
from reconciler.dialects.base import DatabaseError
from reconciler.execute.asking import HIDDEN, in_time
from reconciler.model.backfills import Verification
from reconciler.plan.outcome import Shown

# Keys of one question, and how many times a page may be read where only the other side should have so many rows.
KEYS, _MORE = 50, 4
# Types whose order is the same in every database.
_ORDERED = frozenset({"integer", "decimal", "date", "timestamp", "timestamptz"})
_RANDOM: Mapping[str, str] = {"postgres": "random()", "sqlite": "random()", "mysql": "rand()"}
# Keys that a sentence names.
_LISTED = 5
_HEAD = ("key", "column", "expected", "found")

# Rows by their key; what they hold.
_Rows = dict[Texts, Texts]


@dataclass(slots=True)
class _Differences:
    """What was compared so far: rows, their checksum, how many rows differ, and the first of them."""

    pair: Pair
    rows: int = 0
    sum: int = 0
    count: int = 0
    shown: list[tuple[Shown, ...]] = field(default_factory=list)

    def add(self, expected: _Rows, found: _Rows) -> None:
        """Tell rows that differ, or are on one side alone."""
        for key in sorted({*expected, *found}, key=repr):
            if expected.get(key) != found.get(key):
                self.count += 1
                if len(self.shown) < MOST:
                    self.shown += _told(self.pair, key, expected.get(key), found.get(key))

    def seen(self, expected: _Rows) -> None:
        """Count rows, and add them to the checksum, in which their order counts for nothing."""
        self.rows += len(expected)
        self.sum = (self.sum + sum(crc32(json.dumps(row).encode()) for row in expected.items())) % 2**32

    def finding(self) -> Finding:
        """Return what it comes to."""
        told = f"{self.rows:,} row{'' if self.rows == 1 else 's'} compared, checksum {self.sum:08x}"
        if not self.count:
            return Finding("pass", told)
        word = "1 row differs" if self.count == 1 else f"{self.count:,} rows differ"
        keys = list(dict.fromkeys(str(line[0]) for line in self.shown))
        listed = "; ".join(keys[:_LISTED]) + ("; …" if self.count > _LISTED else "")
        return Finding("fail", f"{word}: key {listed}. {told}", _HEAD, tuple(self.shown[:MOST]))


def checksum(work: Work, one: Verification, upper: Sequence[object]) -> Finding:
    """Compare all rows up to a key, in ranges of so many. Raises DatabaseError, PlanError."""
    pair = pair_of(work, one)
    differences = _Differences(pair)
    begun = time.monotonic()
    with _asking(pair, one.timeout):
        for expected, found in _pages(pair, one.size or 10_000, upper):
            differences.seen(expected)
            if expected != found:
                differences.add(*_still(pair, expected, found))
            in_time(one.timeout, time.monotonic() - begun)
    return differences.finding()


def sample(work: Work, one: Verification, upper: Sequence[object]) -> Finding:
    """Compare so many rows, chosen at random, column by column. Raises DatabaseError, PlanError."""
    pair = pair_of(work, one)
    differences = _Differences(pair)
    begun = time.monotonic()
    with _asking(pair, one.timeout):
        order = _RANDOM[pair.expected.side.dialect.family]
        rows = _query(pair.expected, _conditions(pair.expected, None, upper or None), order, one.size or 100)
        for at in range(0, len(rows), KEYS):
            expected = _made(pair, pair.expected, rows[at : at + KEYS])
            differences.seen(expected)
            found = by_keys(pair, pair.found, _keys(pair, rows[at : at + KEYS]))
            if expected != found:
                differences.add(*_still(pair, expected, found))
            in_time(one.timeout, time.monotonic() - begun)
    return differences.finding()


def _told(pair: Pair, key: Texts, expected: Texts | None, found: Texts | None) -> list[tuple[Shown, ...]]:
    """Return a line for each column that differs, or one for a row that is on one side alone."""
    name = ", ".join(HIDDEN if pair.hidden[place] else str(text) for place, text in enumerate(key))
    if expected is None or found is None:
        there = ("missing", "there") if expected is None else ("there", "missing")
        return [(name, "(row)", *there)]
    lines: list[tuple[Shown, ...]] = []
    for place, (one, other) in enumerate(zip(expected, found, strict=True), pair.width):
        if one != other:
            values = (HIDDEN, HIDDEN) if pair.hidden[place] else (one, other)
            lines.append((name, pair.names[place], *values))
    return lines


# --- reading ----------------------------------------------------------------------------------------------------------


@contextmanager
def _asking(pair: Pair, timeout: float) -> Iterator[None]:
    """Let what is asked of one database see it at one moment; two databases have no moment in common, and a long look
    at a SQLite file keeps whoever writes waiting.
    """
    sides = _sides(pair)
    with ExitStack() as stack:
        for side in sides:
            dialect, session = side.dialect, side.session
            stack.enter_context(dialect.snapshot(session) if len(sides) == 1 else dialect.reading(session))
            stack.enter_context(dialect.limited(session, timeout))
        yield


def _sides(pair: Pair) -> list[Side]:
    return list({id(reader.side): reader.side for reader in (pair.expected, pair.found)}.values())


def _pages(pair: Pair, size: int, upper: Sequence[object]) -> Iterator[tuple[_Rows, _Rows]]:
    """Yield what has to be and what is, range by range; where texts are put in another order there, key by key."""
    ranged = len(_sides(pair)) == 1 or all(shape.sort in _ORDERED for shape in pair.shapes[: pair.width])
    low: Sequence[object] | None = None
    reached: Sequence[object] | None = None
    while True:
        rows = _query(pair.expected, _conditions(pair.expected, low, upper or None), "", size)
        keys = _keys(pair, rows)
        if ranged:
            last = len(rows) < size
            high = keys[-1] if keys and not last else upper or (keys[-1] if keys else None)
            conditions = _conditions(pair.found, reached, high or None)
            found = _made(pair, pair.found, _query(pair.found, conditions, "", size * _MORE) if high or reached else [])
            reached = high
        else:
            found = {}
            for at in range(0, len(keys), KEYS):
                found |= by_keys(pair, pair.found, keys[at : at + KEYS])
        yield _made(pair, pair.expected, rows), found
        if len(rows) < size:
            return
        low = rows[-1][: pair.width]


def _still(pair: Pair, expected: _Rows, found: _Rows) -> tuple[_Rows, _Rows]:
    """Return what differs when it is read once more: between the two questions somebody may have written."""
    keys = [key for key in {*expected, *found} if expected.get(key) != found.get(key)]
    if len(_sides(pair)) == 1 and pair.found.side.dialect.at_once is None:
        return {key: expected[key] for key in keys if key in expected}, {
            key: found[key] for key in keys if key in found
        }
    now: tuple[_Rows, _Rows] = ({}, {})
    for at in range(0, len(keys), KEYS):
        for rows, reader in zip(now, (pair.expected, pair.found), strict=True):
            rows.update(by_keys(pair, reader, keys[at : at + KEYS]))
    return now


def _conditions(reader: Reader, low: Sequence[object] | None, high: Sequence[object] | None) -> list[str]:
    bulk = reader.side.dialect.bulk()
    found = [reader.where] if reader.where else []
    if low is not None:
        found.append(bulk.beyond(reader.columns, [_literal(reader, value) for value in low]))
    if high is not None:
        found.append(bulk.upto(reader.columns, [_literal(reader, value) for value in high]))
    return found


def by_keys(pair: Pair, reader: Reader, keys: Sequence[Sequence[object]]) -> _Rows:
    """Return the rows of some keys."""
    ways = [
        " AND ".join(f"{column} = {_literal(reader, value)}" for column, value in zip(reader.columns, key, strict=True))
        for key in keys
    ]
    if not ways:
        return {}
    conditions = [*([reader.where] if reader.where else []), f"({' OR '.join(ways)})"]
    return _made(pair, reader, _query(reader, conditions, "", len(keys)))


def _literal(reader: Reader, value: object) -> str:
    """Write a value of a key: a whole number, a text, or what else the driver gives for one."""
    plain = value if isinstance(value, bool | int | str | bytes | Decimal) else str(value)
    return reader.side.dialect.bulk().literal(plain)


def _query(reader: Reader, conditions: Sequence[str], order: str, most: int) -> list[tuple[object, ...]]:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    by = order or ", ".join(reader.columns)
    end = f"FROM {table_of(reader.side, reader.table)}{where} ORDER BY {by} LIMIT {most}"
    return rows_of(reader.side.session, reader.expressions, end)


def _keys(pair: Pair, rows: Sequence[Sequence[object]]) -> list[tuple[object, ...]]:
    """Return the keys of rows that were read of what has to be, as the other side has them."""
    return [tuple(row[: pair.width]) for row in rows]


def _made(pair: Pair, reader: Reader, rows: Sequence[Sequence[object]]) -> _Rows:
    """Return rows by key, without those that are not to be there. Raises DatabaseError for a value nobody can read."""
    made: _Rows = {}
    for row in rows:
        if reader.without and key_text(row[: pair.width]) in reader.without:
            continue
        try:
            values = reader.make(row)
        except (Invalid, Unfit) as error:
            raise DatabaseError(f"in {reader.side.label}, {error}") from None
        if values is not None:
            key, texts = pair.texts(values)
            made[key] = texts
    return made
