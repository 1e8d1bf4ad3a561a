"""A backfill in a family's words and the declared model in, what is wrong with it out; no database is asked.

Each problem comes with the path of its place in the document. A table that the specs do not declare may be there all
the same: what is looked up in it is looked up when planning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches

from reconciler.dialects.backfill_captures import uncaptured
from reconciler.dialects.backfill_names import Known, misnamed, reads_other_names
from reconciler.dialects.verification_checks import misasked
from reconciler.errors import Problem
from reconciler.model.backfills import Backfill, InsertSelect, Mapped
from reconciler.model.model import Model
from reconciler.model.objects import Column, Index, PrimaryKey, Table, Unique
from reconciler.model.ref import Kind, Ref

Found = Iterator[tuple[Problem, str]]

# Values of these have no order that can be relied on, or are not told apart exactly.
_NO_KEY_TYPES = frozenset({"float", "double", "json", "array"})
# An enum of MySQL is in the order of its values, and is compared as a text (manual, "The ENUM Type").
_NO_KEY_WORDS = ("float", "real", "double", "json", "xml", "enum(", "set(")
# Strategies of which a row that was done before takes no harm, whoever asks for it.
_AGAIN = frozenset({"converge", "target_key", "recompute"})
# What each kind of work can be made harmless to do again by.
_STRATEGIES = {
    "insert_select": ("target_key", "recompute", "ledger", "mark_source", "cursor"),
    "update": ("converge", "mark_source", "cursor"),
    "copy": ("target_key",),
    "script": ("converge", "cursor"),
}
_WORDS = {"script": "sql"}
# Functions whose value is another one each time, or after a while.
_VOLATILE = ("random", "uuid", "now", "current_timestamp", "clock_timestamp", "rand", "gen_random_uuid", "nextval")


def proofread(backfill: Backfill, model: Model, family: str) -> Found:
    """Yield what is wrong with a backfill, with the path of its place; severity `warning` where it is only told.

    Args:
        backfill: its texts are in the family's words.
        model: all that is declared, in normal form.
        family: whose words they are.
    """
    for check in _CHECKS:
        yield from check(backfill, model, family)


def _problem(backfill: Backfill, code: str, message: str, hint: str, severity: str = "error") -> Problem:
    return Problem(code=code, message=message, hint=hint, severity=severity, address=str(backfill.ref))


# --- tables, columns and keys -----------------------------------------------------------------------------------------


def columns_of(model: Model, table: Ref) -> tuple[str, ...] | None:
    """Return the names of a declared table's columns, None of one that is not declared."""
    return tuple(c.ref.name for c in model.children(table, Column)) if isinstance(model.get(table), Table) else None


def unique_keys(model: Model, table: Ref) -> list[tuple[str, ...]]:
    """Return the columns of each key of a table that tells every two rows apart, nulls aside."""
    keys = [key.columns for key in model.children(table, PrimaryKey)]
    keys += [key.columns for key in model.children(table, Unique)]
    return keys + [columns for index, columns in _indexed(model, table) if index.unique and index.where is None]


def _indexed(model: Model, table: Ref) -> list[tuple[Index, tuple[str, ...]]]:
    """Return the indexes of a table whose parts are whole columns, with these."""
    found = []
    for index in model.children(table, Index):
        names = [part.column for part in index.parts if part.column and not part.length]
        if len(names) == len(index.parts):
            found.append((index, tuple(names)))
    return found


def _unknown(backfill: Backfill, table: Ref, names: Iterable[tuple[str, str]], model: Model) -> Found:
    """Yield the columns, each with the path where it is written, that a declared table has not."""
    known = columns_of(model, table)
    for name, path in names if known is not None else ():
        if name not in (known or ()):
            close = get_close_matches(name, known or (), n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known or ())}"
            yield _problem(backfill, "SPEC031", f"table {table.name!r} has no column {name!r}", hint), path


