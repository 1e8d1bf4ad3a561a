"""What a change asks the live rows on PostgreSQL: the questions of every dialect, and those that it alone has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.checks import SAMPLE, Spelling, asker, counted, in_live_words, keys, live_name, sensitive
from reconciler.dialects.postgres.ask_roots import ROOTS, ask_root, joining, on_bases
from reconciler.dialects.postgres.identity import bounds
from reconciler.dialects.postgres.names import enum_behind, table
from reconciler.dialects.postgres.narrowing import Reads, by_server, by_shape, narrowing
from reconciler.dialects.postgres.resolve import words
from reconciler.dialects.postgres.rules.enums import carried_columns
from reconciler.dialects.postgres.types import SERIAL
from reconciler.dialects.postgres.waits import waits
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.change import Alter, Change, Create
from reconciler.model.objects import Column, Enum, Exclusion
from reconciler.model.ref import Kind
from reconciler.model.values import Identity, IndexPart
from reconciler.plan.hazards import lost_values
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck


def _fills(column: Column) -> bool:
    return column.identity is not None or column.type.name in SERIAL


def _spelling(reads: Reads) -> Spelling:
    return Spelling(quote=double_quoted, table=table, narrows=narrowing(reads), fills=_fills, words=words)


_WORDS = _spelling(by_server)
_TRIES, _LOOKS = asker(_WORDS), asker(_spelling(by_shape))


def ask(change: Change, states: States) -> Sequence[DataCheck]:
    """Return the questions of one change."""
    return [*_of_rows(change, states), *waits(change, states)]


def _of_rows(change: Change, states: States) -> Sequence[DataCheck]:
    if change.ref.kind in ROOTS or change.ref.top.kind == Kind.DOMAIN:
        return ask_root(change, states)
    common = (_TRIES if "input_is_valid" in states.features else _LOOKS)(on_bases(change, states), states)
    match change:
        case Alter(Column() as before, Column() as after, _) if before.type != after.type:
            return [*_of_values(before, after, common, states), *joining(before, after, states)]
        case Alter(Enum() as old, Enum() as new, _):
            return [*common, *_removed_values(old, new, states)]
        case Create(Column() as new) if new.generated is not None:
            return [*common, *_overwritten(new, states)]
        case Create(Exclusion() as new) if new.ref.top in states.old and states.old.get(new.ref) != new:
            return [*common, *_conflicts(new, states)]
        case Alter(Column(identity=Identity()) as old, Column(identity=Identity()) as new, fields):
            return [*common, *(_beyond(old, new, states) if "identity" in fields else ())]
        case _:
            return common


def _of_values(old: Column, new: Column, common: Sequence[DataCheck], states: States) -> Iterator[DataCheck]:
    """Ask for what is none of the declared values of an enum: the type itself may be new, or get values, in this plan.

    What was no array and becomes one only the server can read.
    """
    enum = states.new.get(enum_behind(new) or new.ref)
    arrays = [column.type.name.endswith("[]") for column in (old, new)]
    if not isinstance(enum, Enum) or arrays == [False, True] or new.generated is not None:
        yield from common
        return
    yield from (check for check in common if check.code != "DS107")
    listed = ", ".join(map(text_literal, enum.values))
    name = live_name(_WORDS, new.ref.top, new.ref.name, states)
    among = f"{name}::text[] <@ ARRAY[{listed}]::text[]" if arrays[1] else f"{name}::text IN ({listed})"
    message = f"{old.type} → {new.type}: values that do not fit: {{count}}"
    yield counted(_WORDS, new, states, code="DS107", where=f"NOT {among}", message=message)


def _removed_values(old: Enum, new: Enum, states: States) -> Iterator[DataCheck]:
    """Ask each column for rows that hold a value which is to go: those that get another one, and the others."""
    gone = lost_values(old, new)
    moves = dict(new.removed_values)
    for column, _ in carried_columns(old, states):
        yield from _holding(column, [value for value in gone if value in moves], states, code="DS110",
                            message="rows that get another value: {count}")  # fmt: skip
        yield from _holding(column, [value for value in gone if value not in moves], states, code="DS107",
                            message=f"rows that hold a value which {old.ref.name} is to lose: {{count}}")  # fmt: skip


def _holding(column: Column, values: Sequence[str], states: States, *, code: str, message: str) -> Iterator[DataCheck]:
    if not values:
        return
    listed = ", ".join(map(text_literal, values))
    name = live_name(_WORDS, column.ref.top, column.ref.name, states)
    is_array = column.type.name.endswith("[]")
    where = f"{name}::text[] && ARRAY[{listed}]" if is_array else f"{name}::text IN ({listed})"
    yield counted(_WORDS, column, states, code=code, where=where, message=message)


def _conflicts(new: Exclusion, states: States) -> Iterator[DataCheck]:
    """Ask how many pairs of rows exclude each other; parts that are columns of this very plan have no rows yet."""
    top = new.ref.top
    if any(part.column and top.child(Kind.COLUMN, part.column) not in states.old for part in new.parts):
        return
    if any(ref not in states.old for ref in new.uses if ref.top == top):
        return
    terms = ", ".join(f"{_term(part, new, states)} AS part_{at}" for at, part in enumerate(new.parts))
    shown = keys(_WORDS, top, states) or "ctid"
    condition = f" WHERE {in_live_words(_WORDS, top, new.where.text, states)}" if new.where else ""
    rows = (
        f"(SELECT ctid AS place, concat_ws(', ', {shown}) AS shown, {terms} FROM {table(states.live(top))}{condition})"
    )
    meets = " AND ".join(f"a.part_{at} {part.operator} b.part_{at}" for at, part in enumerate(new.parts))
    pairs = f"FROM {rows} a JOIN {rows} b ON a.place < b.place AND {meets}"
    yield DataCheck(
        code="MF105", ref=new.ref, message="pairs of rows that exclude each other: {count}",
        count=f"SELECT count(*) {pairs}", sensitive=sensitive(top, states),
        sample=f"SELECT a.shown, b.shown {pairs} ORDER BY 1, 2 LIMIT {SAMPLE}",
    )  # fmt: skip


def _term(part: IndexPart, new: Exclusion, states: States) -> str:
    text = part.expression and f"({in_live_words(_WORDS, new.ref.top, part.expression.text, states)})"
    collation = f" COLLATE {double_quoted(part.collation)}" if part.collation else ""
    return f"{text or live_name(_WORDS, new.ref.top, part.column or '', states)}{collation}"


def _beyond(old: Column, new: Column, states: States) -> Iterator[DataCheck]:
    """Ask whether a counter is already outside the bounds that it is to get: the server would refuse them."""
    if new.identity is None or not old.clauses:
        return
    usual = bounds(new.type.name, new.identity.increment or 1)
    least, most = (
        given if given is not None else own
        for given, own in ((new.identity.minimum, usual.minimum), (new.identity.maximum, usual.maximum))
    )
    yield DataCheck(
        code="MF105", ref=new.ref, message="the counter is outside its new bounds: {count}",
        count=f"SELECT count(*) FROM {old.clauses} WHERE last_value NOT BETWEEN {least} AND {most}",
        sample=f"SELECT last_value FROM {old.clauses}",
    )  # fmt: skip


def _overwritten(new: Column, states: States) -> Iterator[DataCheck]:
    """Ask how many values are lost when a plain column becomes a generated one."""
    old = states.old.get(new.ref)
    if isinstance(old, Column) and old.generated is None:
        live = states.live(old.ref)
        yield DataCheck(
            code="DS103", ref=new.ref, message="replaces {count} values by computed ones",
            count=f"SELECT count(*) FROM {table(live)} WHERE {double_quoted(live.name)} IS NOT NULL",
        )  # fmt: skip
