"""A backfill and a range of keys in, the statements of one transaction out; each strategy does no row twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.backfill.claims import (
    Turn,
    alias_of,
    claim,
    claimed,
    not_left_out,
    reject,
    source_key,
    source_of,
    unclaimed,
)
from reconciler.backfill.reading import Range, quoted_key, table_of, within
from reconciler.backfill.work import Work
from reconciler.dialects.bulk import Bulk, Insertion, Part, bound
from reconciler.model.backfills import Assignment, Classification, InsertSelect, Mapped, Merge, Update
from reconciler.model.objects import Column
from reconciler.model.values import Sql

# The names, in the rows that are read, of a class and of what the key of the target will be.
_CLASS, _VALUE = "__rc_class_", "__rc_value_"

# One group of all rows, and none of no rows: without any GROUP BY no rows have a sum too, which is null. A number alone
# would be a column's.
_ONE_GROUP = "1 + 0"


def parts(work: Work, turn: Turn) -> Sequence[Part]:
    """Return the statements that write the rows of a range; the rows of one that are done already stay as they are."""
    backfill = work.backfill
    if backfill.insert_select is not None:
        return tuple(_insert_select(work, turn, backfill.insert_select))
    if backfill.update is not None:
        return tuple(_update(work, turn, backfill.update))
    assert backfill.script is not None, "a copy has writers of its own"
    return (Part(sql=_script(work, turn.range), counts="rows_written"),)


def can_miss(work: Work) -> bool:
    """Say whether rows that are not done can be told from those that are, so that a sweep finds what came late."""
    backfill = work.backfill
    match backfill.idempotency.strategy:
        case "ledger" | "mark_source":
            return True
        case "converge" | "unset":
            return backfill.update is not None
        case "target_key":
            written = backfill.insert_select
            if backfill.copy is not None:
                return bool(backfill.idempotency.key)
            return written is not None and all(map(_single, _target_key(work, written)))
    return False


def _single(mapped: Mapped) -> bool:
    return not mapped.aggregate


def counts_rows(work: Work) -> bool:
    """Say whether every row of the source that is read becomes one row that is written, where none is there."""
    written = work.backfill.insert_select
    if written is None or work.backfill.idempotency.strategy != "target_key" or written.group_by:
        return False
    return all(map(_single, written.columns)) and all(one.otherwise is not None for one in written.classify)


def missing(work: Work, range_: Range) -> str:
    """Return a query that has a row when something in a range is not done."""
    return f"SELECT 1 FROM {_rows(work, range_)} WHERE {' AND '.join(_pending(work))} LIMIT 1"


def _insert_select(work: Work, turn: Turn, written: InsertSelect) -> Iterator[Part]:
    """Yield what makes rows of the source rows of a table: rejects, then claims or not, then the rows, then marks."""
    strategy = work.backfill.idempotency.strategy
    rows = _rows(work, turn.range, work.target.dialect.bulk().capturing.locking if work.backfill.captures else "")
    pending = _pending(work) if turn.missing or strategy == "mark_source" else ["1 = 1"]
    alias = alias_of(work)
    strict = [one for one in written.classify if one.otherwise is None]
    met = [f"{alias}.{_class(work, one.name)} IS NOT NULL" for one in strict]
    if strict:
        unmet = " OR ".join(f"{alias}.{_class(work, one.name)} IS NULL" for one in strict)
        reason = f"no condition of {' or '.join(one.name for one in strict)} is met"
        conditions = [f"({unmet})", *pending, *([unclaimed(work)] if strategy == "ledger" else [])]
        unfit = f"{rows} WHERE {' AND '.join(conditions)}"
        yield Part(sql=reject(work, turn, source_key(work, alias + "."), reason, unfit), counts="rejected")
    chosen = [*met, *pending]
    if strategy == "ledger":
        yield Part(sql=claim(work, turn, f"{rows} WHERE {' AND '.join(chosen)}"))
        chosen = [claimed(work, turn)]
    merge = Merge(on=()) if turn.alone else _merge(work, written)
    sql = _insertion(work, written, merge, f"{rows} WHERE {' AND '.join(chosen)}")
    yield Part(sql=sql, counts="rows_written")
    if strategy == "mark_source":
        yield Part(sql=f"UPDATE {source_of(work)} SET {_mark(work)} = TRUE WHERE"
                       f" {within(work, turn.range.low, turn.range.high)} AND {_mark(work)} IS NOT TRUE")  # fmt: skip


def _update(work: Work, turn: Turn, written: Update) -> Iterator[Part]:
    """Yield what changes rows in place."""
    quote, strategy = work.target.dialect.quote, work.backfill.idempotency.strategy
    conditions = [within(work, turn.range.low, turn.range.high)]
    if written.where is not None:
        conditions.append(f"({written.where.text})")
    if turn.missing or strategy in ("converge", "unset", "mark_source"):
        conditions += _pending(work)
    sets = [f"{quote(one.column)} = {one.value.text}" for one in written.assignments]
    if strategy == "mark_source":
        sets.append(f"{_mark(work)} = TRUE")
    if locking := work.target.dialect.bulk().ordered:  # so that nobody who does the same waits in a circle
        rows = f"SELECT 1 FROM {source_of(work)} WHERE {' AND '.join(conditions)}"
        order = f"ORDER BY {', '.join(quoted_key(work))}{locking}"
        yield Part(sql=f"SELECT count(*) FROM ({rows} {order}) AS __rc_locked")
    if strategy == "ledger":
        yield Part(sql=claim(work, turn, f"{source_of(work)} WHERE {' AND '.join(conditions)}"))
        conditions = [within(work, turn.range.low, turn.range.high), claimed(work, turn)]
    yield Part(
        sql=f"UPDATE {source_of(work)} SET {', '.join(sets)} WHERE {' AND '.join(conditions)}", counts="rows_written"
    )


def _script(work: Work, range_: Range) -> str:
    """Return the author's statement with the range in it: :lo and :hi, or :lo_COLUMN and :hi_COLUMN."""
    backfill, bulk = work.backfill, work.target.dialect.bulk()
    assert backfill.script is not None
    assert range_.low is not None, "a statement with a range is given one"
    values = {}
    for word, key in (("lo", range_.low), ("hi", range_.high)):
        for column, value in zip(backfill.source.key, key, strict=True):
            values[f"{word}_{column}"] = bulk.literal(value)
        if len(key) == 1:
            values[word] = bulk.literal(key[0])
    return bound(backfill.script.statement.text, bulk.words, values)


