"""What a plan knows of a backfill that is due: how far it is, how much there is to do, and by what way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen
from reconciler.model.backfills import Backfill, Held, Standing
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object
from reconciler.model.ref import Ref
from reconciler.plan.beside import Beside
from reconciler.plan.hazards import Hazard
from reconciler.plan.step import Stage, Statement, Step


@frozen
class Filling:
    """A backfill that is due.

    `why` says in a word what makes it due: new, unfinished, changed, overdue, always. `standing` is how far the ledger
    says it is, None before it began. `estimate` is how many rows there may be, None when unknown; `index` what serves
    the way along the key, "" when nothing does; `triggers` fire for each row that is written. `place` is the column
    whose place the filled one takes, None for work that a spec declares.
    """

    backfill: Backfill
    digest: str
    why: str
    standing: Standing | None = None
    estimate: int | None = None
    index: str | None = None
    triggers: tuple[str, ...] = ()
    place: Ref | None = None

    @property
    def address(self) -> Ref:
        """What people know it by."""
        return self.place or self.backfill.ref


# What makes a backfill due.
NEW, UNFINISHED, CHANGED, OVERDUE, ALWAYS = "new", "unfinished", "changed", "overdue", "always"
# What does so where it was never done before.
FIRST_TIME = frozenset({NEW, UNFINISHED})


@frozen
class Agenda:
    """The backfills that are due, in order, and what is to be said of those that are done.

    `besides` are the columns that are filled beside the place that they take: those whose work is among the fillings,
    and those that are filled. `implied` gives that work where such columns are to be looked for: it is given them, and
    the model that is there.
    """

    fillings: tuple[Filling, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    besides: tuple[Beside, ...] = ()
    implied: Callable[[Sequence[Beside], Model], Sequence[Filling]] | None = None


def in_order(fillings: Sequence[Filling]) -> tuple[Filling, ...]:
    """Return backfills so that each comes after those that it requires. Raises PlanError when they go in a circle."""
    known = {one.backfill.ref: one for one in fillings}
    graph = {ref: sorted(set(one.backfill.requires) & known.keys()) for ref, one in sorted(known.items())}
    try:
        return tuple(known[ref] for ref in TopologicalSorter(graph).static_order())
    except CycleError as error:
        path = " → ".join(str(ref) for ref in error.args[1])
        problem = Problem(code="RUN030", message=f"backfills wait for each other: {path}",
                          hint="take one out of requires:", address=str(error.args[1][0]))  # fmt: skip
        raise PlanError([problem]) from None


def steps_of(fillings: Iterable[Filling]) -> tuple[Step, ...]:
    """Return the steps of backfills; the digest of each stands in its statement, so that it counts for the plan."""
    return tuple(
        Step(
            subject=one.backfill.ref, action="backfill", changes=(), stage=Stage.FILL,
            statements=(Statement(f"-- {one.backfill.ref} {one.digest}"),),
        )
        for one in fillings
    )  # fmt: skip


def holds_of(fillings: Iterable[Filling]) -> tuple[Held, ...]:
    """Return what waits for backfills: what they say themselves, and that what they read or write is not dropped."""
    found: list[Held] = []
    for one in fillings:
        if one.place is not None:
            continue
        named = [one.backfill.into]
        named += [] if one.backfill.source.database else [one.backfill.source.table]
        found += one.backfill.holds if one.why in FIRST_TIME else ()
        found += [Held(ref=ref, part="drop") for ref in named]
    return tuple(dict.fromkeys(found))


def held_back(live: Model, target: Model, holds: Iterable[Held]) -> Model:
    """Return what a plan aims at before its backfills are done: what waits for them is as it is now.

    Args:
        live: the model that is there.
        target: the one that is to be in the end.
        holds: what waits. A table with part `drop` keeps its columns too.
    """
    found: dict[Ref, Object] = dict(target)
    for hold in holds:
        if hold.ref not in target or (hold.part == "drop" and hold.ref.parent is None):
            _keep(found, live, target, hold)
        elif isinstance(wanted := target[hold.ref], Column):
            _loosen(found, live, wanted, hold)
        elif not hold.part and hold.ref.parent is not None:
            found = {ref: obj for ref, obj in found.items() if not ref.inside(hold.ref)}
            found |= {obj.ref: obj for obj in live.subtree(hold.ref)}
    return target if found == dict(target) else Model(found.values())


def _keep(found: dict[Ref, Object], live: Model, target: Model, hold: Held) -> None:
    """Let stay what would be dropped: an object with all that it holds; of a table that stays, its columns."""
    if hold.part == "not_null":
        return
    gone = hold.ref if hold.ref in live else None
    if gone is not None and gone.parent is not None and gone.parent not in target:
        gone = gone.top
    for obj in live.subtree(gone) if gone is not None else ():
        whole = hold.ref not in target
        if obj.ref not in found and (whole or isinstance(obj, Column)):
            found[obj.ref] = obj


def _loosen(found: dict[Ref, Object], live: Model, wanted: Column, hold: Held) -> None:
    """Let a column be null that is to be filled first, unless it never is, or its table has no rows yet."""
    now = live.get(wanted.ref)
    never = isinstance(now, Column) and now.not_null
    if hold.part in ("", "not_null") and wanted.not_null and not never and wanted.ref.top in live:
        found[wanted.ref] = replace(wanted, not_null=False)
