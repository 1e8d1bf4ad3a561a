"""A duration as people write it (250ms, 30s, 5m, 1h, 7d) in, seconds out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.spec.context import Context
    from reconciler.spec.nodes import Node

_FORM = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|minutes?|m|h|hours?|d|days?)")
_SECONDS: Mapping[str, float] = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0,
    "hours": 3600.0, "d": 86_400.0, "day": 86_400.0, "days": 86_400.0,
}  # fmt: skip
# Of what a query may take: MySQL's limit is a number of milliseconds in 32 bits, PostgreSQL's one in 31.
QUERY_LONGEST = 86_400.0
_YEAR = 366 * 86_400.0


def duration(text: str) -> float | None:
    """Return a duration in seconds, None for what cannot be read."""
    found = _FORM.fullmatch(text.strip())
    return float(found[1]) * _SECONDS[found[2]] if found else None


def query_seconds(context: Context, node: Node) -> float:
    """Return how long a query may take, in seconds; what cannot be is a problem."""
    return _read(context, node, 0.001, QUERY_LONGEST, "is no time that a query may take",
                 "write 500ms, 30s or 5m; a day at the most")  # fmt: skip


def seconds(context: Context, node: Node) -> float:
    """Return a duration in seconds, which may be nothing at all; what cannot be read is a problem."""
    return _read(context, node, 0.0, _YEAR, "is no duration", "write 250ms, 30s, 5m, 1h or 7d")


def _read(context: Context, node: Node, least: float, most: float, message: str, hint: str) -> float:
    value = duration(node.value)
    if value is None or not least <= value <= most:
        context.problem("SPEC015", f"{node.value!r} {message}", node, hint=hint)
        return 1.0
    return value
