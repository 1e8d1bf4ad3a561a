"""Types that would copy a large table while writes wait in, how each is reached by a column beside, or why not, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.dialects.backfill_checks import unfit_key
from reconciler.dialects.base import Session
from reconciler.dialects.mysql import costs, types
from reconciler.dialects.mysql.costs import Grade
from reconciler.dialects.mysql.ladder import grade_of
from reconciler.dialects.mysql.lexer import quoted, text_literal
from reconciler.dialects.mysql.names import of, table
from reconciler.dialects.mysql.narrowing import narrows
from reconciler.dialects.mysql.preflight import facts_of, trusted
from reconciler.dialects.sql import captures
from reconciler.model.backfills import Assignment, Backfill, Update
from reconciler.model.change import Alter, Change
from reconciler.model.objects import Check, Column, ForeignKey, Index, Object, PrimaryKey, Table, Unique
from reconciler.model.ref import Ref
from reconciler.model.values import Default, Literal, Sql
from reconciler.plan.beside import Beside, carried_over, helper_of
from reconciler.plan.rules import Besides, States

# What a column that is never null holds in rows that are there, until it is filled: what is there without a default of
# its own would have the table written anew. Long texts can have none.
_AT_FIRST = (
    (frozenset((*types.INTEGERS, *types.FLOATS, "decimal")), Literal(0)),
    (frozenset(("char", "varchar", "binary", "varbinary")), Literal("")),
    (frozenset(("datetime",)), Literal("1970-01-02 00:00:00")),
)
_LONG = frozenset((*types.TEXTS, *types.BLOBS))
_TEXTS = frozenset((*types.TEXTS, "char", "varchar"))
# Sorts of types between which each value is carried over as it is.
_SORTS = (
    frozenset((*types.INTEGERS, *types.FLOATS, "decimal")), _TEXTS, frozenset((*types.BLOBS, "binary", "varbinary")),
    frozenset(("datetime",)),
)  # fmt: skip
# Every character of the others is one of it (dev.mysql.com/doc/refman/9.7/en/charset-unicode-utf8mb4.html).
_WIDEST = "utf8mb4"
_FIELDS = frozenset({"type", "collation", "not_null", "default", "comment"})

_TRIGGERS = """
SELECT trigger_name FROM information_schema.triggers
WHERE event_object_schema = database() AND event_object_table = {name} ORDER BY trigger_name"""


def besides(session: Session, changes: Sequence[Change], states: States) -> Besides:
    """Return the way of each change for which writes would wait until all rows are copied, or in a clause why not."""
    found: dict[Ref, Beside | str] = {}
    for change in changes:
        if isinstance(change, Alter) and isinstance(change.old, Column) and change.ref.top in states.large:
            old, new = change.old, change.new
            assert isinstance(new, Column)
            if grade_of(costs.of_column(old, new, states.old), new.ref.top, states) >= Grade.LOCKED:
                found[new.ref] = next(_way(session, change, old, new, states))
    return found


def _way(session: Session, change: Alter, old: Column, new: Column, states: States) -> Iterator[Beside | str]:
    """Yield what stands in the way, and in the end the way."""
    yield from _of_column(change, old, new, states)
    yield from _of_users(new, states)
    yield from _of_table(session, new, states)
    key = _key(new, states)
    value = Sql(_value(new, states), "mysql")
    helper = helper_of(new, value.text)
    made = replace(
        new, ref=helper, default=at_first(new), comment=None, options=(("invisible", True),), uses=frozenset(),
        moved_values=(), sensitive=False, deprecated=None,
    )  # fmt: skip
    differs = f"NOT ({of(helper)} <=> ({value.text}))"
    proof = Sql(f"SELECT 1 FROM {table(new.ref)} WHERE {differs} LIMIT 1", "mysql")
    work = _without_clocks(carried_over(helper, key, value, proof), states)
    yield from (problem.message for problem, _ in unfit_key(work, states.old))
    yield Beside(column=new.ref, helper=made, backfill=work)


# --- the column -------------------------------------------------------------------------------------------------------


def _of_column(change: Alter, old: Column, new: Column, states: States) -> Iterator[str]:
    if not _FIELDS.issuperset(change.fields) or new.moved_values:
        yield "more than its type changes"
    if any(one.identity or one.generated or one.options or one.clauses or one.not_understood for one in (old, new)):
        yield "the database counts, computes or sets it"
    before, after = types.base(old.type.name), types.base(new.type.name)
    if not any({before, after} <= sort for sort in _SORTS):
        yield f"no value of {old.type} is carried over to {new.type} as it is"
    if narrows(old.type, new.type, of(new.ref)) is not None:
        yield "values may not fit, and who writes one meanwhile would fail"
    if after in _TEXTS and costs.charset_of(new, states.new) not in (costs.charset_of(old, states.old), _WIDEST):
        yield "its new character set may not have every character"
    if (old.not_null and before in _LONG) or (new.not_null and after in _LONG):
        yield "it is never null, and a long text has no default while two of them are there"


def at_first(new: Column) -> Default | None:
    """Return what a column that is never null holds where nobody said anything yet."""
    base = types.base(new.type.name)
    return next((value for names, value in _AT_FIRST if base in names), None) if new.not_null else None


def _value(new: Column, states: States) -> str:
    """Write what the helper is worth: for texts so that 'a' is neither 'A' nor 'a ', whatever the collation says."""
    if types.base(new.type.name) not in _TEXTS:
        return of(new.ref)
    collation = "utf8mb4_nopad_bin" if "nocopy" in states.features else "utf8mb4_0900_bin"
    return f"CONVERT({of(new.ref)} USING utf8mb4) COLLATE {collation}"


def _without_clocks(work: Backfill, states: States) -> Backfill:
    """Leave columns alone that the server sets to the time of each change: nobody changed these rows."""
    assert work.update is not None, "a helper is filled by an update"
    columns = states.new.children(work.source.table, Column)
    kept = [one.ref.name for one in columns if one.ref in states.old and "on_update_now" in dict(one.options)]
    same = tuple(Assignment(column=name, value=Sql(quoted(name), "mysql")) for name in kept)
    return replace(work, update=Update(assignments=(*work.update.assignments, *same)))


# --- who uses it ------------------------------------------------------------------------------------------------------


def _of_users(new: Column, states: States) -> Iterator[str]:
    top, name = new.ref.top, new.ref.name
    for model in (states.old, states.new):
        for key in (obj for obj in model.values() if isinstance(obj, ForeignKey)):
            ends = ((key.ref.top, key.columns), (key.target, key.target_columns))
            if any(ref == top and name in columns for ref, columns in ends):
                yield f"the foreign key {key.ref.name} is on it"
        for obj in model.subtree(top)[1:]:
            if isinstance(obj, Check | Column) and new.ref in obj.uses:
                yield f"{obj.ref} names it"
            if isinstance(obj, PrimaryKey) and name in obj.columns:
                yield "it is part of the primary key"
            if isinstance(obj, Index | Unique) and names(obj, name):
                yield from _of_index(obj, new, states)


def names(index: Index | Unique, column: str) -> bool:
    """Say whether an index is over a column, with what it computes."""
    if isinstance(index, Unique):
        return column in index.columns
    return any(part.column == column or part.expression is not None for part in index.parts)


def _of_index(index: Index | Unique, new: Column, states: States) -> Iterator[str]:
    if types.base(new.type.name) in _LONG:
        yield f"{index.ref.name} is over it, and a long text needs a length there"
    if isinstance(index, Index) and (index.method or any(part.expression for part in index.parts)):
        yield f"{index.ref.name} is no plain index"
    if states.old.get(index.ref) != states.new.get(index.ref):
        yield f"{index.ref.name} changes with it"


# --- the table --------------------------------------------------------------------------------------------------------


def _of_table(session: Session, new: Column, states: States) -> Iterator[str]:
    top = new.ref.top
    held = states.old.get(top)
    if not isinstance(held, Table) or held.not_understood or states.new.get(top) != held:
        yield "the table changes with it, or is not understood in every part"
    elif str(dict(held.options).get("engine", "innodb")).lower() != "innodb":
        yield "the table is not InnoDB's"
    if any(_partition(obj) for obj in states.old.subtree(top)):
        yield "the table has partitions"
    if grade_of(costs.LAYOUT, top, states) > Grade.LAYOUT:
        yield "no column is added to the table at once"
    rows = session.query(_TRIGGERS.format(name=text_literal(states.live(top).name)))
    for name in (str(name) for (name,) in rows if not captures(str(name))):
        yield f"the trigger {name} would fire for each row"
    facts = facts_of(session)
    if facts.untrusting and not trusted(facts):
        yield f"{facts.user} may not make triggers beside a binary log"
    if not _key(new, states):
        yield "the table has no primary key that stays, to go along"


def _partition(obj: Object) -> bool:
    return obj.ref.kind == "partition"


def _key(new: Column, states: States) -> tuple[str, ...]:
    keys = states.old.children(new.ref.top, PrimaryKey)
    same = [key for key in keys if states.new.get(key.ref) == key]
    columns = [states.old.get(new.ref.top.child(new.ref.kind, name)) for key in same for name in key.columns]
    stay = all(one is not None and states.new.get(one.ref) == one for one in columns)
    return same[0].columns if same and stay else ()
