"""A copy in, the statements for a range of its source's keys out: rows are read there, made here, and written there.

One range is held at a time. Source rows are only read; what is written goes with the cursor in one transaction of the
target, and is told apart by its key there, so that a range may be written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.backfill.claims import Turn, rejected
from reconciler.backfill.comparing import KEYS, by_keys
from reconciler.backfill.hand import Stopped, TooMuch
from reconciler.backfill.keys import Key, key_text, shown
from reconciler.backfill.ledger import rejects
from reconciler.backfill.mapping import Map, Refusal, Unfit, map_of
from reconciler.backfill.pairs import target_keys
from reconciler.backfill.reading import Range, quoted_key, rows_of, table_of, within
from reconciler.backfill.spelling import spelled
from reconciler.backfill.values import Value
from reconciler.backfill.work import Side, Work
from reconciler.dialects.bulk import Insertion, Part
from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Copy

# Bytes of one statement, well below what each database takes: D1 100,000
# (developers.cloudflare.com/d1/platform/limits).
_BYTES = {"d1": 80_000}
_MANY_BYTES = 400_000
# Bytes of the rows that are held at a time, and how many rows are looked at before any is.
_HELD_BYTES, _FIRST = 8_000_000, 5


def writer(work: Work, copy: Copy) -> Callable[[Turn], Sequence[Part]]:
    """Return what gives the statements for a range. Raises PlanError where the map cannot be followed."""
    mapped = map_of(work, copy)
    form = _form(work, copy, mapped)
    without = rejects(work.target.session, work.ledger, work.backfill.ref.name)
    weight = _Weight()

    def parts(turn: Turn) -> Sequence[Part]:
        found = _read(work, mapped, turn.range, weight)
        if turn.missing:
            found = [row for row in found if key_text(row[: len(mapped.key)]) not in without]
        rows, refused = _divided(mapped, found)
        if turn.missing:
            rows = _lacking(work, mapped, rows)
        left = [rejected(work, turn, refused, "rejected")] if refused else []
        return (*left, *_written(form, rows))

    return parts


def _divided(mapped: Map, found: Sequence[Sequence[object]]) -> tuple[list[tuple[Value, ...]], list[tuple[str, str]]]:
    """Return the rows that are written, and the keys of those that are rejected, with the reason. Raises Stopped."""
    rows: list[tuple[Value, ...]] = []
    refused: list[tuple[str, str]] = []
    for row in found:
        key = row[: len(mapped.key)]
        try:
            made = mapped.row(mapped.decoded(row))
        except Unfit as error:
            hint = "on_invalid: reject leaves such rows out, null writes none"
            raise Stopped("failed", f"key {shown(_key(key))}: {error.refusal.reason}; {hint}") from None
        if isinstance(made, Refusal):
            refused.append((key_text(key), made.reason))
        else:
            rows.append(made)
    return rows, refused


def _key(values: Sequence[object]) -> Key:
    return tuple(value if isinstance(value, bool | int | str | bytes) else str(value) for value in values)


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Weight:
    """How many bytes a row has, of those that were read last; 0 before any was."""

    bytes: float = 0.0

    def weigh(self, rows: Sequence[Sequence[object]]) -> None:
        """Take note of rows."""
        total = sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
        self.bytes = total / len(rows) if rows else self.bytes

    @property
    def most(self) -> int:
        """How many rows may be held."""
        return max(1, int(_HELD_BYTES / max(self.bytes, 1.0)))


def _read(work: Work, mapped: Map, range_: Range, weight: _Weight) -> list[tuple[object, ...]]:
    """Return the source's rows of a range, in order. Raises TooMuch where they are more than may be held."""
    table, where = table_of(work.source, work.backfill.source.table), within(work, range_.low, range_.high)
    end = f"FROM {table} WHERE {where} ORDER BY {', '.join(quoted_key(work))} LIMIT"
    expressions = [reading.expression for reading in mapped.readings]
    if not weight.bytes:
        weight.weigh(rows_of(work.source.session, expressions, f"{end} {_FIRST}"))
    found = rows_of(work.source.session, expressions, f"{end} {weight.most + 1}")
    most = weight.most
    weight.weigh(found)
    if len(found) > most:
        raise TooMuch(most)
    return found


