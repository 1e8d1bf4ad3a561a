"""Boxes and which needs which in, a column for each out: what is needed stands left of what needs it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

Arc = tuple[int, int]


def ranks(heights: Sequence[int], arcs: Iterable[Arc], room: int) -> list[int]:
    """Return the column of each box, from 0 without a gap.

    Args:
        heights: how high each box is, with the gap below it.
        arcs: pairs (who needs, who is needed); in a circle one of them is taken the other way round.
        room: how high a column may get; a box that is higher stands alone.
    """
    needs, needed = _both_ways(len(heights), _without_circles(len(heights), arcs))
    found, used = [-1] * len(heights), dict[int, int]()
    order = _in_order(needs, needed)
    for box in order:
        at = max((found[other] + 1 for other in needs[box]), default=0)
        while used.get(at) and used[at] + heights[box] > room:
            at += 1
        found[box] = at
        used[at] = used.get(at, 0) + heights[box]
    _nearer(found, used, list(reversed(order)), needs, needed, heights, room)
    taken = {at: number for number, at in enumerate(sorted(set(found)))}
    return [taken[at] for at in found]


def _nearer(
    found: list[int],
    used: dict[int, int],
    order: Sequence[int],
    needs: Sequence[Sequence[int]],
    needed: Sequence[Sequence[int]],
    heights: Sequence[int],
    room: int,
) -> None:
    """Move boxes that are needed more than they need towards those that need them, where there is room."""
    for box in order:
        if len(needs[box]) >= len(needed[box]):
            continue
        for at in range(min(found[other] for other in needed[box]) - 1, found[box], -1):
            if used.get(at, 0) + heights[box] <= room:
                used[found[box]] -= heights[box]
                used[at] = used.get(at, 0) + heights[box]
                found[box] = at
                break


def _both_ways(count: int, arcs: Iterable[Arc]) -> tuple[list[list[int]], list[list[int]]]:
    needs: list[list[int]] = [[] for _ in range(count)]
    needed: list[list[int]] = [[] for _ in range(count)]
    for source, target in sorted(set(arcs)):
        needs[source].append(target)
        needed[target].append(source)
    return needs, needed


def _in_order(needs: Sequence[Sequence[int]], needed: Sequence[Sequence[int]]) -> list[int]:
    """Return the boxes, each after all that it needs; those that many need come first."""
    left = [len(others) for others in needs]
    level = [0] * len(needs)
    heap = [(0, -len(needed[box]), box) for box, count in enumerate(left) if not count]
    heapq.heapify(heap)
    found = []
    while heap:
        at, _, box = heapq.heappop(heap)
        found.append(box)
        for other in needed[box]:
            level[other] = max(level[other], at + 1)
            left[other] -= 1
            if not left[other]:
                heapq.heappush(heap, (level[other], -len(needed[other]), other))
    return found


def _without_circles(count: int, arcs: Iterable[Arc]) -> list[Arc]:
    """Return the arcs, with those that would close a circle the other way round; what needs itself is left out."""
    needs, _ = _both_ways(count, [arc for arc in arcs if arc[0] != arc[1]])
    found: list[Arc] = []
    state = [""] * count
    for first in range(count):
        path = [] if state[first] else [(first, iter(needs[first]))]
        state[first] = state[first] or "open"
        while path:
            box, others = path[-1]
            other = next(others, None)
            if other is None:
                state[box] = "done"
                path.pop()
                continue
            found.append((other, box) if state[other] == "open" else (box, other))
            if not state[other]:
                state[other] = "open"
                path.append((other, iter(needs[other])))
    return found