def _named_columns(backfill: Backfill, model: Model, family: str) -> Found:
    source = backfill.source
    if not source.database:
        keys = [(name, f"source.key.{number}") for number, name in enumerate(source.key)]
        yield from _unknown(backfill, source.table, keys, model)
    yield from _unknown(backfill, backfill.into, _written(backfill), model)
    if backfill.idempotency.mark:
        yield from _unknown(backfill, source.table, [(backfill.idempotency.mark, "idempotency.mark")], model)


def _written(backfill: Backfill) -> Iterator[tuple[str, str]]:
    """Yield the columns that are written, each with the path where it is named."""
    if (insert := backfill.insert_select) is not None:
        yield from ((one.column, f"do.insert_select.columns.{one.column}") for one in insert.columns)
        merge = insert.merge
        for number, name in enumerate(merge.on if merge else ()):
            yield name, f"do.insert_select.merge.on.{number}"
        for one in merge.assignments if merge else ():
            yield one.column, f"do.insert_select.merge.set.{one.column}"
    if backfill.update is not None:
        yield from ((one.column, f"do.update.set.{one.column}") for one in backfill.update.assignments)
    if backfill.copy is not None:
        yield from ((copied.column, f"do.copy.map.{copied.column}") for copied in backfill.copy.columns)
    if backfill.idempotency.strategy == "target_key":
        yield from ((name, f"idempotency.key.{n}") for n, name in enumerate(backfill.idempotency.key))


def _names_in_texts(backfill: Backfill, model: Model, family: str) -> Found:
    known = Known(
        source=columns_of(model, backfill.source.table) if not backfill.source.database else None,
        into=columns_of(model, backfill.into),
    )
    for code, message, hint, path in misnamed(backfill, known, family):
        yield _problem(backfill, code, message, hint), path


def _key(backfill: Backfill, model: Model, family: str) -> Found:
    if not backfill.source.database:
        yield from unfit_key(backfill, model)


def unfit_key(backfill: Backfill, model: Model) -> Found:
    """Yield what is wrong with the key by which rows are worked off, if the model knows their table (BF104).

    It has to tell them apart, is never null, and an index leads along it.
    """
    source = backfill.source
    known = columns_of(model, source.table)
    if known is None or not set(source.key) <= set(known):
        return
    place = "from.key" if source.database else "source.key"
    for name in source.key:
        column = model.get_as(source.table.child(Kind.COLUMN, name), Column)
        word = column.type.name.lower()
        if word in _NO_KEY_TYPES or (column.type.native and word.startswith(_NO_KEY_WORDS)):
            message = f"{column.ref} is of the type {word}, whose values cannot be worked off in order"
            yield _problem(backfill, "BF104", message, "take another key: whole numbers, texts, dates, uuids"), place
        if not column.not_null and not any(name in key.columns for key in model.children(source.table, PrimaryKey)):
            message = f"{column.ref} may be null, and rows without a key are never worked off"
            yield _problem(backfill, "BF104", message, "take another key, or make it not null"), place
    if backfill.idempotency.strategy != "recompute" and not _tells_apart(source.key, unique_keys(model, source.table)):
        message = f"the key ({', '.join(source.key)}) of {source.table.name} is not unique"
        yield _problem(backfill, "BF104", message, "take its primary key, or a unique constraint's columns"), place
    if not any(columns[: len(source.key)] == source.key for columns in _leading(model, source.table)):
        message = f"no index of {source.table.name} begins with ({', '.join(source.key)})"
        hint = "take a key with an index: without one each transaction would read the whole table"
        yield _problem(backfill, "BF104", message, hint), place


def _tells_apart(key: Sequence[str], unique: Iterable[Sequence[str]]) -> bool:
    return any(set(columns) <= set(key) for columns in unique)


def _leading(model: Model, table: Ref) -> list[tuple[str, ...]]:
    plain = [columns for index, columns in _indexed(model, table) if index.where is None]
    return [*unique_keys(model, table), *plain]


