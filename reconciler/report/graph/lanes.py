"""Boxes in columns and the wires between them in, how high each stands out; a wire has a lane through each column.

Columns are ordered and moved up and down in turn so that wires get short; within a column the least squares of what
every box would like best, in its order, are found exactly (pool adjacent violators).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from reconciler.frozen import frozen_in_order
from reconciler.report.graph.geometry import Wire

# Pixels between two boxes, a box and a wire, and two wires.
BOXES, BESIDE, WIRES = 28, 16, 10
_ROUNDS = 14
# How much higher than its contents a column may be, so that wires can be straight.
_LOOSE = 1.15

# A box, or the lane of a bundle of wires through a column: those to the same end share it.
Bundle = tuple[int, int, bool]
Item = int | tuple[int, Bundle]


@dataclass(slots=True)
class Column:
    """What stands in a column from top to bottom, and how far down it may."""

    items: list[Item] = field(default_factory=list)
    high: float = 0.0


@frozen_in_order
class Hop:
    """A piece of a wire between two neighbouring columns: what it connects, and how far below their upper edges."""

    left: Item
    left_at: int
    right: Item
    right_at: int
    bundle: Bundle
    rank: int


@frozen_in_order
class Lanes:
    """Where everything stands: the top of each item, and the hops of all wires, each once."""

    tops: Mapping[Item, int]
    hops: tuple[Hop, ...]


def bundle(wire: Wire, rank: Sequence[int]) -> Bundle:
    """Return with which wires one shares its way: those to the same end from the same side."""
    return wire.target, wire.target_at, rank[wire.source] > rank[wire.target]


def lanes(heights: Sequence[int], wires: Iterable[Wire], rank: Sequence[int]) -> Lanes:
    """Return how high everything stands; a wire from a box to itself takes no lane."""
    hops = _hops(wires, rank)
    columns = _columns(rank, hops)
    sizes: dict[Item, int] = dict(enumerate(heights))
    lefts, rights = _neighbours(hops)
    tops: dict[Item, float] = {}
    high = max((_height(column, sizes) for column in columns), default=0) * _LOOSE
    for column in columns:
        column.high = high
        _stand(column, {}, sizes, tops)
    best, least = dict(tops), _length(hops, tops)
    for number in range(_ROUNDS):
        forwards = number % 2 == 0
        for column in columns if forwards else reversed(columns):
            wanted = _wanted(column, (lefts,) if forwards else (rights,), tops)
            column.items.sort(key=lambda item: wanted.get(item, tops[item]) + sizes.get(item, 0) / 2)
            _stand(column, wanted, sizes, tops)
        if _length(hops, tops) < least:
            best, least = dict(tops), _length(hops, tops)
    for column in columns:
        column.items.sort(key=best.__getitem__)
    for _ in range(_ROUNDS):
        for column in columns:
            _stand(column, _wanted(column, (lefts, rights), best), sizes, best)
    first = min(best.values(), default=0)
    return Lanes({item: round(top - first) for item, top in best.items()}, tuple(hops))


def _hops(wires: Iterable[Wire], rank: Sequence[int]) -> list[Hop]:
    found: dict[Hop, None] = {}
    for wire in wires:
        if wire.source == wire.target:
            continue
        ends: list[tuple[Item, int]] = [(wire.target, wire.target_at), (wire.source, wire.source_at)]
        own = bundle(wire, rank)
        low, high = (ends[0], ends[1]) if own[2] else (ends[1], ends[0])
        first, last = sorted((rank[wire.source], rank[wire.target]))
        way = [low, *(((at, own), 0) for at in range(first + 1, last)), high]
        for number in range(len(way) - 1):
            found[Hop(*way[number], *way[number + 1], own, first + number)] = None
    return list(found)


def _columns(rank: Sequence[int], hops: Iterable[Hop]) -> list[Column]:
    columns = [Column() for _ in range(max(rank, default=-1) + 1)]
    for box, at in enumerate(rank):
        columns[at].items.append(box)
    for lane in dict.fromkeys(hop.right for hop in hops if isinstance(hop.right, tuple)):
        columns[lane[0]].items.append(lane)
    return columns


Neighbours = Mapping[Item, list[tuple[Item, int]]]


def _neighbours(hops: Iterable[Hop]) -> tuple[Neighbours, Neighbours]:
    """Return what is connected with each item on its left and on its right, and how much lower it would like to be."""
    lefts: dict[Item, list[tuple[Item, int]]] = {}
    rights: dict[Item, list[tuple[Item, int]]] = {}
    for hop in hops:
        lefts.setdefault(hop.right, []).append((hop.left, hop.left_at - hop.right_at))
        rights.setdefault(hop.left, []).append((hop.right, hop.right_at - hop.left_at))
    return lefts, rights


def _wanted(column: Column, sides: Iterable[Neighbours], tops: Mapping[Item, float]) -> dict[Item, float]:
    found = {}
    for item in column.items:
        near = [tops[other] + lower for side in sides for other, lower in side.get(item, ())]
        if near:
            found[item] = sum(near) / len(near)
    return found


def _stand(column: Column, wanted: Mapping[Item, float], sizes: Mapping[Item, int], tops: dict[Item, float]) -> None:
    """Place a column in its order, as near as can be to where each item would like to be."""
    offset, offsets, pools = 0, list[int](), list[tuple[float, int]]()
    for number, item in enumerate(column.items):
        if number:
            before = column.items[number - 1]
            offset += sizes.get(before, 0) + _gap(before, item)
        offsets.append(offset)
        total, count = wanted.get(item, tops.get(item, offset)) - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, members = pools.pop()
            total, count = total + more, count + members
        pools.append((total, count))
    # Within these bounds the nearest places are those without bounds, cut off at them.
    most = column.high - _height(column, sizes)
    places = (min(max(total / count, 0), most) for total, count in pools for _ in range(count))
    tops.update({item: at + place for item, at, place in zip(column.items, offsets, places, strict=True)})


def _height(column: Column, sizes: Mapping[Item, int]) -> int:
    gaps = sum(_gap(*pair) for pair in pairwise(column.items))
    return gaps + sum(sizes.get(item, 0) for item in column.items)


def _gap(first: Item, second: Item) -> int:
    lanes = isinstance(first, tuple) + isinstance(second, tuple)
    return (BOXES, BESIDE, WIRES)[lanes]


def _length(hops: Iterable[Hop], tops: Mapping[Item, float]) -> float:
    return sum(abs(tops[hop.left] + hop.left_at - tops[hop.right] - hop.right_at) for hop in hops)
