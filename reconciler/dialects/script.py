"""What a script for somebody who applies a plan by hand is made from and comes to; how it guards is a dialect's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.fields import compared
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.plan.plan import Plan
from reconciler.plan.rules import States
from reconciler.plan.step import Step


@frozen
class Order:
    """What is to be written: a plan, the models on both of its ends, the default schema.

    `server` is the version that it was made on, "" for none. `refusal` says why the plan is refused as it stands.
    """

    plan: Plan
    states: States
    schema: str = ""
    server: str = ""
    refusal: str = ""


@frozen
class Script:
    """The guarded statements, how to run them, and sentences on what the guards do not see."""

    body: str
    run: str
    remarks: tuple[str, ...] = ()


@frozen
class Net:
    """What a plan makes of one object, whatever steps that takes; `old` is None for what is new, `new` for what goes.

    `fields` are those in which the two differ.
    """

    ref: Ref
    old: Object | None
    new: Object | None
    fields: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the object only makes way for others, and comes back as it was."""
        return self.old is not None and self.new is not None and not self.fields


def net(steps: Sequence[Step]) -> tuple[Net, ...]:
    """Return what these steps come to, object by object in the order in which they are first touched; renames apart."""
    first: dict[Ref, Object | None] = {}
    last: dict[Ref, Object | None] = {}
    for change in (change for step in steps for change in step.changes if not isinstance(change, Rename)):
        old, new = _sides(change)
        first.setdefault(change.ref, old)
        last[change.ref] = new
    return tuple(Net(ref=ref, old=first[ref], new=last[ref], fields=differing(first[ref], last[ref])) for ref in first)


def _sides(change: Change) -> tuple[Object | None, Object | None]:
    match change:
        case Create(new):
            return None, new
        case Drop(old):
            return old, None
        case Alter(old, new, _) | Rename(old, new):
            return old, new


def without_rows(order: Order) -> Order:
    """Return the same without the steps that write rows, under the same id."""
    return replace(order, plan=replace(order.plan, steps=tuple(s for s in order.plan.steps if not s.only_rows)))


def of_rows(order: Order) -> tuple[Step, ...]:
    """Return the steps that write rows: by key, so that they may be run twice."""
    return tuple(step for step in order.plan.steps if step.only_rows)


def row_remarks(order: Order) -> tuple[str, ...]:
    """Return what is to be known of rows that a script writes."""
    named = ", ".join(sorted({str(step.subject) for step in of_rows(order)}))
    return (f"rows are written by their key, whatever they hold by then, and not looked at again: {named}",) * bool(
        named
    )


def differing(old: Object | None, new: Object | None) -> tuple[str, ...]:
    """Return the compared fields in which two objects of one class differ."""
    if old is None or new is None or type(old) is not type(new):
        return ()
    return tuple(name for name in compared(type(new)) if getattr(old, name) != getattr(new, name))


def commented(text: str) -> str:
    """Return a text that stays inside a comment of one line."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
