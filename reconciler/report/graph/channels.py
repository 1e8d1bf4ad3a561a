"""Wires that change their height between two columns in, a track for each out, so that they cross as little as can be.

In a channel every bundle of wires runs up and down on one track; two of them share it where they do not meet.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from reconciler.frozen import frozen_in_order

# Nearer than this two lines are hard to tell apart.
_NEAR = 4
_OVERLAP = 20


@frozen_in_order
class Net:
    """A bundle in a channel: where it comes in from the left and from the right."""

    key: Hashable
    lefts: tuple[int, ...]
    rights: tuple[int, ...]

    @property
    def low(self) -> int:
        """Where it begins."""
        return min(self.lefts + self.rights)

    @property
    def high(self) -> int:
        """Where it ends."""
        return max(self.lefts + self.rights)


def tracks(nets: Iterable[Net]) -> Mapping[Hashable, int]:
    """Return the track of each net from the left, from 0; one that runs straight through needs none and has 0."""
    turning = sorted((net for net in nets if net.low != net.high), key=lambda net: (net.low, net.high, net.lefts))
    order: list[Net] = []
    for net in turning:
        order.insert(_best_place(net, order), net)
    found: dict[Hashable, int] = {}
    for number, net in enumerate(order):
        met = (found[other.key] + 1 for other in order[:number] if _meet(net, other))
        found[net.key] = max(met, default=0)
    return found


def _best_place(net: Net, order: list[Net]) -> int:
    """Return where among these a net crosses the fewest of them."""
    cost = sum(_cost(net, other) for other in order)
    best, least = 0, cost
    for number, other in enumerate(order, 1):
        cost += _cost(other, net) - _cost(net, other)
        if cost < least:
            best, least = number, cost
    return best


def _cost(first: Net, second: Net) -> int:
    """Return how much is crossed when the first one's track is left of the second one's."""
    if not _meet(first, second):
        return 0
    crossings = sum(second.low < y < second.high for y in first.rights)
    crossings += sum(first.low < y < first.high for y in second.lefts)
    return crossings + _OVERLAP * sum(abs(a - b) < _NEAR for a in first.rights for b in second.lefts)


def _meet(first: Net, second: Net) -> bool:
    return first.low - _NEAR <= second.high and second.low - _NEAR <= first.high
