"""A schedule and when it last began in, when it begins next out; it knows no clock of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

    from reconciler.spec.schedules import Schedule, Window

# Days after which a window has been open for sure.
_WEEK = 8


def next_begin(schedule: Schedule, last: datetime | None, started: datetime, now: datetime) -> datetime | None:
    """Return when a schedule begins next; a time that has passed means now, and several that were missed are one.

    Args:
        schedule: what is to run.
        last: when it last began, None where nobody knows of it.
        started: when the watcher began.
        now: the time; it and the others with their zone.

    Returns:
        A time, inside the window where there is one; None for what runs once as the watcher begins, and did.
    """
    at = _wished(schedule, last, started)
    return at if at is None or schedule.window is None else opening(schedule.window, max(at, now))


def _wished(schedule: Schedule, last: datetime | None, started: datetime) -> datetime | None:
    if schedule.at_start and (last is None or last < started):
        return started
    if schedule.every:
        return last + timedelta(seconds=schedule.every) if last is not None else started
    return _after(schedule.cron, last or started) if schedule.cron else None


def _after(cron: str, moment: datetime) -> datetime:
    from cronsim import CronSim

    # People write the hours of the clock on their wall.
    return next(CronSim(cron, moment.astimezone())).astimezone(UTC)


def opening(window: Window, moment: datetime) -> datetime:
    """Return a moment if it is inside the window, else when that opens next."""
    here = moment.astimezone(_zone(window.zone))
    for number in range(-1, _WEEK):
        day = here.date() + timedelta(days=number)
        if window.days and day.weekday() not in window.days:
            continue
        begin = datetime.combine(day, window.begin, here.tzinfo)
        end = datetime.combine(day + timedelta(days=window.end <= window.begin), window.end, here.tzinfo)
        if here < end:
            return max(here, begin).astimezone(UTC)
    raise AssertionError("a window opens at least once a week")


def _zone(name: str) -> tzinfo | None:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name) if name else None
