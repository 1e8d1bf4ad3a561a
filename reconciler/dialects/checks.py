"""What a change asks the live rows before anything runs: a change and both models in, SQL that counts offenders out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.dialects.sql import moved_term
from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.names import is_helper
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import IndexPart, Literal
from reconciler.plan.rules import Ask, States
from reconciler.plan.step import DataCheck

# How many keys of offending rows are shown.
SAMPLE = 5


@frozen
class Spelling:
    """What the questions need of a dialect.

    `table(ref)` writes a table's full name; `narrows(old, new, column)` a predicate that is true for values of `column`
    which the new type does not hold, None when every value fits; `fills(column)` says whether a column gets a value by
    itself; `words(text, {name: name})` renames identifiers in a text.
    """

    quote: Callable[[str], str]
    table: Callable[[Ref], str]
    narrows: Callable[[Type, Type, str], str | None]
    fills: Callable[[Column], bool]
    words: Callable[[str, Mapping[str, str]], str]


def asker(spelling: Spelling) -> Ask:
    """Make a dialect's `ask` from how it spells things."""

    def ask(change: Change, states: States) -> Sequence[DataCheck]:
        match change:
            case Drop(old) if states.new.get(old.ref) is None:
                return _of_drop(spelling, old, states)
            case Drop(Column(generated=None) as old) if getattr(states.new[old.ref], "generated", None) is None:
                # A plain column that is dropped and made again: whatever the reason, its values do not come back.
                return _of_drop(spelling, old, states)
            case Create(new) if new.ref.top in states.old and states.old.get(new.ref) != new:
                return _of_create(spelling, new, states)
            case Alter(old, new, fields):
                return _of_alter(spelling, old, new, fields, states)
            case _:
                return ()

    return ask


def _of_drop(s: Spelling, old: Object, states: States) -> Sequence[DataCheck]:
    if old.ref.parent is not None and is_helper(old.ref.name):
        return ()
    live = states.live(old.ref)
    if isinstance(old, Table):
        return [DataCheck(code="DS102", ref=old.ref, count=f"SELECT count(*) FROM {s.table(live)}",
                          message="drops the table with its rows: {count}")]  # fmt: skip
    if isinstance(old, Column) and old.generated is None:
        return [counted(s, old, states, code="DS103", where=f"{s.quote(live.name)} IS NOT NULL",
                         message="drops the values that are not null: {count}", sample=False)]  # fmt: skip
    return ()


def _of_create(s: Spelling, new: Object, states: States) -> Sequence[DataCheck]:
    match new:
        case Column(not_null=True, default=None, generated=None) if not s.fills(new):
            return [counted(s, new, states, code="MF103", where="", sample=False,
                             message="is not null and has no default, and there are rows: {count}")]  # fmt: skip
        case Unique() | PrimaryKey() | Index(unique=True):
            return _duplicates(s, new, states)
        case Check(not_valid=True) | Check(enforced=False) | ForeignKey(not_valid=True) | ForeignKey(enforced=False):
            return ()
        case Check():
            return _violations(s, new, states)
        case ForeignKey():
            return _orphans(s, new, states)
        case _:
            return ()


# Fields of a constraint or index whose change asks nothing of the rows.
_RUNS_BY_ITSELF = frozenset({"comment", "name", "deferrable", "options"})


def _of_alter(s: Spelling, old: Object, new: Object, fields: Sequence[str], states: States) -> Sequence[DataCheck]:
    if not isinstance(old, Column) or not isinstance(new, Column):
        return () if _RUNS_BY_ITSELF.issuperset(fields) else _of_create(s, new, states)
    found: list[DataCheck] = []
    column = s.quote(states.live(new.ref).name)
    if "not_null" in fields and new.not_null:
        found.append(counted(s, new, states, code="MF104", where=f"{column} IS NULL",
                              message="rows where it is null: {count}"))  # fmt: skip
    if "generated" in fields and old.generated is None:
        found.append(counted(s, new, states, code="DS103", where=f"{column} IS NOT NULL", sample=False,
                              message="is computed from now on, which overwrites values: {count}"))  # fmt: skip
    value = moved_term(column, new.moved_values) if new.moved_values else column
    predicate = s.narrows(old.type, new.type, value) if "type" in fields and new.generated is None else None
    if predicate:
        message = f"{str(old.type) or 'no type'} → {new.type}: values that do not fit: {{count}}"
        found.append(counted(s, new, states, code="DS107", where=predicate, message=message))
    return found


