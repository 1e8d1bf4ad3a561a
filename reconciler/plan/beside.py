"""A column that is made and filled beside the one whose place it is to take: what is aimed at before and after that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reconciler.frozen import frozen
from reconciler.model.backfills import Assignment, Backfill, Idempotency, OnError, Source, Update, Verification
from reconciler.model.model import Model
from reconciler.model.names import helper_name
from reconciler.model.objects import Column, Object
from reconciler.model.ref import BACKFILL, Ref
from reconciler.model.values import Sql


@frozen
class Beside:
    """A change of a column that is made in three stages.

    `column` is the place that is taken: that of a column which gets another type, or of one that is not there yet.
    `helper` is the column that is made beside it first and may be null, `backfill` what fills it. `waits` are the
    addresses that change in the same plan and name the column.
    """

    column: Ref
    helper: Column
    backfill: Backfill
    waits: tuple[Ref, ...] = ()


def helper_of(new: Column, value: str) -> Ref:
    """Return the address of a column's helper: what is to be in it decides its name, so another wish finds none."""
    said = (str(new.ref), str(new.type), new.collation or "", value)
    table = new.ref.parent
    assert table is not None, "a column is in a table"
    return table.child(new.ref.kind, helper_name("\n".join(said), new.ref.name))


def filled_once(helper: Ref, key: Sequence[str], value: Sql) -> Backfill:
    """Return the work that gives each row a value of its own where it has none; who adds rows meanwhile gives it."""
    return replace(_filled(helper, key, value, "unset", "dual_write"), settle=0.0)


def carried_over(helper: Ref, key: Sequence[str], value: Sql, proof: Sql) -> Backfill:
    """Return the work that keeps a helper at what another column of its row is worth, whoever writes that meanwhile.

    `proof` is a query that has no row when it is so everywhere.
    """
    work = _filled(helper, key, value, "converge", "trigger")
    return replace(work, verify=(Verification(name="nothing_differs", kind="zero_rows", left=proof, timeout=3600.0),))


def _filled(helper: Ref, key: Sequence[str], value: Sql, strategy: str, live_writes: str) -> Backfill:
    return Backfill(
        ref=Ref.root(BACKFILL, helper.name), source=Source(table=helper.top, key=tuple(key), live_writes=live_writes),
        update=Update(assignments=(Assignment(column=helper.name, value=value),)),
        idempotency=Idempotency(strategy=strategy), on_error=OnError(poison="stop"), beside=helper.name,
    )  # fmt: skip


def before_filled(live: Model, aim: Model, besides: Iterable[Beside]) -> Model:
    """Return what a plan aims at before these columns are filled: the helpers are there, all else is as it is now.

    Args:
        live: the model that is there. A helper in it is taken as the server spells it: its name says what it is.
        aim: the one that is to be in the end.
        besides: the columns.
    """
    found: dict[Ref, Object] = dict(aim)
    for one in besides:
        for ref in (one.column, *one.waits):
            found.pop(ref, None)
            if ref in live:
                found[ref] = live[ref]
        found[one.helper.ref] = live.get(one.helper.ref) or one.helper
    return Model(found.values())
