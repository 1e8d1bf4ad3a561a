"""Ordered steps in, transactions out: one for all, until a commit is due, one is none, or the lock table is full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.errors import PlanError, Problem
from reconciler.plan.order import blocks, parted
from reconciler.plan.step import Step, Transaction


def segments(steps: Sequence[Step], capacity: int | None, transactional: bool) -> tuple[tuple[Step, ...], ...]:
    """Return the steps in groups, each to be one transaction.

    Args:
        steps: in order.
        capacity: how many relations one transaction may touch, None for no limit.
        transactional: a statement is part of a transaction; where it is not, each step is a group of its own.

    Raises:
        PlanError: when what has to stay together is too large.
    """
    return tuple(_grouped(steps, capacity)) if transactional else tuple((step,) for step in steps)


def _grouped(steps: Sequence[Step], capacity: int | None) -> Iterator[tuple[Step, ...]]:
    group: list[Step] = []
    size = 0
    for block in blocks(steps):
        if parted(block) or block[0].alone:
            yield from (one for one in (tuple(group), *((step,) for step in block)) if one)
            group, size = [], 0
            continue
        weight = sum(statement.relations for step in block for statement in step.statements)
        if capacity is not None and weight > capacity:
            raise PlanError([_too_large(block[0], weight, capacity)])
        if group and capacity is not None and size + weight > capacity:
            yield tuple(group)
            group, size = [], 0
        group += block
        size += weight
        if any(statement.transaction is Transaction.COMMIT_AFTER for statement in block[-1].statements):
            yield tuple(group)
            group, size = [], 0
    if group:
        yield tuple(group)


def _too_large(step: Step, weight: int, capacity: int) -> Problem:
    return Problem(
        code="RUN037",
        message=f"{step.subject}: one transaction would lock {weight} relations, the server has room for {capacity}",
        hint="raise max_locks_per_transaction on the server and restart it",
        address=str(step.subject),
    )
