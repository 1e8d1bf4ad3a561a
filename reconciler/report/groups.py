"""A review and its changes in, the changes of each root object with the steps that make them out."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Ref
from reconciler.report.entries import Entries, Entry, danger
from reconciler.report.facts import Review


@frozen_in_order
class Group:
    """Steps that share changes, with these changes: a replaced object goes in one step and comes back in another."""

    root: Ref
    steps: tuple[int, ...]
    entries: tuple[Entry, ...]


def groups_by_root(review: Review, found: Entries) -> list[list[Group]]:
    """Return what happens to each root object, the most dangerous first."""
    by_root: dict[Ref, list[Group]] = {}
    for group in _groups(review, found):
        by_root.setdefault(group.root, []).append(group)

    def worst(groups: Sequence[Group]) -> tuple[bool, bool, int, int]:
        return min(danger(entry, found.refused) for group in groups for entry in group.entries)

    return sorted(by_root.values(), key=worst)


def _groups(review: Review, found: Entries) -> list[Group]:
    """Return the steps in order, those together that share a change."""
    leader = {number: number for number in range(1, len(review.planned.plan.steps) + 1)}

    def lead(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for entry in found.all:
        for number in entry.steps[1:]:
            first, second = sorted((lead(entry.steps[0]), lead(number)))
            leader[second] = first
    members: dict[int, list[int]] = {}
    for number in leader:
        members.setdefault(lead(number), []).append(number)
    shared: dict[int, list[Entry]] = {}
    for entry in found.all:
        shared.setdefault(lead(entry.steps[0]), []).append(entry)
    steps = review.planned.plan.steps
    return [
        Group(steps[first - 1].subject.top, tuple(numbers), tuple(shared.get(first, ())))
        for first, numbers in members.items()
    ]
