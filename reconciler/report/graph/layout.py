"""Sizes of boxes and wires between them in, a place on one page for everything out; what hangs together stays so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.report.graph.component import component
from reconciler.report.graph.geometry import Placed, Point, Size, Wire, moved

# Pixels between two groups that have nothing to do with each other, and how much broader than high a page is.
_APART, _BROAD = 36, 1.5


def lay_out(sizes: Sequence[Size], wires: Sequence[Wire]) -> Placed:
    """Return a place for each box, none over another one, and a line for each wire."""
    groups = _groups(len(sizes), wires)
    lines: dict[int, list[int]] = {}
    for number, wire in enumerate(wires):
        lines.setdefault(groups[wire.source], []).append(number)
    members: dict[int, list[int]] = {}
    for box, group in enumerate(groups):
        members.setdefault(group, []).append(box)
    placed = {
        group: _alone(boxes, lines.get(group, []), sizes, wires) for group, boxes in sorted(members.items())
    }  # fmt: skip
    corners, page = _packed({group: one.size for group, one in placed.items()})
    boxes = [(0, 0)] * len(sizes)
    ways: list[tuple[Point, ...]] = [()] * len(wires)
    for group, one in placed.items():
        x, y = corners[group]
        for box, place in zip(members[group], moved(one.boxes, x, y), strict=True):
            boxes[box] = place
        for number, line in zip(lines.get(group, []), one.wires, strict=True):
            ways[number] = moved(line, x, y)
    return Placed(tuple(boxes), tuple(ways), page)


def _alone(boxes: Sequence[int], numbers: Sequence[int], sizes: Sequence[Size], wires: Sequence[Wire]) -> Placed:
    at = {box: number for number, box in enumerate(boxes)}
    own = [replace(wires[n], source=at[wires[n].source], target=at[wires[n].target]) for n in numbers]
    return component([sizes[box] for box in boxes], own)


def _groups(count: int, wires: Sequence[Wire]) -> list[int]:
    """Return for each box the first one of those that it hangs together with."""
    leader = list(range(count))

    def lead(box: int) -> int:
        while leader[box] != box:
            leader[box] = leader[leader[box]]
            box = leader[box]
        return box

    for wire in wires:
        first, second = sorted((lead(wire.source), lead(wire.target)))
        leader[second] = first
    return [lead(box) for box in range(count)]


def _packed(sizes: dict[int, Size]) -> tuple[dict[int, Point], Size]:
    """Return a corner for each group, and how large the page is: the largest first, each as far up as it can be."""
    area = sum((size.width + _APART) * (size.height + _APART) for size in sizes.values())
    broad = int(max((area * _BROAD) ** 0.5, *(size.width + _APART for size in sizes.values()), 0))
    skyline, found = [(0, 0)], dict[int, Point]()
    for group, size in sorted(sizes.items(), key=lambda item: (-item[1].height, -item[1].width, item[0])):
        y, x = min(
            (_ground(skyline, x, size.width + _APART), x) for x, _ in skyline if x + size.width <= broad or not x
        )
        found[group] = (x, y)
        skyline = _raised(skyline, x, x + size.width + _APART, y + size.height + _APART)
    right = max((found[group][0] + size.width for group, size in sizes.items()), default=0)
    low = max((found[group][1] + size.height for group, size in sizes.items()), default=0)
    return found, Size(right, low)


def _ground(skyline: Sequence[Point], x: int, width: int) -> int:
    """Return how far down something of a width at x has to stand; a skyline is where each level begins."""
    ends = [*(at for at, _ in skyline[1:]), x + width + 1]
    return max(y for (at, y), end in zip(skyline, ends, strict=True) if at < x + width and end > x)


def _raised(skyline: Sequence[Point], x: int, end: int, level: int) -> list[Point]:
    before = [point for point in skyline if point[0] < x]
    under = [y for at, y in skyline if at <= end]
    return [*before, (x, level), *([(end, under[-1])]), *(point for point in skyline if point[0] > end)]
