"""Where a backfill stood at one moment and stands at a later one in, its pace in words and numbers out."""

from __future__ import annotations

from reconciler.frozen import frozen_in_order
from reconciler.model.backfills import Standing
from reconciler.report.backfills import progress_of
from reconciler.report.layout import duration


@frozen_in_order
class Pace:
    """How fast a backfill goes, time spent on waiting left out: rows a second, and the seconds that are left."""

    rate: float | None
    left: float | None


def pace(first: Standing, now: Standing, seconds: float) -> Pace:
    """Return the pace between two moments.

    Args:
        first: where it stood when somebody began to look.
        now: where it stands.
        seconds: between the two.
    """
    worked = seconds - (now.waited - first.waited)
    rows = now.read - first.read
    if rows <= 0 or worked <= 0:
        return Pace(None, None)
    rate = rows / worked
    return Pace(rate, max(now.estimate - now.read, 0) / rate if now.estimate else None)


def rows_words(now: Standing) -> str:
    """Return the part that is done, and the rows."""
    part = progress_of(now)
    of = f" of ~{now.estimate:,}" if now.estimate else ""
    return f"{f'{part:.0%}, ' if part is not None else ''}{now.read:,}{of} rows"


def pace_words(going: Pace) -> str:
    """Return how fast it goes and what is left, as far as known."""
    told = [f"{_short(going.rate)} rows/s" if going.rate is not None else ""]
    told += [f"{duration(going.left)} left" if going.left is not None else ""]
    return ", ".join(filter(None, told))


def _short(rate: float) -> str:
    return f"{rate / 1000:.1f}k" if rate >= 1000 else f"{rate:.0f}"