def _classes(work: Work) -> Sequence[Classification]:
    return work.backfill.insert_select.classify if work.backfill.insert_select else ()


def _class(work: Work, name: str) -> str:
    return work.target.dialect.quote(_CLASS + name)


def _rows(work: Work, range_: Range, locking: str = "") -> str:
    """Return the rows of a range as what stands behind FROM; with words that lock them, in the order of their keys."""
    order = f" ORDER BY {', '.join(quoted_key(work))}{locking}" if locking else ""
    return _made_of(work, source_of(work), f"{within(work, range_.low, range_.high)}{order}")


def _made_of(work: Work, source: str, where: str) -> str:
    """Return rows as what stands behind FROM, each with its classes, and the key that it will have."""
    added = [f"{_case(work.target.dialect.bulk(), one)} AS {_class(work, one.name)}" for one in _classes(work)]
    added += [f"({value}) AS {name}" for name, value in _values(work)]
    words = ", ".join([*_read(work), *added])
    return f"(SELECT {words} FROM {source} WHERE {where}) AS {alias_of(work)}"


def _read(work: Work) -> list[str]:
    """Return what is read of each row: all of it, but where a helper is filled, which servers may hide from that."""
    update = work.backfill.update
    if not work.backfill.beside or update is None:
        return ["*"]
    known = {one.ref.name for one in work.source.model.children(work.backfill.source.table, Column)}
    named = {name for name in known for one in update.assignments if name in one.value.text}
    named |= {*work.backfill.source.key, *(one.column for one in update.assignments)}
    return [work.source.dialect.quote(name) for name in sorted(named)]


def carried(work: Work, written: InsertSelect, row: str) -> str:
    """Return the statement that writes what becomes of one row of the source, given as what stands behind FROM."""
    rows = f"{_made_of(work, row, within(work, None, None))} WHERE 1 = 1"
    return _insertion(work, written, _merge(work, written), rows)


def removed(work: Work, written: InsertSelect, old: str, new: str) -> str:
    """Return the statement that deletes what became of a row of the source, unless it is what becomes of the new one.

    `new` is "" where there is none. A row that does not count became nothing.
    """
    quote = work.target.dialect.quote
    keys = [(quote(one.column), one) for one in _target_key(work, written)]

    def same(row: str) -> str:
        rows = _made_of(work, row, within(work, None, None))
        return " AND ".join(f"{column} = (SELECT {_mapped(work, one)} FROM {rows})" for column, one in keys)

    stays = f" AND CASE WHEN {same(new)} THEN 0 ELSE 1 END = 1" if new else ""
    return f"DELETE FROM {table_of(work.target, written.into)} WHERE {same(old)}{stays}"


def _case(bulk: Bulk, one: Classification) -> str:
    whens = " ".join(f"WHEN ({case.when.text}) THEN {bulk.literal(case.then.value)}" for case in one.cases)
    otherwise = "NULL" if one.otherwise is None else bulk.literal(one.otherwise.value)
    return f"CASE {whens} ELSE {otherwise} END"