def counted(
    s: Spelling,
    obj: Object,
    states: States,
    *,
    code: str,
    where: str,
    message: str,
    sample: bool = True,
    rows: str = "",
) -> DataCheck:
    """Ask for the rows of the object's table for which `where` is true; `rows` stands for them if they are others."""
    table = rows or s.table(states.live(obj.ref.top))
    tail = f" WHERE {where}" if where else ""
    shown = keys(s, obj.ref.top, states) if sample else ""
    return DataCheck(
        code=code, ref=obj.ref, message=message, count=f"SELECT count(*) FROM {table}{tail}",
        sample=f"SELECT {shown} FROM {table}{tail} ORDER BY {shown} LIMIT {SAMPLE}" if shown else "",
        sensitive=sensitive(obj.ref.top, states),
    )  # fmt: skip


def keys(s: Spelling, table: Ref, states: States, prefix: str = "") -> str:
    """Return the primary key's columns as the database calls them now, "" when there is no key."""
    key = states.old.children(table, PrimaryKey)
    return ", ".join(prefix + live_name(s, table, name, states) for name in key[0].columns) if key else ""


def live_name(s: Spelling, table: Ref, name: str, states: States) -> str:
    """Return a column as the database calls it now."""
    return s.quote(states.live(table.child("column", name)).name)


def sensitive(table: Ref, states: States) -> bool:
    """Say whether the primary key of a table holds what is not to be shown."""
    key = {name for primary in states.old.children(table, PrimaryKey) for name in primary.columns}
    return any(c.sensitive and c.ref.name in key for c in states.new.children(table, Column))


def _known(table: Ref, columns: Iterable[str], states: States) -> bool:
    """Say whether these columns have rows that can be asked: a column of this very plan has none yet."""
    return all(table.child("column", name) in states.old for name in columns)


def in_live_words(s: Spelling, table: Ref, text: str, states: States) -> str:
    """Write an expression with the names that the columns have now."""
    moved = {c.ref.name: states.live(c.ref).name for c in states.old.children(table, Column)}
    changed = {new: old for new, old in moved.items() if new != old}
    return s.words(text, changed) if changed else text


def _duplicates(s: Spelling, new: Unique | PrimaryKey | Index, states: States) -> Sequence[DataCheck]:
    table = new.ref.top
    alike = not isinstance(new, PrimaryKey) and new.nulls_not_distinct
    terms = _key_terms(s, new, states, alike)
    if terms is None:
        return ()
    keys = ", ".join(terms)
    conditions = [] if alike else [f"{term} IS NOT NULL" for term in terms]
    if isinstance(new, Index) and new.where:
        conditions.append(f"({in_live_words(s, table, new.where.text, states)})")
    rows = f"FROM {s.table(states.live(table))}{' WHERE ' + ' AND '.join(conditions) if conditions else ''}"
    grouped = f"SELECT {keys} {rows} GROUP BY {keys} HAVING count(*) > 1"
    return [
        DataCheck(
            code="MF101", ref=new.ref, message="keys that occur more than once: {count}",
            # A key of new columns alone is the same in every row.
            count=f"SELECT count(*) FROM ({grouped}) AS duplicated" if terms
            else f"SELECT CASE WHEN count(*) > 1 THEN 1 ELSE 0 END {rows}",
            sample=f"{grouped} ORDER BY {keys} LIMIT {SAMPLE}" if terms else "",
            sensitive=any(c.sensitive for c in states.new.children(table, Column)),
        )
    ]  # fmt: skip


