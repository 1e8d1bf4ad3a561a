"""Steps in any order in, steps in an order that the database accepts out; it looks at their edges alone."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import groupby

from reconciler.errors import PlanError, Problem
from reconciler.model.ref import Ref
from reconciler.plan.step import Statement, Step, Transaction


def order(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps sorted: renames first, after what they move into, then by edges, weight and address.

    Raises PlanError on a cycle, which is a bug in a rule; there is no repair.
    """
    renames = [step for step in steps if step.action == "rename"]
    homes = {step.subject.home for step in renames}
    before = [step for step in steps if step.action != "rename" and step.creates & homes]
    others = [step for step in steps if step not in renames and step not in before]
    return (*_sorted(before), *_sorted(renames), *_sorted(others))


def _sorted(steps: Sequence[Step]) -> list[Step]:
    graph = _graph(steps)
    try:
        graph.prepare()
    except CycleError as error:
        path = " → ".join(str(steps[index].subject) for index in error.args[1])
        hint = (
            "let nothing that is declared use itself by way of others; if nothing does, this is a bug: please report it"
        )
        raise PlanError([Problem(code="RUN030", message=f"steps wait for each other: {path}", hint=hint)]) from None
    ready: list[tuple[int, Ref, str, int]] = []
    ordered: list[Step] = []
    while graph.is_active():
        for index in graph.get_ready():
            step = steps[index]
            heapq.heappush(ready, (step.weight, step.subject, step.action, index))
        index = heapq.heappop(ready)[-1]
        ordered.append(steps[index])
        graph.done(index)
    return ordered


def _graph(steps: Sequence[Step]) -> TopologicalSorter[int]:
    creators = _by_ref(step.creates for step in steps)
    droppers = _by_ref(step.drops for step in steps)
    releasers = _by_ref(step.releases for step in steps)
    graph: TopologicalSorter[int] = TopologicalSorter()
    for index, step in enumerate(steps):
        before = _all(creators, step.needs) | _all(releasers, step.drops) | _all(droppers, step.creates)
        graph.add(index, *sorted(before - {index}))
    return graph


def _by_ref(sets: Iterable[frozenset[Ref]]) -> dict[Ref, list[int]]:
    found: dict[Ref, list[int]] = {}
    for index, refs in enumerate(sets):
        for ref in refs:
            found.setdefault(ref, []).append(index)
    return found


def _all(index: dict[Ref, list[int]], refs: Iterable[Ref]) -> set[int]:
    return {step for ref in refs for step in index.get(ref, ())}


def torn(steps: Sequence[Step]) -> bool:
    """Say whether what cannot be part of a transaction stands where nothing may be committed: among other steps."""
    found = (block for block in blocks(steps) if len(block) > 1)
    return any(any(step.alone for step in block) and not parted(block) for block in found)


def parted(block: Sequence[Step]) -> bool:
    """Say whether each step of a block is kept by itself: those that are in no transaction, and before them the drops
    of what these make. Whoever finds that missing makes it: it is declared.
    """
    made = frozenset(ref for step in block if step.alone for ref in step.creates)
    return bool(made) and all(step.alone or (step.drops <= made and not step.creates) for step in block)


def parts(step: Step) -> Iterator[Step]:
    """Yield a step in parts: each statement that is in no transaction, and what is between two of them as one."""
    for _, some in groupby(enumerate(step.statements), lambda pair: _place(*pair)):
        yield replace(step, statements=tuple(statement for _, statement in some))


def _place(at: int, statement: Statement) -> int:
    return at if statement.transaction is Transaction.ALONE else -1


def blocks(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Yield runs of steps inside which nothing may be committed: what goes in order to come back is never left away."""
    made = {ref: index for index, step in enumerate(steps) for ref in step.creates}
    block: list[Step] = []
    until = 0
    for index, step in enumerate(steps):
        block.append(step)
        until = max(until, *(made.get(ref, 0) for ref in step.drops), 0)
        if index >= until:
            yield block
            block = []
