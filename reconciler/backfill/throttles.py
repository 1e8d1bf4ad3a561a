"""What is declared to hold a backfill back in, a wait while it does out; asked between transactions, not too often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.backfill.hand import Hand, Stopped, awake, heard, slept
from reconciler.backfill.work import Side
from reconciler.dialects.base import Dialect
from reconciler.model.backfills import Throttle

# Seconds between two looks, and for which an address is waited for.
INTERVAL, _ANSWER = 1.0, 2.0


@dataclass(slots=True)
class Looked:
    """When somebody last looked, what counters said then, and the replicas that are asked; monotonic seconds."""

    at: float = float("-inf")
    counts: dict[str, tuple[float, float]] = field(default_factory=dict)
    replicas: dict[str, Side] = field(default_factory=dict)


def refused(dialect: Dialect, throttle: Throttle) -> str:
    """Say why a throttle cannot be had on a database, "" where it can."""
    match throttle.kind:
        case "replica_lag" if dialect.bulk().lag is None:
            return f"{dialect.name} has no replicas that could be behind"
        case "replica_lag" if throttle.database and not dialect.bulk().distant:
            return f"{dialect.name} knows how far its replicas are behind: leave the environment out"
        case "load" if throttle.metric not in (known := _metrics(dialect)):
            return f"{dialect.name} has no metric {throttle.metric!r}; it has {', '.join(known) or 'none'}"
        case "window" if not _zone(throttle.zone):
            return f"there is no time zone {throttle.zone!r}"
    return ""


def _metrics(dialect: Dialect) -> tuple[str, ...]:
    return *dialect.bulk().loads, *dialect.bulk().rates, *dialect.bulk().charges


def admitted(hand: Hand) -> None:
    """Raise Stopped for a throttle that the database cannot have."""
    for throttle in hand.work.backfill.throttle:
        if reason := refused(hand.work.target.dialect, throttle):
            raise Stopped("failed", reason)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def hold(hand: Hand, looked: Looked) -> None:
    """Wait while something holds the work back. Raises Stopped where that is for good, or somebody asks for it."""
    throttles = hand.work.backfill.throttle
    if not throttles or time.monotonic() - looked.at < INTERVAL:
        return
    while sentence := next(_reasons(hand, throttles, looked), ""):
        slept(hand, INTERVAL, sentence)
        heard(hand)
    awake(hand)
    looked.at = time.monotonic()


def _reasons(hand: Hand, throttles: tuple[Throttle, ...], looked: Looked) -> Iterator[str]:
    for throttle in throttles:
        if sentence := _KINDS[throttle.kind](hand, throttle, looked):
            yield sentence


def _by_query(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    assert throttle.query is not None
    rows = hand.session.query(throttle.query.text)
    value = rows[0][0] if rows else None
    return f"the query of a throttle says {value}" if value is not None and float(value) > 0 else ""


def _by_window(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    now = datetime.now(_zone(throttle.zone))
    minute = now.hour * 60 + now.minute
    start, end = throttle.start, throttle.end
    inside = start <= minute < end if start <= end else minute >= start or minute < end
    words = f"{start // 60:02}:{start % 60:02} to {end // 60:02}:{end % 60:02} in {throttle.zone}"
    return "" if inside else f"it is {now:%H:%M}, and the work goes on from {words}"


def _by_file(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    return f"{throttle.path} is there" if Path(throttle.path).exists() else ""


def _by_http(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.parse import urlsplit
    from urllib.request import urlopen

    try:
        with urlopen(throttle.path, timeout=_ANSWER) as answer:  # the schema lets http and https in alone
            status = answer.status
    except HTTPError as error:
        status = error.code
    except (OSError, HTTPException):
        status = None
    host = urlsplit(throttle.path).hostname
    return "" if status == 200 else f"{host} answers {status}" if status else f"{host} does not answer"


def _by_lag(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    side = _replica(hand, throttle, looked)
    ask = side.dialect.bulk().lag
    assert ask is not None
    seconds = ask(side.session)
    if seconds is None:
        return "nobody knows how far the replicas are behind"
    if seconds < 0 and side.dialect.bulk().distant:
        raise Stopped("failed", f"{side.label} is no replica: replica_lag needs the environment of one")
    return _measured(seconds, throttle, "replicas are {:g} s behind")


def _replica(hand: Hand, throttle: Throttle, looked: Looked) -> Side:
    """Return the database that knows, which is opened once."""
    if not throttle.database:
        return hand.here.target
    if throttle.database not in looked.replicas:
        looked.replicas[throttle.database] = hand.stack.enter_context(hand.work.side(throttle.database))
    return looked.replicas[throttle.database]


def _by_load(hand: Hand, throttle: Throttle, looked: Looked) -> str:
    bulk, metric = hand.work.target.dialect.bulk(), throttle.metric
    if metric in bulk.charges:
        return _charged(bulk.charges[metric](hand.session), throttle)
    if metric in bulk.loads:
        return _measured(float(hand.session.query(bulk.loads[metric])[0][0]), throttle, metric + " is {:g}")
    count, now = float(hand.session.query(bulk.rates[metric])[0][0]), time.monotonic()
    before, then = looked.counts.get(metric, (count, now))
    looked.counts[metric] = count, now
    return _measured((count - before) / (now - then), throttle, metric + " is {:.0f} a second") if now > then else ""


def _charged(value: int, throttle: Throttle) -> str:
    """Raise Stopped where a budget is spent: no wait makes it less, and the next run has one of its own."""
    most = throttle.most if throttle.critical is None else min(throttle.most, throttle.critical)
    if value >= most:
        raise Stopped("paused", f"{throttle.metric} of this run is {value:,}, and its budget {most:,.0f}")
    return ""


def _measured(value: float, throttle: Throttle, words: str) -> str:
    """Say that a measurement is above what is wanted. Raises Stopped above what is critical."""
    sentence = words.format(value)
    if throttle.critical is not None and value > throttle.critical:
        raise Stopped("paused", f"{sentence}, above the critical {throttle.critical:g}")
    return f"{sentence}, above {throttle.most:g}" if value > throttle.most else ""


_KINDS: Mapping[str, Callable[[Hand, Throttle, Looked], str]] = {
    "query": _by_query,
    "window": _by_window,
    "file": _by_file,
    "http": _by_http,
    "replica_lag": _by_lag,
    "load": _by_load,
}