def _target_key(backfill: Backfill, model: Model, family: str) -> Found:
    """BF103: what a new row is told apart by has a unique index."""
    if columns_of(model, backfill.into) is None:
        return
    keys = unique_keys(model, backfill.into)
    wanted: list[tuple[tuple[str, ...], str]] = []
    if backfill.idempotency.strategy == "target_key":
        wanted.append((backfill.idempotency.key, "idempotency"))
    if backfill.insert_select is not None and backfill.insert_select.merge is not None:
        wanted.append((backfill.insert_select.merge.on, "do.insert_select.merge.on"))
    for columns, path in wanted:
        if not columns:
            yield _problem(backfill, "BF103", "target_key does not say which columns tell rows of the target apart",
                           "write idempotency: {strategy: target_key, key: […]}"), path  # fmt: skip
        elif not any(set(key) == set(columns) for key in keys):
            message = f"no unique index of {backfill.into.name} is over ({', '.join(columns)})"
            hint = f"declare one: indexes: {{{backfill.into.name}_{'_'.join(columns)}_key: {{columns: " \
                   f"[{', '.join(columns)}], unique: true}}}}"  # fmt: skip
            yield _problem(backfill, "BF103", message, hint), path


def _unfilled(backfill: Backfill, model: Model, family: str) -> Found:
    """Columns that every new row needs a value in and gets none."""
    written = backfill.insert_select or backfill.copy
    if written is None:
        return
    given = {one.column for one in written.columns}
    for column in model.children(backfill.into, Column):
        free = not column.not_null or column.default is not None or column.identity or column.generated
        if not free and column.ref.name not in given and not _counts_itself(model, column, family):
            message = f"{column.ref} is not null and has no default, and the work gives it no value"
            path = "do.insert_select.columns" if backfill.insert_select else "do.copy.map"
            yield _problem(backfill, "SPEC031", message, f"add {column.ref.name}: …"), path


def _counts_itself(model: Model, column: Column, family: str) -> bool:
    """Say whether a column is SQLite's rowid, which is filled by itself."""
    keys = [key.columns for key in model.children(column.ref.top, PrimaryKey)]
    return family == "sqlite" and (column.ref.name,) in keys and column.type.name in ("int", "bigint", "INTEGER")


# --- what makes it harmless to do again -------------------------------------------------------------------------------


def _strategy(backfill: Backfill, model: Model, family: str) -> Found:
    strategy, work = backfill.idempotency.strategy, _work(backfill)
    allowed = _STRATEGIES[work]
    if strategy not in allowed:
        message = f"{strategy} cannot make {_WORDS.get(work, work)} harmless to do again"
        yield _problem(backfill, "BF106", message, f"take {_either(allowed)}"), "idempotency.strategy"
    if strategy == "cursor" and not backfill.idempotency.confirmed:
        message = "work that rests on its cursor alone cannot be run again from the beginning"
        hint = f"take {_either(allowed[:-1])}; or say why it is so: confirm: …"
        yield _problem(backfill, "BF106", message, hint), "idempotency.strategy"
    if strategy == "mark_source" and not backfill.idempotency.mark:
        yield _problem(backfill, "SPEC014", "mark_source does not say which column it sets",
                       "idempotency: {strategy: mark_source, mark: COLUMN}"), "idempotency"  # fmt: skip
    free = _AGAIN if backfill.cadence.kind == "always" else _AGAIN | {"ledger", "mark_source"}
    if backfill.cadence.kind not in ("once", "on_change") and strategy not in free:
        message = f"work by {strategy} cannot be run again and again"
        yield _problem(backfill, "BF106", message, f"take {_either(sorted(free & set(allowed)))}"), "cadence"


def _work(backfill: Backfill) -> str:
    return next(name for name in _STRATEGIES if getattr(backfill, name) is not None)


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _additive(backfill: Backfill, model: Model, family: str) -> Found:
    """BF106: what is added to a value that is there counts twice when it is done twice, unless each row is claimed."""
    insert = backfill.insert_select
    if insert is not None and backfill.idempotency.strategy != "ledger":
        for one in insert.merge.assignments if insert.merge else ():
            if reads_other_names(one.value.text, "target", family):
                message = f"{one.column} is made of what is there, so doing a row again counts it twice"
                hint = "claim each row: idempotency: {strategy: ledger, key: […]}; or write absolute values: recompute"
                yield _problem(backfill, "BF106", message, hint), f"do.insert_select.merge.set.{one.column}"
    for one in backfill.update.assignments if backfill.update else ():
        if backfill.idempotency.strategy == "converge" and reads_other_names(one.value.text, one.column, family):
            message = f"{one.column} is made of itself, so there is no telling which rows are done"
            hint = "write another column, or idempotency: {strategy: mark_source, mark: COLUMN}"
            yield _problem(backfill, "BF106", message, hint), f"do.update.set.{one.column}"


