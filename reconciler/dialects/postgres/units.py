"""A plan in, its parts that are done together or not at all out, each with how the catalogs show before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.dialects.postgres.guards import absent, has_text, known, tested, there
from reconciler.dialects.postgres.guards_columns import shape
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.rules.counters import counts, sequence_name
from reconciler.dialects.script import Net, Order, differing, net
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.change import Rename
from reconciler.model.objects import Column, Object, Table
from reconciler.model.ref import Kind, Ref
from reconciler.plan.order import blocks
from reconciler.plan.step import Step, Transaction


@frozen_in_order
class State:
    """How one object is told: the condition that it is as before the plan, and that it is as after it.

    `just` marks one that only the renames tell about: it is as before while they were made just now. `remark` says what
    the conditions do not see.
    """

    address: str
    before: str
    after: str
    just: bool = False
    remark: str = ""


@frozen_in_order
class Unit:
    """Steps with the states of what they change; `first` is the number of the first one."""

    first: int
    steps: tuple[Step, ...]
    states: tuple[State, ...]

    @property
    def renames(self) -> bool:
        """Whether these are the plan's renames, which come first."""
        return self.steps[0].action == "rename"

    @property
    def commits(self) -> bool:
        """Whether something in it cannot be used before it is committed."""
        return any(s.transaction is Transaction.COMMIT_AFTER for step in self.steps for s in step.statements)

    @property
    def alone(self) -> bool:
        """Whether a statement of it is in no transaction."""
        return any(step.alone for step in self.steps)

    @property
    def relations(self) -> int:
        """How many relations it may lock."""
        return sum(statement.relations for step in self.steps for statement in step.statements)

    @property
    def title(self) -> str:
        """The numbers of its steps, in words."""
        last = self.first + len(self.steps) - 1
        return f"step {self.first}" if last == self.first else f"steps {self.first} to {last}"


def units(order: Order) -> tuple[Unit, ...]:
    """Return a plan in units: the renames together, then what goes in order to come back, or single steps.

    Raises PlanError with everything of which no catalog shows whether it was done.
    """
    renames = [step for step in order.plan.steps if step.action == "rename"]
    parts = [renames] if renames else []
    parts += list(blocks([step for step in order.plan.steps if step.action != "rename"]))
    found: list[Unit] = []
    problems: list[Problem] = []
    first = 1
    for part in parts:
        try:
            states = _renamed(part, order) if part is renames else _states(part, order, bool(renames))
            found.append(Unit(first, tuple(part), tuple(states)))
        except PlanError as error:
            problems += error.problems()
        first += len(part)
    if problems:
        raise PlanError(problems)
    return tuple(found)


def _renamed(steps: Sequence[Step], order: Order) -> Iterator[State]:
    for change in (change for step in steps for change in step.changes):
        if isinstance(change, Rename) and known(change.new):
            old = replace(change.old, ref=order.states.live(change.new.ref))
            before = f"{there(old, (), order.schema)} AND {absent(change.new, order.schema)}"
            yield State(
                str(change.ref), before, f"{there(change.new, (), order.schema)} AND {absent(old, order.schema)}"
            )


def _states(steps: Sequence[Step], order: Order, renamed: bool) -> list[State]:
    """Return the states of what changes; what only makes way and comes back as it was tells nothing."""
    changed = [one for one in _gone_along(net(steps), order) if not one.same]
    whole = {one.ref for one in changed if one.old is None or one.new is None}
    told = [one for one in changed if one.ref.parent not in whole and known(one.new or one.old)]
    dark = [one.ref for one in told if not _told(one) or _handed_over(one, order)]
    if dark or not told:
        raise PlanError([_unguarded(ref) for ref in dark or [steps[0].subject]])
    made = {change.ref for step in steps for change in step.changes}
    return [_state(one, order, made, renamed) for one in told]