def _values(work: Work) -> Iterator[tuple[str, str]]:
    """Yield what the columns of the target's key will hold: inside a question to the target its columns have names too.

    Only where the rows are looked for there.
    """
    written, quote = work.backfill.insert_select, work.target.dialect.quote
    if work.backfill.idempotency.strategy != "target_key" or written is None:
        return
    for mapped in _target_key(work, written):
        if mapped.expression is not None and not mapped.aggregate:
            yield quote(_VALUE + mapped.column), mapped.expression.text


def _target_key(work: Work, written: InsertSelect) -> list[Mapped]:
    names = written.merge.on if written.merge else work.backfill.idempotency.key
    return [mapped for name in names for mapped in written.columns if mapped.column == name]


def _pending(work: Work) -> list[str]:
    """Return the conditions that a row of the source is not done yet."""
    backfill = work.backfill
    conditions = [not_left_out(work)]
    match backfill.idempotency.strategy:
        case "ledger":
            conditions.append(unclaimed(work))
        case "mark_source":
            conditions.append(f"{_mark(work)} IS NOT TRUE")
        case "converge" if backfill.update is not None:
            quote, differs = work.target.dialect.quote, work.target.dialect.bulk().differs
            ways = [differs(quote(one.column), one.value.text) for one in backfill.update.assignments]
            conditions.append(f"({' OR '.join(ways)})")
            if backfill.update.where is not None:
                conditions.append(f"({backfill.update.where.text})")
        case "unset" if backfill.update is not None:
            conditions += [f"{work.target.dialect.quote(one.column)} IS NULL" for one in backfill.update.assignments]
        case "target_key" if backfill.insert_select is not None:
            conditions.append(_not_there(work, backfill.insert_select))
    return conditions


def _not_there(work: Work, written: InsertSelect) -> str:
    quote, alias = work.target.dialect.quote, alias_of(work)
    same = []
    for mapped in _target_key(work, written):
        value = f"{alias}.{quote(_VALUE + mapped.column)}"
        if mapped.constant is not None:
            value = work.target.dialect.bulk().literal(mapped.constant.value)
        elif mapped.classification:
            value = f"{alias}.{_class(work, mapped.classification)}"
        same.append(f"__rc_there.{quote(mapped.column)} = {value}")
    table = table_of(work.target, written.into)
    return f"(SELECT 1 FROM {table} AS __rc_there WHERE {' AND '.join(same)} LIMIT 1) IS NULL"


def _mark(work: Work) -> str:
    return work.target.dialect.quote(work.backfill.idempotency.mark)


def _insertion(work: Work, written: InsertSelect, merge: Merge, rows: str) -> str:
    """Return the statement that adds rows, and says what becomes of one that is there."""
    quote = work.target.dialect.quote
    grouped = ", ".join(
        f"{alias_of(work)}.{_class(work, one.text[1:])}" if one.text.startswith("$") else one.text
        for one in written.group_by
    )
    if not grouped and any(one.aggregate for one in written.columns):
        grouped = _ONE_GROUP
    values = ", ".join(f"{_mapped(work, one)} AS {quote(one.column)}" for one in written.columns)
    # Whoever meets the same rows meets them in the same order, so that nobody waits in a circle.
    order = f" ORDER BY {', '.join(map(quote, merge.on))}" if grouped and merge.on else ""
    only_changed = work.backfill.idempotency.on_conflict == "update_if_changed" and written.merge is None
    return work.target.dialect.bulk().insert(
        Insertion(
            table=table_of(work.target, written.into), columns=tuple(quote(one.column) for one in written.columns),
            select=f"SELECT {values} FROM {rows}{f' GROUP BY {grouped}' if grouped else ''}{order}",
            on=tuple(map(quote, merge.on)),
            sets=tuple((quote(one.column), one.value.text) for one in merge.assignments),
            changed=tuple(quote(one.column) for one in merge.assignments) if only_changed else (),
        )
    )  # fmt: skip


def _merge(work: Work, written: InsertSelect) -> Merge:
    """Return what becomes of a row that is there; where the author does not say it, the strategy does."""
    idempotency, quote = work.backfill.idempotency, work.target.dialect.quote
    on = written.merge.on if written.merge else idempotency.key
    absolute = tuple(
        Assignment(column=one.column, value=Sql(f"incoming.{quote(one.column)}"))
        for one in written.columns
        if one.column not in on
    )
    match idempotency.strategy, idempotency.on_conflict:
        case "recompute", _:
            return Merge(on=on, assignments=absolute)
        case _ if written.merge is not None:
            return written.merge
        case "target_key", "ignore":
            return Merge(on=on)
        case "target_key", "update" | "update_if_changed":
            return Merge(on=on, assignments=absolute)
    return Merge(on=())


def _mapped(work: Work, one: Mapped) -> str:
    """Return the value of a written column."""
    if one.constant is not None:
        return work.target.dialect.bulk().literal(one.constant.value)
    if one.classification:
        return f"{alias_of(work)}.{_class(work, one.classification)}"
    text = one.expression.text if one.expression else "*"
    return f"{one.aggregate}({text})" if one.aggregate else text
