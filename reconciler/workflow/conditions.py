"""A compared database in, its declared tables with their rows and what is wrong beside differences out; read only."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.compare.planning import Planned
from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.health import Status
from reconciler.dialects.upkeep import Condition, Fault, TableState, Upkeep
from reconciler.model.change import Create
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action
from reconciler.plan.hazards import Effect
from reconciler.plan.rules import States
from reconciler.plan.step import DataCheck
from reconciler.workflow.opening import Opened

# Seconds that the rows of one table, or those of one foreign key, are looked at.
PATIENCE = 10.0
# Tables of which the rows are counted in one request: a result of D1 has 100 columns at the most
# (developers.cloudflare.com/d1/platform/limits).
_AT_ONCE = 50


def condition(opened: Opened, session: Session, planned: Planned, whole: Callable[[], Model]) -> Condition:
    """Look at what no comparison shows: how many rows there are, and whether they and the indexes are sound.

    Args:
        opened, session: which database, outside a transaction.
        planned: how it compares with the specs.
        whole: gives everything that is declared, what was set aside too.
    """
    upkeep = opened.dialect.upkeep()
    tables, faults = _tables(opened, session, planned, upkeep)
    faults += _invalid(opened, session, planned, upkeep)
    faults += _orphans(opened, session, planned, upkeep, whole)
    faults += _in_the_way(opened, planned)
    return Condition(tables=tables, faults=tuple(faults))


# --- rows -------------------------------------------------------------------------------------------------------------


def _tables(
    opened: Opened, session: Session, planned: Planned, upkeep: Upkeep
) -> tuple[Mapping[Ref, TableState], list[Fault]]:
    """Return each declared table with its rows: counted up to a limit, from there on as the database estimates them."""
    compared = planned.comparison
    declared = {ref for ref, obj in compared.desired.items() if isinstance(obj, Table)}
    declared |= {ref for ref in compared.aside if ref.kind == Kind.TABLE}
    there = sorted(ref for ref in declared if ref in compared.aside or ref in compared.live)
    counts, faults = count_rows(opened, session, there, upkeep.most)
    many = any(count is None or count > upkeep.most for count in counts.values())
    estimates = _quietly(lambda: upkeep.estimates(session, opened.target)) if many else {}
    found = {ref: TableState(exists=False) for ref in sorted(declared)}
    return found | {ref: _state(counts[ref], estimates.get(ref), upkeep.most) for ref in there}, faults


def _state(count: int | None, estimate: int | None, most: int) -> TableState:
    if count is not None and count <= most:
        return TableState(exists=True, rows=count)
    if count is None:
        return TableState(exists=True, rows=estimate, estimated=estimate is not None)
    return TableState(exists=True, rows=max(count, estimate or 0), estimated=True)


def _quietly(ask: Callable[[], Mapping[Ref, int]]) -> Mapping[Ref, int]:
    """Return estimates; a database that does not tell them has none."""
    try:
        return ask()
    except DatabaseError as error:
        if error.lost:
            raise
        return {}


def count_rows(
    opened: Opened, session: Session, tables: Sequence[Ref], most: int
) -> tuple[dict[Ref, int | None], list[Fault]]:
    """Count the rows of tables, no more than so many and one; where one cannot be counted, the others are."""
    found: dict[Ref, int | None] = {}
    faults: list[Fault] = []
    for at in range(0, len(tables), _AT_ONCE):
        chunk = tables[at : at + _AT_ONCE]
        try:
            found |= _counted(opened, session, chunk, most)
        except DatabaseError as error:
            if error.lost:
                raise
            for ref in chunk:
                faults += _one_by_one(opened, session, ref, most, found)
    return found, faults


def _counted(opened: Opened, session: Session, tables: Sequence[Ref], most: int) -> dict[Ref, int | None]:
    limit, dialect = most + 1, opened.dialect
    terms = [f"(SELECT count(*) FROM (SELECT 1 FROM {dialect.rows().table(ref)} LIMIT {limit}) AS t)" for ref in tables]
    with dialect.reading(session), dialect.limited(session, PATIENCE):
        counts = session.query(f"SELECT {', '.join(terms)}")[0]
    return {ref: int(count) for ref, count in zip(tables, counts, strict=True)}


def _one_by_one(opened: Opened, session: Session, ref: Ref, most: int, found: dict[Ref, int | None]) -> Iterator[Fault]:
    """Count the rows of one table; yield why that cannot be done."""
    try:
        found |= _counted(opened, session, [ref], most)
    except DatabaseError as error:
        if error.lost:
            raise
        found[ref] = None
        said = error.message.splitlines()[0]
        yield Fault(code="uncounted", address=str(ref), message=f"its rows cannot be counted: {said}",
                    status=Status.WARN, suggestion="reconcile doctor")  # fmt: skip


# --- indexes and keys -------------------------------------------------------------------------------------------------


def _invalid(opened: Opened, session: Session, planned: Planned, upkeep: Upkeep) -> list[Fault]:
    """Return the broken indexes of declared tables that are not declared: one that is differs from the specs."""
    declared = planned.comparison.desired
    mine = {ref.top for ref in declared} | planned.comparison.aside.keys()
    return [
        Fault(code="invalid_index", address=str(ref), status=Status.WARN, suggestion=remedy,
              message="is there and not used: making it was broken off, and each write pays for it")
        for ref, remedy in upkeep.invalid(session, opened.target).items()
        if ref not in declared and ref.top in mine
    ]  # fmt: skip


def _orphans(
    opened: Opened, session: Session, planned: Planned, upkeep: Upkeep, whole: Callable[[], Model]
) -> list[Fault]:
    """Return the foreign keys that are declared and there, and have rows that point to nothing."""
    doubtful = upkeep.doubtful(session, opened.target)
    if doubtful is not None and not doubtful:
        return []
    compared = planned.comparison
    declared = whole() if compared.aside else compared.desired
    faults: list[Fault] = []
    for obj in declared.values():
        if not isinstance(obj, ForeignKey) or not (doubtful is None or obj.ref in doubtful):
            continue
        old = _beside(obj, declared, planned)
        if old is not None:
            faults += _orphans_of(opened, session, obj, States(old=old, new=declared, live=compared.renamed.live))
    return faults


def _beside(key: ForeignKey, declared: Model, planned: Planned) -> Model | None:
    """Return the tables on both ends of a foreign key as they are now, without it; None where it is not there."""
    compared = planned.comparison
    ends = {key.ref.top, key.target}
    sides = [declared if end in compared.aside else compared.renamed.model for end in ends]
    found = [obj for end, side in zip(ends, sides, strict=True) for obj in side.subtree(end)]
    there = any(obj.ref == key.ref for obj in found)
    return Model(obj for obj in found if obj.ref != key.ref) if there else None


def _orphans_of(opened: Opened, session: Session, key: ForeignKey, states: States) -> Iterator[Fault]:
    """Ask for the rows of one foreign key that point to nothing, in the words in which a plan would ask."""
    asked = replace(key, not_valid=False, enforced=True)
    for check in opened.dialect.ask(Create(asked), states):
        try:
            count, sample = _asked(opened, session, check)
        except DatabaseError as error:
            if error.lost:
                raise
            message = f"whether its rows point to nothing was not found out: {error.message.splitlines()[0]}"
            yield Fault(code="orphans", address=str(key.ref), status=Status.WARN, message=message)
            continue
        if count:
            yield Fault(
                code="orphans", address=str(key.ref), message=check.message.replace("{count}", f"{count:,}"),
                suggestion=mending(opened, key, states.new), rows=count, sample=sample,
            )  # fmt: skip


def _asked(opened: Opened, session: Session, check: DataCheck) -> tuple[int, tuple[str, ...]]:
    with opened.dialect.reading(session), opened.dialect.limited(session, PATIENCE):
        count = int(session.query(check.count)[0][0])
        rows = session.query(check.sample) if count and check.sample and not check.sensitive else []
    return count, tuple(", ".join(str(value) for value in row) for row in rows)


# --- what the plan says -----------------------------------------------------------------------------------------------

# How a backfill stands that does not go on by itself, how grave that is, and what lets it go on.
_STANDS: Mapping[str, tuple[Status, str]] = {
    "failed": (Status.PROBLEM, "run"), "verify_failed": (Status.PROBLEM, "run"), "interrupted": (Status.WARN, "run"),
    "paused": (Status.WARN, "resume"), "cancelled": (Status.WARN, "run"),
}  # fmt: skip


def _in_the_way(opened: Opened, planned: Planned) -> Iterator[Fault]:
    """Yield what keeps the next apply from being done: rows that contradict it, missing rights, broken data work."""
    desired = planned.comparison.desired
    for hazard in planned.hazards:
        if hazard.effect is Effect.BLOCK and hazard.code != "UD101":
            key = desired.get(hazard.ref)
            mend = mending(opened, key, desired) if isinstance(key, ForeignKey) else "reconcile plan"
            yield Fault(code=hazard.code, address=str(hazard.ref), message=hazard.message, suggestion=mend,
                        rows=hazard.count, sample=hazard.sample)  # fmt: skip
    for problem in planned.obstacles:
        yield Fault(code=problem.code, address=problem.address, message=problem.message, suggestion=problem.hint)
    for filling in planned.agenda.fillings:
        standing, ref = filling.standing, filling.backfill.ref
        if standing is not None and standing.state in _STANDS:
            status, verb = _STANDS[standing.state]
            words = f"its data work is {standing.state.replace('_', ' ')}"
            yield Fault(code="backfill", address=str(ref), status=status,
                        message=f"{words}: {standing.reason}" if standing.reason else words,
                        suggestion=f"reconcile backfill {verb} {shlex.quote(ref.name)}")  # fmt: skip


def mending(opened: Opened, key: ForeignKey, declared: Model) -> str:
    """Return SQL after which no row of a foreign key points to nothing, for a person who has looked at these rows.

    Where the key says so of rows that lose what they point to, and the columns may be null, they are made null;
    elsewhere the rows are deleted.
    """
    quote, table = opened.dialect.quote, opened.dialect.rows().table
    child, parent = table(key.ref.top), table(key.target)
    ours = [f"{child}.{quote(name)}" for name in key.columns]
    theirs = [quote(name) for name in key.target_columns]
    match = " AND ".join(f"p.{their} = {our}" for our, their in zip(ours, theirs, strict=True))
    # MySQL does not let a statement read the table that it changes, but for what was made of it before.
    source = f"(SELECT DISTINCT {', '.join(theirs)} FROM {parent})" if key.target == key.ref.top else parent
    filled = " AND ".join(f"{quote(name)} IS NOT NULL" for name in key.columns)
    where = f"WHERE {filled} AND NOT EXISTS (SELECT 1 FROM {source} AS p WHERE {match})"
    columns = [declared.get(key.ref.top.child(Kind.COLUMN, name)) for name in key.columns]
    if key.on_delete is Action.SET_NULL and all(isinstance(one, Column) and not one.not_null for one in columns):
        return f"UPDATE {child} SET {', '.join(f'{quote(name)} = NULL' for name in key.columns)} {where}"
    return f"DELETE FROM {child} {where}"
