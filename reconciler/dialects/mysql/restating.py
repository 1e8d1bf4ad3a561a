"""A change and both models in, the objects that its statement writes again from end to end out.

MODIFY COLUMN takes whatever it leaves out for gone (dev.mysql.com/doc/refman/9.7/en/alter-table.html), and an index is
dropped and added.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.mysql import render
from reconciler.dialects.mysql.names import of
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.objects import Check, Column, Index, PrimaryKey, Table, Unique
from reconciler.model.ref import Ref
from reconciler.plan.rules import States


def restated(change: Change, states: States) -> Iterator[Ref]:
    """Yield the objects that are written again; for the `restates` of a kind."""
    match change:
        case Alter(Table() as old, Table() as new, _):
            yield from _of_table(old, new, states)
        case Alter(Column() | PrimaryKey() | Unique(), _, _):
            yield change.ref
        case Alter(Index() as old, Index() as new, fields):
            hiding = {name for name, _ in set(old.options) ^ set(new.options)} <= HIDDEN.keys()
            yield from () if hiding and set(fields) == {"options"} else (change.ref,)
        case Rename(_, Column() as new):
            yield from (obj.ref for obj in states.old.subtree(new.ref.top) if new.ref in getattr(obj, "uses", ()))
        case Create(Check() as check) | Drop(Check() as check) if render.stands_with_column(check):
            columns = states.old.children(check.ref.top, Column)
            yield from (column.ref for column in columns if of(column.ref) == check.clauses)


def _of_table(old: Table, new: Table, states: States) -> Iterator[Ref]:
    before, after = dict(old.options), dict(new.options)
    if before.get("engine") != after.get("engine"):  # its own options mean nothing to another one
        yield new.ref
    if before.get("collation") != after.get("collation"):
        yield from (column.ref for column in states.old.children(new.ref, Column) if column.collation)