def _gone_along(found: Sequence[Net], order: Order) -> Iterator[Net]:
    """Yield what steps come to; an index that went with its view and comes back was there, though no step drops it."""
    replaced = {one.ref for one in found if one.old is not None and one.new is not None}
    for one in found:
        old = order.states.old.get(one.ref) if one.old is None and one.ref.parent in replaced else None
        yield replace(one, old=old, fields=differing(old, one.new)) if old is not None else one


def _told(one: Net) -> bool:
    """Say whether the catalogs show the difference."""
    return one.old is None or one.new is None or bool(set(one.fields) & {*tested(one.new)})


def _handed_over(one: Net, order: Order) -> bool:
    """Say whether a sequence only comes or goes as an object of its own, while a column brings it or keeps it."""
    if one.ref.kind != Kind.SEQUENCE or (one.old is not None and one.new is not None):
        return False
    columns = [obj for model in (order.states.old, order.states.new) for obj in model.values()]
    return any(isinstance(obj, Column) and of(one.ref) in _sequences(obj) for obj in columns)


def _sequences(column: Column) -> tuple[str, ...]:
    return (column.clauses, sequence_name(column)) if counts(column) else (column.clauses,)


def _state(one: Net, order: Order, made: set[Ref], renamed: bool) -> State:
    address = str(one.ref)
    if one.old is None and one.new is not None:
        return State(address, absent(one.new, order.schema), _as_made(one.new, order, made))
    if one.new is None and one.old is not None:
        return State(address, _as_it_was(one.old, order), absent(one.old, order.schema))
    assert one.old is not None
    assert one.new is not None
    return _altered(one, one.old, one.new, order.schema, renamed)


def _altered(one: Net, old: Object, new: Object, schema: str, renamed: bool) -> State:
    """A text of the new object is spelled by the server in words that nobody knows yet: only the old ones are."""
    plain = [name for name in one.fields if not has_text(new, name) and name in tested(new)]
    if plain:
        return State(str(one.ref), there(old, plain, schema), there(new, plain, schema))
    words = " and ".join(name.replace("_", " ") for name in one.fields)
    remark = f"{one.ref}: any other {words} than the old counts as the new"
    before, after = there(old, one.fields, schema), there(new, (), schema)
    if renamed:  # the texts have followed the renames by now
        return State(str(one.ref), there(old, (), schema), after, just=True, remark=remark)
    return State(str(one.ref), before, f"{after} AND NOT {before}", remark=remark)


def _as_made(new: Object, order: Order, made: set[Ref]) -> str:
    """Return the condition that a new object is there, with what comes inside it; texts are not compared."""
    found = [_plainly(new, order.schema)]
    model = order.states.new
    if isinstance(new, Table):
        found.append(shape(model.children(new.ref, Column), new.ref, order.schema))
    for obj in model.subtree(new.ref)[1:]:
        if isinstance(obj, Column):
            found += _beyond_shape(obj, order.schema)
        elif obj.ref in made and known(obj):
            found.append(_plainly(obj, order.schema))
    return "\n         AND ".join(found)


# What of a column of a new table is looked at beside its shape, where it has any.
_BEYOND = ("identity", "collation", "options", "comment")


def _beyond_shape(column: Column, schema: str) -> Iterator[str]:
    given = [name for name in _BEYOND if getattr(column, name)]
    if given:
        yield there(column, given, schema)


def _plainly(obj: Object, schema: str) -> str:
    return there(obj, [name for name in tested(obj) if not has_text(obj, name)], schema)


def _as_it_was(old: Object, order: Order) -> str:
    """Return the condition that an object which goes is the one that was meant, and no later one of its name."""
    found = [there(old, ["type"] if isinstance(old, Column) else (), order.schema)]
    if isinstance(old, Table):
        found.append(shape(order.states.old.children(old.ref, Column), old.ref, order.schema))
    return "\n         AND ".join(found)


def _unguarded(ref: Ref) -> Problem:
    return Problem(
        code="RUN042",
        message=f"{ref}: no script can tell whether this change was made already, so none can be run twice",
        hint="let `reconcile apply` do it",
        address=str(ref),
    )
