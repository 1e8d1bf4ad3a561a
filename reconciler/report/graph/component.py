"""Boxes that hang together and their wires in, a place for each box and the corners of each wire out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from reconciler.frozen import frozen_in_order
from reconciler.report.graph.channels import Net, tracks
from reconciler.report.graph.geometry import Placed, Point, Size, Wire
from reconciler.report.graph.lanes import BOXES, Lanes, bundle, lanes
from reconciler.report.graph.ranks import ranks

# Pixels beside a box before a wire may turn, and between two tracks.
_STUB, _TRACK = 24, 10
# How much broader than high a picture is to be, about.
_BROAD = 1.3


@frozen_in_order
class _Frame:
    """Columns with their right ends, the tracks behind each, and what stands where in them."""

    rank: Sequence[int]
    stood: Lanes
    places: Sequence[Point]
    sizes: Sequence[Size]
    ends: Sequence[int]
    found: Sequence[Mapping[Hashable, int]]

    def turn(self, channel: int, key: Hashable) -> int:
        """Return where in a channel a bundle turns."""
        return self.ends[channel] + _STUB + self.found[channel].get(key, 0) * _TRACK

    def right(self, box: int) -> int:
        """Return the right edge of a box."""
        return self.places[box][0] + self.sizes[box].width


def component(sizes: Sequence[Size], wires: Sequence[Wire]) -> Placed:
    """Return where boxes stand and wires run; every wire leaves to the left of its source where that can be."""
    rank = ranks([size.height + BOXES for size in sizes], [(w.source, w.target) for w in wires], _room(sizes))
    stood = lanes([size.height for size in sizes], wires, rank)
    count = max(rank) + 1
    found = [tracks(_nets(at, wires, stood, rank)) for at in range(count)]
    lefts, ends, x = list[int](), list[int](), 0
    for at in range(count):
        lefts.append(x)
        ends.append(x + max(size.width for size, r in zip(sizes, rank, strict=True) if r == at))
        used = max(found[at].values(), default=-1)
        x = ends[-1] + (2 * _STUB + max(used, 0) * _TRACK if used >= 0 or at + 1 < count else 0)
    places = tuple((lefts[at], stood.tops[box]) for box, at in enumerate(rank))
    frame = _Frame(rank, stood, places, sizes, ends, found)
    lines = tuple(_loop(w, frame) if w.source == w.target else _line(w, frame) for w in wires)
    lowest = max(place[1] + size.height for place, size in zip(places, sizes, strict=True))
    return Placed(places, lines, Size(x, max([lowest, *(y + 1 for line in lines for _, y in line)])))


def _room(sizes: Sequence[Size]) -> int:
    """Return how high a column may get so that the whole is not much higher than broad."""
    area = sum((size.width + 3 * _STUB) * (size.height + BOXES) for size in sizes)
    return int(max((area / _BROAD) ** 0.5, *(size.height + BOXES for size in sizes), 0))


def _nets(at: int, wires: Sequence[Wire], stood: Lanes, rank: Sequence[int]) -> Iterator[Net]:
    """Yield what turns right of a column: bundles on their way, and what leads back to its own box."""
    lefts: dict[Hashable, set[int]] = {}
    rights: dict[Hashable, set[int]] = {}
    for hop in stood.hops:
        if hop.rank == at:
            lefts.setdefault(hop.bundle, set()).add(stood.tops[hop.left] + hop.left_at)
            rights.setdefault(hop.bundle, set()).add(stood.tops[hop.right] + hop.right_at)
    for wire in wires:
        if wire.source == wire.target and rank[wire.source] == at:
            top = stood.tops[wire.source]
            lefts[wire] = {top + wire.source_at, top + wire.target_at}
    for key, points in lefts.items():
        yield Net(key, tuple(sorted(points)), tuple(sorted(rights.get(key, ()))))


def _loop(wire: Wire, frame: _Frame) -> tuple[Point, ...]:
    x, y = frame.right(wire.source), frame.places[wire.source][1]
    turn = frame.turn(frame.rank[wire.source], wire)
    begin, end = y + wire.source_at, y + wire.target_at
    return (x, begin), (turn, begin), (turn, end), (x, end)


def _line(wire: Wire, frame: _Frame) -> tuple[Point, ...]:
    """Return the corners of a wire between two boxes, from its source to its target."""
    own, first, last = bundle(wire, frame.rank), frame.rank[wire.source], frame.rank[wire.target]
    leftwards = first > last
    between = range(first - 1, last, -1) if leftwards else range(first + 1, last)
    channels = range(first - 1, last - 1, -1) if leftwards else range(first, last)
    begin, end = (frame.places[box][1] for box in (wire.source, wire.target))
    heights = [begin + wire.source_at, *(frame.stood.tops[at, own] for at in between), end + wire.target_at]
    left, right = frame.places[wire.source][0], frame.right(wire.source)
    corners = [(left if leftwards else right, heights[0])]
    for channel, before, after in zip(channels, heights, heights[1:], strict=False):
        turn = frame.turn(channel, own)
        corners += [(turn, before), (turn, after)] if before != after else []
    corners.append((frame.right(wire.target) if leftwards else frame.places[wire.target][0], heights[-1]))
    return tuple(corners)