def _grouping(backfill: Backfill, model: Model, family: str) -> Found:
    insert = backfill.insert_select
    if insert is None:
        return
    if backfill.idempotency.strategy == "recompute":
        said = {sql.text.strip().lower() for sql in insert.group_by}
        if missing := [name for name in backfill.source.key if name.lower() not in said]:
            message = f"recompute works off whole groups, so it is grouped by its key: {', '.join(missing)} is missing"
            yield (
                _problem(backfill, "BF106", message, f"group_by: [{', '.join(backfill.source.key)}]"),
                "do.insert_select",
            )
        if insert.merge is None:
            message = "recompute puts new values in the place of old ones, and does not say by which key"
            yield _problem(backfill, "BF103", message, "add merge: {on: […], set: {…: incoming.…}}"), "do.insert_select"
    yield from _ungrouped(backfill, insert)


def _ungrouped(backfill: Backfill, insert: InsertSelect) -> Found:
    grouped = {sql.text.strip() for sql in insert.group_by}
    aggregated = any(one.aggregate for one in insert.columns)
    for one in insert.columns if grouped or aggregated else ():
        if not one.aggregate and one.constant is None and _said(one) not in grouped:
            message = f"{one.column} is neither an aggregate nor one of group_by"
            hint = f"add {_said(one)} to group_by, or take {{agg: max, of: …}}"
            yield _problem(backfill, "SPEC200", message, hint), f"do.insert_select.columns.{one.column}"


def _said(one: Mapped) -> str:
    return f"${one.classification}" if one.classification else one.expression.text.strip() if one.expression else ""


# --- what people forget -----------------------------------------------------------------------------------------------


def _live_writes(backfill: Backfill, model: Model, family: str) -> Found:
    if not backfill.source.live_writes and backfill.source.bound == "at_start":
        message = f"nothing says who writes {backfill.source.table.name} meanwhile"
        hint = (
            "live_writes: frozen (nobody), dual_write (the application writes both), append_only (it adds rows) or"
            " trigger (triggers carry along what is written)"
        )
        yield _problem(backfill, "BF107", message, hint), "from" if backfill.source.database else "source"


def _told_only(backfill: Backfill, model: Model, family: str) -> Found:
    if not backfill.verify:
        hint = "add verify: …; what is not looked at is not known to be right"
        yield _problem(backfill, "BF110", f"{backfill.ref} has no verification", hint, "warning"), ""
    if backfill.idempotency.strategy not in _AGAIN:
        return
    for one in backfill.insert_select.columns if backfill.insert_select else ():
        if one.expression is not None and reads_other_names(one.expression.text, "", family, _VOLATILE):
            message = f"{one.column} gets another value each time the work is done"
            hint = "make it of the source row's own columns"
            yield _problem(backfill, "BF105", message, hint, "warning"), f"do.insert_select.columns.{one.column}"


def _needed(backfill: Backfill, model: Model, family: str) -> Found:
    for number, ref in enumerate(backfill.requires):
        if ref.kind != "backfill" and ref not in model:
            message = f"{ref} is not declared, so it cannot be waited for"
            yield _problem(backfill, "SPEC030", message, "requires: lists addresses: table.NAME, backfill.NAME"), \
                f"requires.{number}"  # fmt: skip


_CHECKS: Sequence[Callable[[Backfill, Model, str], Found]] = (
    _named_columns, _names_in_texts, _key, _target_key, _unfilled, _strategy, _additive, _grouping, _live_writes,
    _needed, _told_only, misasked, uncaptured,
)  # fmt: skip