# --- writing ----------------------------------------------------------------------------------------------------------


def _lacking(work: Work, mapped: Map, rows: Sequence[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """Return the rows whose key the target has not."""
    pair = target_keys(work, work.backfill.idempotency.key)
    places = [mapped.place_of(name) for name in pair.names]
    lacking: list[tuple[Value, ...]] = []
    for at in range(0, len(rows), KEYS):
        keys = [tuple(row[place] for place in places) for row in rows[at : at + KEYS]]
        there = by_keys(pair, pair.found, keys)
        lacking += [row for row, key in zip(rows[at:], keys, strict=False) if pair.texts(key)[0] not in there]
    return lacking


@frozen_in_order
class _Form:
    """How rows are written: the side, the map, and what stands around the rows."""

    side: Side
    mapped: Map
    table: str
    on: tuple[str, ...]
    sets: tuple[str, ...]
    changed: tuple[str, ...]
    head: str


def _form(work: Work, copy: Copy, mapped: Map) -> _Form:
    quote, idempotency = work.target.dialect.quote, work.backfill.idempotency
    met = idempotency.on_conflict != "error"
    own = {name.lower() for name in idempotency.key}
    others = [one for one in mapped.made if one.name.lower() not in own]
    # PostgreSQL's json has no equality (manual, "JSON Types"), so such rows are always written.
    equal = all((one.shape.family, one.shape.name) != ("postgres", "json") for one in others)
    compared = equal and idempotency.on_conflict == "update_if_changed"
    sets = tuple(quote(one.name) for one in others) if idempotency.on_conflict.startswith("update") else ()
    always = any(one.column.identity and one.column.identity.always for one in mapped.made)
    return _Form(
        work.target, mapped, table_of(work.target, copy.into), tuple(map(quote, idempotency.key)) if met else (),
        sets, sets if compared else (), "OVERRIDING SYSTEM VALUE " if always else "",
    )  # fmt: skip


def _written(form: _Form, rows: Sequence[tuple[Value, ...]]) -> Iterator[Part]:
    """Yield statements, each with as many rows as it may have bytes."""
    most = _BYTES.get(form.side.dialect.name, _MANY_BYTES)
    shapes = [one.shape for one in form.mapped.made]
    texts: list[str] = []
    size = 0
    for row in rows:
        values = (spelled(form.side.dialect, value, shape) for value, shape in zip(row, shapes, strict=True))
        text = f"({', '.join(values)})"
        length = len(text.encode())
        if texts and size + length > most:
            yield _insertion(form, texts)
            texts, size = [], 0
        texts.append(text)
        size += length + 2
    if texts:
        yield _insertion(form, texts)


def _insertion(form: _Form, texts: Sequence[str]) -> Part:
    bulk, quote = form.side.dialect.bulk(), form.side.dialect.quote
    sets = tuple((column, f"incoming.{column}") for column in form.sets)
    return Part(
        sql=bulk.insert(
            Insertion(
                table=form.table, columns=tuple(quote(one.name) for one in form.mapped.made),
                select=form.head, values=tuple(texts), on=form.on, sets=sets, changed=form.changed,
            )
        ),
        counts="rows_written",
    )  # fmt: skip


def numbered(work: Work, copy: Copy) -> None:
    """Let the numbers that the target hands out go on behind those that were copied, where it does not see to that."""
    renumber = work.target.dialect.bulk().renumber
    for one in map_of(work, copy).made if renumber else ():
        if one.shape.sort == "integer" and renumber:
            work.target.session.query(renumber(table_of(work.target, copy.into), one.name))
