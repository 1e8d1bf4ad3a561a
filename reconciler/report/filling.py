"""A backfill that is due in, the words and the data by which a plan tells of it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.backfills import Backfill, Classification, Held, Mapped, Standing
from reconciler.model.ref import Ref
from reconciler.model.values import Sql
from reconciler.plan.filling import ALWAYS, CHANGED, FIRST_TIME, NEW, OVERDUE, UNFINISHED, Filling
from reconciler.report.words import shown

_PARTS = {"drop": "dropping it", "not_null": "not null", "": "what changes there"}
_WHY = {
    NEW: "", UNFINISHED: "goes on from where it stands", CHANGED: "its definition changed",
    OVERDUE: "its time has come", ALWAYS: "done with every apply",
}  # fmt: skip

# Strategies that no spec names, in words.
_HOW = {"unset": "where it is null"}


def work_words(backfill: Backfill) -> str:
    """Return in a few words what a backfill does."""
    if backfill.insert_select is not None:
        return f"{backfill.source.table.name} → {backfill.into.name}"
    if backfill.copy is not None:
        return f"{backfill.source.database}: {backfill.source.table.name} → {backfill.into.name}"
    if backfill.beside:
        return f"fill {backfill.source.table.name}, a portion at a time"
    if backfill.update is not None:
        return f"update {backfill.source.table.name}"
    return f"work off {backfill.source.table.name}"


def about(rows: int | None) -> str:
    """Return an estimate of rows."""
    return "" if rows is None else f"~{rows:,}"


def filling_facts(filling: Filling) -> list[str]:
    """Return what a reviewer wants to know of a backfill, a line each."""
    backfill, chunk = filling.backfill, filling.backfill.chunk
    rows = f"{about(filling.estimate)} rows " if filling.estimate is not None else ""
    by = f"by {', '.join(backfill.source.key)}"
    way = f", index {filling.index}" if filling.index else ", NO INDEX SERVES IT" if filling.index == "" else ""
    how = _HOW.get(backfill.idempotency.strategy, backfill.idempotency.strategy)
    first = f"{rows}{by}{way}, {chunk.size:,} at a time, {how}"
    lines = [*_what(backfill), first.strip(), *_placed(filling)]
    if _WHY[filling.why]:
        lines.append(_WHY[filling.why] + (f": {standing_words(filling.standing)}" if filling.standing else ""))
    if filling.triggers:
        lines.append(f"triggers that fire for each row: {', '.join(filling.triggers)}")
    lines += _captured(backfill)
    names = [one.name for one in backfill.verify]
    if names or filling.place is None:
        lines.append(f"verified by {', '.join(names)}" if names else "nothing verifies it")
    if backfill.holds and filling.why in FIRST_TIME:
        lines.append(f"waits for it: {', '.join(map(_held, backfill.holds))}")
    return lines


def _placed(filling: Filling) -> list[str]:
    """Return what a column that is filled beside costs those who read and write meanwhile."""
    if filling.place is None:
        return []
    return [
        f"it becomes {filling.place}; every row is written once",
        "readers and writers go on; they wait for moments when it is added and when it takes its place",
    ]


def _captured(backfill: Backfill) -> list[str]:
    """Return what live writes meet while triggers carry them along."""
    if not backfill.captures:
        return []
    table, what = _table(backfill.source.table), ", ".join(f"{event}s" for event in backfill.captures)
    own = f"with them goes a write to {_table(backfill.into)}, and who writes what that table refuses is refused"
    cost = "each is made to hold the new value" if backfill.update is not None else own
    until = "it takes its place" if backfill.beside else "it is proven"
    return [f"triggers on {table} carry {what} along until {until}: {cost}"]


def _what(backfill: Backfill) -> list[str]:
    """Return what becomes of rows, in the words of the specs."""
    where = backfill.source.where or (backfill.update.where if backfill.update else None)
    only = [f"where {_line(where)}"] if where else []
    if backfill.update is not None:
        return [*(f"{one.column} ← {_line(one.value)}" for one in backfill.update.assignments), *only]
    if backfill.insert_select is not None:
        classes = {one.name: one for one in backfill.insert_select.classify}
        return [*(f"{one.column} ← {_origin(one, classes)}" for one in backfill.insert_select.columns), *only]
    if backfill.copy is not None:
        return [f"{one.column} ← {one.source or shown(one.constant)}" for one in backfill.copy.columns]
    return [_line(backfill.script.statement)] if backfill.script is not None else []


def _origin(one: Mapped, classes: Mapping[str, Classification]) -> str:
    if one.classification:
        found = classes[one.classification]
        cases = [f"{shown(case.then)} when {_line(case.when)}" for case in found.cases]
        rest = "else a reject" if found.otherwise is None else f"else {shown(found.otherwise)}"
        return "; ".join([*cases, rest])
    if one.expression is None:
        return shown(one.constant)
    return f"{one.aggregate}({_line(one.expression)})" if one.aggregate else _line(one.expression)


def _line(sql: Sql) -> str:
    return " ".join(sql.text.split())


def _held(held: Held) -> str:
    return f"{held.ref} ({_PARTS[held.part]})"


def standing_words(standing: Standing) -> str:
    """Return how far a backfill is."""
    of = f" of {about(standing.estimate)}" if standing.estimate else ""
    why = f", {standing.reason}" if standing.reason else ""
    return f"{standing.state}, {standing.read:,}{of} rows read, {standing.written:,} written{why}"


def filling_data(filling: Filling) -> dict[str, Any]:
    """Return a backfill that is due as plain data."""
    backfill, standing = filling.backfill, filling.standing
    return {
        "name": backfill.ref.name,
        "address": str(backfill.ref),
        "why": filling.why,
        "state": standing.state if standing else "pending",
        "generation": backfill.generation,
        "source": _table(backfill.source.table),
        "into": _table(backfill.into),
        "key": list(backfill.source.key),
        "strategy": backfill.idempotency.strategy,
        "estimated_rows": filling.estimate,
        "index": filling.index,
        "triggers": list(filling.triggers),
        "captures": list(backfill.captures),
        "place": str(filling.place) if filling.place else None,
        "verify": [one.name for one in backfill.verify],
        "blocks": [f"{held.ref}{'.' + held.part if held.part else ''}" for held in backfill.holds],
    }


def _table(ref: Ref) -> str:
    return f"{ref.schema}.{ref.name}" if ref.schema else ref.name
