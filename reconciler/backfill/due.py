"""A backfill, where the ledger says it stands and the time in; whether there is anything to do now, out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from reconciler.model.backfills import Backfill, Standing
from reconciler.model.codec import encode
from reconciler.plan.filling import ALWAYS, CHANGED, NEW, OVERDUE, UNFINISHED

# What becomes of rows; how much at once, how patiently and how it is proven may change without doing them again.
_COUNTS = ("source", "insert_select", "update", "copy", "script", "idempotency")

# What makes no backfill due, and is to be said.
CHANGED_AFTER = "changed after it was done"


def digest_of(backfill: Backfill) -> str:
    """Return the hash of what counts of a definition, in the words of the database that it is for."""
    said = {name: encode(getattr(backfill, name)) for name in _COUNTS}
    if backfill.deletes != "ignore":
        said["deletes"] = backfill.deletes
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def due(backfill: Backfill, digest: str, standing: Standing | None, now: datetime) -> str:
    """Return what makes a backfill due, "" when nothing does, or CHANGED_AFTER."""
    if standing is None or standing.generation < backfill.generation:
        return NEW
    if standing.state != "done":
        return UNFINISHED
    return _AGAIN[backfill.cadence.kind](backfill, digest, standing, now)


def next_time(backfill: Backfill, standing: Standing) -> datetime | None:
    """Return when scheduled work that was done is due again; several times that were missed are one."""
    done, cadence = datetime.fromisoformat(standing.finished_at), backfill.cadence
    if cadence.kind == "every":
        return done + timedelta(seconds=cadence.seconds)
    if cadence.kind != "cron":
        return None
    from cronsim import CronSim

    # People write the hours of the clock on their wall, which may be put forward or back before the next time.
    at = next(CronSim(cadence.cron, done.astimezone().replace(tzinfo=None)))
    first = at.astimezone(UTC)
    return first if first > done else at.replace(fold=1).astimezone(UTC)


def _once(backfill: Backfill, digest: str, standing: Standing, now: datetime) -> str:
    return CHANGED_AFTER if standing.digest != digest else ""


def _on_change(backfill: Backfill, digest: str, standing: Standing, now: datetime) -> str:
    return CHANGED if standing.digest != digest else ""


def _always(backfill: Backfill, digest: str, standing: Standing, now: datetime) -> str:
    return ALWAYS


def _scheduled(backfill: Backfill, digest: str, standing: Standing, now: datetime) -> str:
    at = next_time(backfill, standing)
    return OVERDUE if at is not None and at <= now else ""


_AGAIN: Mapping[str, Callable[[Backfill, str, Standing, datetime], str]] = {
    "once": _once,
    "on_change": _on_change,
    "always": _always,
    "every": _scheduled,
    "cron": _scheduled,
}