def _key_terms(s: Spelling, new: Unique | PrimaryKey | Index, states: States, alike: bool) -> list[str] | None:
    """Return the parts of a key that the present rows have; None when they cannot contain a duplicate, or be asked.

    A new column is null in every row, and null is no duplicate, unless all nulls are `alike` or a constant fills it:
    then it tells no rows apart.
    """
    parts = new.parts if isinstance(new, Index) else tuple(IndexPart(column=name) for name in new.columns)
    terms: list[str] = []
    for part in parts:
        if part.expression is not None:
            terms.append(f"({in_live_words(s, new.ref.top, part.expression.text, states)})")
        elif part.column is not None and new.ref.top.child(Kind.COLUMN, part.column) in states.old:
            collation = f" COLLATE {s.quote(part.collation)}" if part.collation else ""
            name = live_name(s, new.ref.top, part.column, states) + collation
            terms.append(f"left({name}, {part.length})" if part.length else name)
        elif not _same_everywhere(states.new.get(new.ref.top.child(Kind.COLUMN, part.column or "")), alike):
            return None
    return terms


def _same_everywhere(column: Object | None, alike: bool) -> bool:
    """Say whether a new column starts with one value in all rows."""
    if not isinstance(column, Column) or column.generated is not None or column.identity is not None:
        return False
    return isinstance(column.default, Literal) or (alike and column.default is None)


def _violations(s: Spelling, new: Check, states: States) -> Sequence[DataCheck]:
    if any(ref not in states.old for ref in new.uses if ref.top == new.ref.top):
        return ()
    text = in_live_words(s, new.ref.top, new.expression.text, states)
    return [counted(s, new, states, code="MF105", where=f"NOT ({text})", rows=_with_moved_values(s, new, states),
                    message="rows that violate the check: {count}")]  # fmt: skip


def _with_moved_values(s: Spelling, new: Check, states: States) -> str:
    """Write the rows of a table as they will be once the values of enums have moved; "" when none of them does."""
    table = new.ref.top
    moved = {c.ref: c.moved_values for c in states.new.children(table, Column) if c.ref in new.uses and c.moved_values}
    if not moved:
        return ""
    terms = []
    for column in states.old.children(table, Column):
        name = live_name(s, table, column.ref.name, states)
        term = moved_term(f"CAST({name} AS text)", moved[column.ref]) if column.ref in moved else name
        terms.append(f"{term} AS {name}")
    return f"(SELECT {', '.join(terms)} FROM {s.table(states.live(table))}) AS moved"


def _orphans(s: Spelling, new: ForeignKey, states: States) -> Sequence[DataCheck]:
    table = new.ref.top
    if not _known(table, new.columns, states):
        return ()
    child, parent = s.table(states.live(table)), s.table(states.live(new.target))
    pairs = list(zip(new.columns, new.target_columns, strict=True))
    terms = [f"c.{live_name(s, table, name, states)}" for name in new.columns]
    filled = " AND ".join(f"{term} IS NOT NULL" for term in terms)
    if new.target in states.old and _known(new.target, new.target_columns, states):
        match = " AND ".join(
            f"p.{live_name(s, new.target, theirs, states)} = c.{live_name(s, table, ours, states)}"
            for ours, theirs in pairs
        )
        filled += f" AND NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {match})"
    if new.match_full and len(pairs) > 1:
        filled = f"({filled}) OR ({' OR '.join(f'{term} IS NULL' for term in terms)}) AND "
        filled += f"({' OR '.join(f'{term} IS NOT NULL' for term in terms)})"
    shown = keys(s, table, states, "c.")
    return [
        DataCheck(
            code="MF105", ref=new.ref, count=f"SELECT count(*) FROM {child} AS c WHERE {filled}",
            message=f"rows that point to nothing in {new.target.name}: {{count}}",
            sample=f"SELECT {shown} FROM {child} AS c WHERE {filled} ORDER BY {shown} LIMIT {SAMPLE}" if shown else "",
            sensitive=sensitive(table, states),
        )
    ]  # fmt: skip
