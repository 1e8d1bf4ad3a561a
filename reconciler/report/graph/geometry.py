"""Sizes, places and lines: what a layout takes and gives; it knows neither what is drawn nor how."""

from __future__ import annotations

from reconciler.frozen import frozen_in_order

Point = tuple[int, int]


@frozen_in_order
class Size:
    """How much room a box takes, in pixels."""

    width: int
    height: int


@frozen_in_order
class Wire:
    """A line from a box to another one, by their numbers; each end is so many pixels below its box's upper edge."""

    source: int
    target: int
    source_at: int
    target_at: int


@frozen_in_order
class Placed:
    """Where everything is: the upper left corner of each box, the corners of each wire, and how large it all is."""

    boxes: tuple[Point, ...]
    wires: tuple[tuple[Point, ...], ...]
    size: Size


def moved(line: tuple[Point, ...], x: int, y: int) -> tuple[Point, ...]:
    """Return points, so far to the right and down."""
    return tuple((a + x, b + y) for a, b in line)
