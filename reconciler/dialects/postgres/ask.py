"""What a change asks the live rows on PostgreSQL: the questions of every dialect, and those of enums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.checks import Spelling, asker
from reconciler.dialects.postgres.names import table
from reconciler.dialects.postgres.narrowing import Reads, by_server, by_shape, narrowing
from reconciler.dialects.postgres.resolve import words
from reconciler.dialects.postgres.rules.enums import carried_columns
from reconciler.dialects.postgres.types import SERIAL
from reconciler.dialects.sql import double_quoted, text_literal
from reconciler.model.change import Alter, Change, Create
from reconciler.model.objects import Column, Enum
from reconciler.plan.rules import Ask, States
from reconciler.plan.step import DataCheck


def _fills(column: Column) -> bool:
    return column.identity is not None or column.type.name in SERIAL


def _asking(reads: Reads) -> Ask:
    return asker(Spelling(quote=double_quoted, table=table, narrows=narrowing(reads), fills=_fills, words=words))


_TRIES, _LOOKS = _asking(by_server), _asking(by_shape)


def ask(change: Change, states: States) -> Sequence[DataCheck]:
    """Return the questions of one change."""
    common = (_TRIES if "input_is_valid" in states.features else _LOOKS)(change, states)
    match change:
        case Alter(Enum() as old, Enum() as new, _):
            return [*common, *_removed_values(old, new, states)]
        case Create(Column() as new) if new.generated is not None:
            return [*common, *_overwritten(new, states)]
        case _:
            return common


def _removed_values(old: Enum, new: Enum, states: States) -> Iterator[DataCheck]:
    """Ask each column for rows that hold a value which is to go."""
    gone = [value for value in old.values if value not in new.values]
    if not gone:
        return
    values = ", ".join(map(text_literal, gone))
    for column, declared in carried_columns(old, states):
        live = states.live(column.ref)
        name, rows = double_quoted(live.name), table(live)
        is_array = column.type.name.endswith("[]")
        where = f"{name}::text[] && ARRAY[{values}]" if is_array else f"{name}::text IN ({values})"
        yield DataCheck(
            code="MF105", ref=column.ref, message=f"{{count}} rows still hold a value that {old.ref.name} is to lose",
            count=f"SELECT count(*) FROM {rows} WHERE {where}", sensitive=declared.sensitive,
            sample=f"SELECT DISTINCT {name}::text FROM {rows} WHERE {where} ORDER BY 1 LIMIT 5",
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
