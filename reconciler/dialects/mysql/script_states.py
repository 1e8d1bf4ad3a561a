"""A plan in, its parts that are done together out, each with how the catalogs show that it is not done, or is.

The servers spell expressions, bodies and defaults in words that nobody knows before, so of these nothing is asked: what
shows nowhere is written again, which comes to the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.mysql.lexer import text_literal
from reconciler.dialects.script import Net, Order, net
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.change import Rename
from reconciler.model.objects import Check, Column, Object, Table
from reconciler.model.ref import Kind, Ref
from reconciler.plan.order import blocks
from reconciler.plan.step import Step


@frozen_in_order
class State:
    """How one object is told: the condition that it is as before a part of the plan, and that it is as after it."""

    address: str
    before: str
    after: str


@frozen_in_order
class Unit:
    """Steps with the states of what they change; `first` is the number of the first one.

    Without states nothing shows whether they are done, and they are done again.
    """

    first: int
    steps: tuple[Step, ...]
    states: tuple[State, ...]

    @property
    def title(self) -> str:
        """The numbers of its steps, in words."""
        last = self.first + len(self.steps) - 1
        return f"step {self.first}" if last == self.first else f"steps {self.first} to {last}"


def units(order: Order) -> tuple[Unit, ...]:
    """Return a plan in units: a rename, what goes in order to come back, or a single step.

    Raises PlanError with everything that no script can do twice.
    """
    parts = list(blocks(order.plan.steps))
    if problems := list(_problems(order)):
        raise PlanError(problems)
    often = Counter(one.ref for part in parts for one in net(part))
    found, first = [], 1
    for part in parts:
        found.append(Unit(first, tuple(part), tuple(_states(part, order, often))))
        first += len(part)
    return tuple(found)


def outcome(order: Order) -> Iterator[tuple[str, str]]:
    """Yield each address that a plan touches with the condition that it is as planned."""
    for one in net(order.plan.steps):
        if one.ref.kind in _CATALOGS and not _nameless(one.new or one.old):
            yield str(one.ref), _absent(one.ref) if one.new is None else _made(one.new, order)
    for change in _renames(order.plan.steps):
        if change.new.kind in _CATALOGS and change.new.ref in order.states.new:
            yield str(change.ref), _there(change.new.ref)


# --- what a part does -------------------------------------------------------------------------------------------------


def _states(steps: Sequence[Step], order: Order, often: Mapping[Ref, int]) -> Iterator[State]:
    changed = [one for one in net(steps) if not one.same and one.ref.kind in _SHOWN and not _nameless(one.old)]
    whole = {one.ref for one in changed if one.old is None or one.new is None}
    for change in _renames(steps):
        if change.new.kind in _SHOWN:
            old = _live(change, order)
            yield State(str(change.ref), f"{_there(old)} AND {_absent(change.new.ref)}",
                        f"{_there(change.new.ref)} AND {_absent(old)}")  # fmt: skip
    for one in changed:
        if one.ref.parent not in whole:
            yield from _state(one, order, often[one.ref] > 1)


def _state(one: Net, order: Order, again: bool) -> Iterator[State]:
    address = str(one.ref)
    if one.old is None and one.new is not None:
        yield State(address, _absent(one.ref), _made(one.new, order))
    elif one.new is None and one.old is not None:
        yield State(address, _there(one.ref), _absent(one.ref))
    elif isinstance(one.old, Column) and isinstance(one.new, Column) and not again:
        before, after = _column(one.old), _column(one.new)
        if before != after and set(one.fields) <= {"type", "not_null"}:
            yield State(address, before, after)


def _renames(steps: Sequence[Step]) -> Iterator[Rename]:
    return (change for step in steps for change in step.changes if isinstance(change, Rename))


def _live(change: Rename, order: Order) -> Ref:
    """Return the old address of what is renamed, its table under the name that it has by then."""
    name = order.states.live(change.new.ref).name
    parent = change.new.ref.parent
    return Ref.root(change.new.kind, name) if parent is None else parent.child(change.new.kind, name)


def _problems(order: Order) -> Iterator[Problem]:
    """Yield what no script can do twice: a name that one object leaves and another takes, and what nothing shows."""
    renames, found = list(_renames(order.plan.steps)), net(order.plan.steps)
    left = {_live(change, order) for change in renames} | {one.ref for one in found if one.new is None}
    taken = {change.new.ref for change in renames} | {one.ref for one in found if one.old is None}
    for ref in sorted(left & taken):
        yield _unguarded(ref, "one object leaves this name, and another takes it")
    for one in found:
        if one.old is None and isinstance(one.new, Check) and one.new.nameless:
            yield _unguarded(one.ref, "it has no name by which it could be looked for")
    for change in renames:
        if change.new.kind == Kind.EVENT:
            yield _unguarded(change.ref, "no condition can stand before the statement that renames an event")


def _unguarded(ref: Ref, why: str) -> Problem:
    return Problem(
        code="RUN042", message=f"{ref}: {why}, so no script can be run twice", address=str(ref),
        hint="let `reconcile apply` do it, or make two plans of it",
    )  # fmt: skip


# --- conditions -------------------------------------------------------------------------------------------------------

# Kind → the catalog that shows its names, and the words that pick them: {table} and {name} are literals.
_INSIDE = "table_schema = DATABASE() AND table_name = {table}"
_TYPED = "tables WHERE table_schema = DATABASE() AND table_name = {name} AND table_type "
_INDEX = f"statistics WHERE {_INSIDE} AND index_name = {{name}}"
_CONSTRAINT = f"table_constraints WHERE {_INSIDE} AND constraint_name = {{name}} AND constraint_type = "
_ROUTINE = "routines WHERE routine_schema = DATABASE() AND routine_name = {name} AND routine_type = "
_CATALOGS: Mapping[Kind, str] = {
    Kind.TABLE: f"{_TYPED}IN ('BASE TABLE', 'SYSTEM VERSIONED')",
    Kind.VIEW: f"{_TYPED}= 'VIEW'",
    Kind.SEQUENCE: f"{_TYPED}= 'SEQUENCE'",
    Kind.COLUMN: f"columns WHERE {_INSIDE} AND column_name = {{name}}",
    Kind.PRIMARY_KEY: f"statistics WHERE {_INSIDE} AND index_name = 'PRIMARY'",
    Kind.UNIQUE: _INDEX,
    Kind.INDEX: _INDEX,
    Kind.CHECK: f"{_CONSTRAINT}'CHECK'",
    Kind.FOREIGN_KEY: f"{_CONSTRAINT}'FOREIGN KEY'",
    Kind.TRIGGER: "triggers WHERE trigger_schema = DATABASE() AND trigger_name = {name}",
    Kind.FUNCTION: f"{_ROUTINE}'FUNCTION'",
    Kind.PROCEDURE: f"{_ROUTINE}'PROCEDURE'",
    Kind.EVENT: "events WHERE event_schema = DATABASE() AND event_name = {name}",
}  # fmt: skip
# Programs are made again: no statement that makes one can stand under a condition.
_SHOWN = frozenset(_CATALOGS) - {Kind.TRIGGER, Kind.FUNCTION, Kind.PROCEDURE, Kind.EVENT}


def _there(ref: Ref) -> str:
    where = _CATALOGS[Kind(ref.kind)].format(table=text_literal(ref.top.name), name=text_literal(ref.name))
    return f"EXISTS (SELECT 1 FROM information_schema.{where})"


def _absent(ref: Ref) -> str:
    return f"NOT {_there(ref)}"


def _nameless(obj: Object | None) -> bool:
    return isinstance(obj, Check) and obj.nameless


def _made(obj: Object, order: Order) -> str:
    """Return the condition that a new object is there: a table with its columns, anything else by its name."""
    if isinstance(obj, Column):
        return _column(obj)
    if not isinstance(obj, Table):
        return _there(obj.ref)
    columns = order.states.new.children(obj.ref, Column)
    names = ", ".join(text_literal(column.ref.name) for column in columns)
    where = _INSIDE.format(table=text_literal(obj.ref.name))
    return (f"{_there(obj.ref)} AND {len(columns)} = (SELECT count(*) FROM information_schema.columns WHERE {where}"
            f" AND column_name IN ({names}))")  # fmt: skip


# Types whose spelling is the same in the catalogs of both flavors; whole numbers have a width in some of them.
_PLAIN = re.compile(r"(varchar|char|varbinary|binary|decimal|datetime|timestamp|time)(\(\d+(,\d+)?\))?"
                    r"|date|double|float|(tiny|medium|long)?(text|blob)")  # fmt: skip
_WHOLE = re.compile(r"(tinyint|smallint|mediumint|int|bigint)( unsigned)?")


def _column(column: Column) -> str:
    """Return the condition that a column is there, with its type as far as both flavors spell it alike."""
    found = [_there(column.ref)[:-1]]
    name = str(column.type)
    if _PLAIN.fullmatch(name) and "json" not in name:
        found.append(f"column_type = {text_literal(name)}")
    elif whole := _WHOLE.fullmatch(name):
        sign = "" if whole[2] else "NOT "
        found.append(f"data_type = '{whole[1]}' AND column_type {sign}LIKE '%unsigned%'")
    return " AND ".join([*found, f"is_nullable = '{'NO' if column.not_null else 'YES'}')"])
