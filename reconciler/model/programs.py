"""The objects that run: triggers, functions, procedures and events, one frozen dataclass per kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from reconciler.frozen import frozen
from reconciler.model.objects import LIVE, USES, Object, Options
from reconciler.model.ref import Kind, Ref
from reconciler.model.references import MAYBE_ONE, MAYBE_SIBLING, SIBLINGS, refers_to
from reconciler.model.types import Type
from reconciler.model.values import Argument, Body, Deferrable, Sql


@frozen
class Trigger(Object):
    """What happens by itself when rows of a table or view change.

    `timing` is before, after or instead_of; `events` are insert, update, delete and truncate, in this order, `columns`
    those of `update of`; `each` is row or statement. It has a `body`, or on PostgreSQL `execute`, a function that it
    calls with `arguments`. `follows` is the trigger of the same time and event that fires before it, None where the
    spec is silent. `enabled` is origin, always, replica or disabled (PostgreSQL, "ALTER TABLE"). `definer` is an
    account, "" for whoever makes it, None for the one that it has. `old_table` and `new_table` name the rows that a
    statement changed. `carried` as in PrimaryKey, `clauses` as in Column, `definition` as in Index.
    """

    kind = Kind.TRIGGER
    timing: str
    events: tuple[str, ...]
    columns: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    each: str = "row"
    when: Sql | None = None
    body: Body | None = None
    execute: Ref | None = field(default=None, metadata=refers_to(MAYBE_ONE))
    arguments: tuple[str, ...] = ()
    follows: str | None = field(default=None, metadata=refers_to(MAYBE_SIBLING))
    constraint: bool = False
    deferrable: Deferrable = Deferrable.NO
    old_table: str | None = None
    new_table: str | None = None
    enabled: str = "origin"
    definer: str | None = None
    options: Options = ()
    comment: str | None = None
    definition: str = field(default="", compare=False)
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Function(Object):
    """A function. Where names may be overloaded, the address has the types of what it takes (`signature`).

    `returns` None means that its arguments say what it gives; `returns_set` that it gives rows. `volatility` is
    volatile, stable or immutable, `security` whose rights it has: invoker or definer, None for what is usual on the
    dialect. `strict`: null in, null out. `definer` as in Trigger, `carried` as in PrimaryKey.
    """

    kind = Kind.FUNCTION
    arguments: tuple[Argument, ...] = ()
    returns: Type | None = None
    returns_set: bool = False
    language: str = "sql"
    body: Body
    volatility: str = "volatile"
    strict: bool = False
    security: str | None = None
    definer: str | None = None
    options: Options = ()
    comment: str | None = None
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Procedure(Object):
    """A procedure; its fields are as in Function."""

    kind = Kind.PROCEDURE
    arguments: tuple[Argument, ...] = ()
    language: str = "sql"
    body: Body
    security: str | None = None
    definer: str | None = None
    options: Options = ()
    comment: str | None = None
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Event(Object):
    """What a server runs by the clock; MySQL and MariaDB.

    It has `every`, an interval such as `1 day`, or `at`, a moment. `starts` and `ends` are moments too, None in
    `starts` for the one at which it was made. `preserve` keeps it after its last time.
    """

    kind = Kind.EVENT
    every: str | None = None
    at: str | None = None
    starts: str | None = None
    ends: str | None = None
    body: Body
    enabled: bool = True
    preserve: bool = False
    definer: str | None = None
    options: Options = ()
    comment: str | None = None
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


Routine = Function | Procedure


def signature(name: str, taken: Iterable[str]) -> str:
    """Return the last word of a routine's address where names may be overloaded: `order_total(bigint)`.

    Args:
        name: the routine's own.
        taken: the types of what it takes, without lengths; none leave the name as it is.
    """
    types = ",".join(taken)
    return f"{name}({types})" if types or "(" in name else name


def routine_name(ref: Ref) -> str:
    """Return a routine's own name from its address."""
    return ref.name.rpartition("(")[0] if ref.name.endswith(")") else ref.name
