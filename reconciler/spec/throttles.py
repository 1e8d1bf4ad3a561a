"""What makes data work wait, as a document says it, in; the same with minutes, seconds and zones out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from reconciler.model.backfills import Throttle
from reconciler.model.ref import Ref
from reconciler.spec.context import Context
from reconciler.spec.durations import seconds
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields

_WINDOW = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")


def read_throttle(context: Context, ref: Ref, node: Node) -> Throttle:
    """Return what one entry of `throttle:` says."""
    said: Fields = node.value
    kind = next(key for key in _KINDS if key in said)
    return _KINDS[kind](context, ref, said)


def _query(context: Context, ref: Ref, said: Fields) -> Throttle:
    return Throttle(kind="query", query=context.sql_text(said["query"], "a throttle of", ref, query=True))


def _window(context: Context, ref: Ref, said: Fields) -> Throttle:
    node = said["window"]
    found = _WINDOW.fullmatch(node.value.strip())
    if found is None:
        context.problem("SPEC015", f"{node.value!r} is no window of a day", node, hint="write 22:00-06:00")
        return Throttle(kind="window")
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    return Throttle(kind="window", start=start, end=end, zone=_zone(context, said.get("tz")))


def _zone(context: Context, node: Node | None) -> str:
    if node is None:
        return "UTC"
    try:
        ZoneInfo(node.value)
    except (KeyError, ValueError, OSError):
        context.problem("SPEC015", f"{node.value!r} is no time zone", node, hint="write Europe/Berlin, or UTC")
    return str(node.value)


def _file(context: Context, ref: Ref, said: Fields) -> Throttle:
    return Throttle(kind="file", path=said["file"].value)


def _http(context: Context, ref: Ref, said: Fields) -> Throttle:
    return Throttle(kind="http", path=said["http"].value)


def _replica_lag(context: Context, ref: Ref, said: Fields) -> Throttle:
    limits: Fields = said["replica_lag"].value
    critical = seconds(context, limits["critical"]) if "critical" in limits else None
    database = limits["environment"].value if "environment" in limits else ""
    return Throttle(kind="replica_lag", most=seconds(context, limits["max"]), critical=critical, database=database)


def _load(context: Context, ref: Ref, said: Fields) -> Throttle:
    limits: Fields = said["load"].value
    return Throttle(
        kind="load", metric=limits["metric"].value, most=float(limits["max"].value),
        critical=float(limits["critical"].value) if "critical" in limits else None,
    )  # fmt: skip


_KINDS: Mapping[str, Callable[[Context, Ref, Fields], Throttle]] = {
    "query": _query,
    "window": _window,
    "file": _file,
    "http": _http,
    "replica_lag": _replica_lag,
    "load": _load,
}
