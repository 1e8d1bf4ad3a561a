"""Which source rows a backfill has claimed or left out, as statements and conditions of SQL; it knows no strategy."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.backfill.keys import key_text
from reconciler.backfill.ledger import APPLIED, REJECTS
from reconciler.backfill.reading import Range, table_of, within
from reconciler.backfill.work import Work
from reconciler.dialects.bulk import Insertion, Part
from reconciler.execute.ledger import now
from reconciler.frozen import frozen

_REJECTED = ("backfill", "source_key", "reason", "batch_id", "at")


@frozen
class Turn:
    """Which rows are to be written: a range, the word for the transaction, and whether only those that are missing.

    `alone`: none of them is there, unless the database says so.
    """

    range: Range
    batch_id: str
    missing: bool = False
    alone: bool = False


def left_out(work: Work, turn: Turn, reason: str) -> Part:
    """Return the statement that writes down that the rows of a range are left out; of a copy that is one row."""
    if work.backfill.copy is not None:
        return rejected(work, turn, [(key_text(turn.range.high), reason)], "poisoned")
    rows = f"{source_of(work)} WHERE {within(work, turn.range.low, turn.range.high)}"
    return Part(sql=reject(work, turn, source_key(work), reason, rows), counts="poisoned")


def rejected(work: Work, turn: Turn, rows: Sequence[tuple[str, str]], counts: str) -> Part:
    """Return the statement that writes down that rows are left out: keys, each with the reason."""
    quote, text = work.target.dialect.quote, work.target.dialect.bulk().literal
    head, tail = text(work.backfill.ref.name), f"{text(turn.batch_id)}, {text(now())}"
    named = Insertion(
        table=f"{work.ledger.prefix}{quote(REJECTS)}", columns=_REJECTED, select="", on=_REJECTED[:2],
        values=tuple(f"({head}, {text(key)}, {text(reason)}, {tail})" for key, reason in rows),
    )  # fmt: skip
    return Part(sql=work.target.dialect.bulk().insert(named), counts=counts)


def source_key(work: Work, alias: str = "") -> str:
    """Return the expression for what tells a source row apart, as one text; lengths keep (1, 23) from being (12, 3)."""
    bulk, quote = work.target.dialect.bulk(), work.source.dialect.quote
    names = work.backfill.idempotency.key if work.backfill.idempotency.strategy == "ledger" else ()
    columns = [f"{alias}{quote(name)}" for name in names or work.backfill.source.key]
    texts = [bulk.text(column) for column in columns]
    if len(texts) == 1:
        return texts[0]
    pieces: list[str] = []
    for text in texts:
        pieces += (bulk.text(f"length({text})"), bulk.literal(":"), text)
    return bulk.joined(pieces)


def source_of(work: Work) -> str:
    """Return the quoted name of the table that is read."""
    return table_of(work.source, work.backfill.source.table)


def alias_of(work: Work) -> str:
    """Return the name under which rows are read: the table's own, which an author may have put before a column."""
    return work.source.dialect.quote(work.backfill.source.table.name)


def claim(work: Work, turn: Turn, rows: str) -> str:
    """Claim rows: who finds one claimed leaves it alone."""
    quote, text = work.target.dialect.quote, work.target.dialect.bulk().literal
    columns = ("backfill", "source_key", "batch_id")
    return work.target.dialect.bulk().insert(
        Insertion(
            table=f"{work.ledger.prefix}{quote(APPLIED)}", columns=columns, on=columns[:2],
            select=f"SELECT {text(work.backfill.ref.name)} AS backfill, {source_key(work)} AS source_key,"
            f" {text(turn.batch_id)} AS batch_id FROM {rows}",
        )
    )  # fmt: skip


def claimed(work: Work, turn: Turn) -> str:
    """Return the condition that this transaction has claimed a row."""
    return f"({_mention(work, APPLIED)}) = {work.target.dialect.bulk().literal(turn.batch_id)}"


def unclaimed(work: Work) -> str:
    """Return the condition that nobody has claimed a row."""
    return f"({_mention(work, APPLIED)}) IS NULL"


def not_left_out(work: Work) -> str:
    """Return the condition that a row was not left out."""
    return f"({_mention(work, REJECTS)}) IS NULL"


def _mention(work: Work, table: str) -> str:
    """Return the query for the transaction that wrote a row's key down, to be asked for each row by itself.

    An EXISTS may become a join, which is planned by what is known of the table: of one that was empty a moment ago,
    nothing.
    """
    bulk, quote = work.target.dialect.bulk(), work.target.dialect.quote
    return (
        f"SELECT __rc_by.batch_id FROM {work.ledger.prefix}{quote(table)} AS __rc_by WHERE"
        f" __rc_by.backfill = {bulk.literal(work.backfill.ref.name)}"
        f" AND __rc_by.source_key = {source_key(work, alias_of(work) + '.')}"
    )


def reject(work: Work, turn: Turn, key: str, reason: str, rows: str) -> str:
    """Return the statement that writes down that rows are left out, and why."""
    quote, text = work.target.dialect.quote, work.target.dialect.bulk().literal
    columns = _REJECTED
    values = (text(work.backfill.ref.name), key, text(reason), text(turn.batch_id), text(now()))
    words = ", ".join(f"{value} AS {quote(column)}" for value, column in zip(values, columns, strict=True))
    named = Insertion(
        table=f"{work.ledger.prefix}{quote(REJECTS)}", columns=columns, select=f"SELECT {words} FROM {rows}",
        on=columns[:2],
    )  # fmt: skip
    return work.target.dialect.bulk().insert(named)
