"""Steps in any order in, ordered ones out, with those in one that would each write the same table anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from reconciler.errors import PlanError
from reconciler.model.ref import Ref
from reconciler.plan.order import order
from reconciler.plan.step import Ladder, Step


def gather(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps sorted as `order` does, the rows of a table written anew once where that is possible.

    What is quick goes by itself: together with what is not, it would take as long and hold the same locks. Steps stay
    apart as well where something else has to happen between them.
    """
    groups = _groups(steps)
    if not groups:
        return order(steps)
    try:
        return order(_joined(steps, groups))
    except PlanError:
        taken: list[list[Step]] = []
        for group in groups:
            if _possible(steps, [*taken, group]):
                taken.append(group)
        return order(_joined(steps, taken))


def _possible(steps: Sequence[Step], groups: Sequence[Sequence[Step]]) -> bool:
    try:
        order(_joined(steps, groups))
    except PlanError:
        return False
    return True


def _groups(steps: Sequence[Step]) -> list[list[Step]]:
    slow = [(ladder.head, index) for index, step in enumerate(steps) if (ladder := _ladder(step)) and ladder.rewrites]
    together = (list(found) for _, found in groupby(sorted(slow), key=lambda one: one[0]))
    return [[steps[index] for _, index in found] for found in together if len(found) > 1]


def _ladder(step: Step) -> Ladder | None:
    """Return the ladder of a step that is nothing but clauses, of which others may stand beside."""
    if len(step.statements) != 1 or step.action == "rename":
        return None
    ladder = step.statements[0].ladder
    return ladder if ladder is not None and ladder.clauses else None


def _joined(steps: Sequence[Step], groups: Sequence[Sequence[Step]]) -> list[Step]:
    inside = {id(step) for group in groups for step in group}
    return [*(step for step in steps if id(step) not in inside), *(_one(order(group)) for group in groups)]


def _one(steps: Sequence[Step]) -> Step:
    """Return one step that does what these do, in their order."""
    ladders = [ladder for step in steps if (ladder := _ladder(step))]
    top = steps[0].subject.top
    creates = frozenset(ref for step in steps for ref in step.creates)
    drops = frozenset(ref for step in steps for ref in step.drops)
    asked = [
        check for step, ladder in zip(steps, ladders, strict=True) for check in step.checks if check not in ladder.asks
    ]
    ladder = _together(ladders, top)
    return Step(
        subject=top,
        action="update",
        statements=(ladder.statement(),),
        changes=tuple(change for step in steps for change in step.changes),
        creates=creates,
        needs=frozenset(ref for step in steps for ref in step.needs) - creates,
        drops=drops,
        releases=frozenset(ref for step in steps for ref in step.releases) - drops,
        weight=max(step.weight for step in steps),
        checks=(*asked, *ladder.asks),
    )


def _together(ladders: Sequence[Ladder], top: Ref) -> Ladder:
    """Return the ladder of all clauses: that of the dearest, asked about as a whole."""
    least = min(ladders, key=lambda ladder: len(ladder.rungs))
    return replace(
        least,
        clauses=tuple(clause for ladder in ladders for clause in ladder.clauses),
        size=replace(least.size, ref=top),
        asks=tuple(replace(check, ref=top) for check in least.asks),
    )
