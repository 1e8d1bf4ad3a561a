"""When scheduled work is due again, by the clock on the wall: hours that are missed, moved or there twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.backfill.due import due, next_time
from reconciler.model.backfills import Backfill, Cadence, Idempotency, Source, Standing
from reconciler.model.ref import BACKFILL, Kind, Ref


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is put forward and back."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def work(**cadence: Any) -> Backfill:
    return Backfill(
        ref=Ref("", (BACKFILL, "b")), source=Source(table=Ref.root(Kind.TABLE, "t"), key=("id",)),
        idempotency=Idempotency(strategy="converge"), cadence=Cadence(**cadence),
    )  # fmt: skip


def done(at: str, state: str = "done") -> Standing:
    return Standing(name="b", generation=1, digest="d", state=state, finished_at=f"{at}+00:00")


NIGHTLY: dict[str, Any] = {"kind": "cron", "cron": "0 3 * * *"}
HALVES: dict[str, Any] = {"kind": "cron", "cron": "30 2 * * *"}
TIMES: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "every", "seconds": 5400.0}, "2026-01-01T10:00:00.000", "2026-01-01T11:30"),
    (NIGHTLY, "2026-01-01T01:59:59.999", "2026-01-01T02:00"),
    (NIGHTLY, "2026-01-01T02:00:00.000", "2026-01-02T02:00"),
    # Summer begins and ends in the night between: three o'clock is three o'clock.
    (NIGHTLY, "2026-03-28T02:00:30.000", "2026-03-29T01:00"),
    (NIGHTLY, "2026-10-24T01:00:30.000", "2026-10-25T02:00"),
    # Half past two is there twice, and once is enough.
    (HALVES, "2026-10-24T00:30:30.000", "2026-10-25T00:30"),
    (HALVES, "2026-10-25T00:30:30.000", "2026-10-26T01:30"),
    # Done in the second of two equal hours, whose next quarter is not the one of the first.
    ({"kind": "cron", "cron": "*/15 * * * *"}, "2026-10-25T01:20:00.000", "2026-10-25T01:30"),
    ({"kind": "cron", "cron": "0 0 29 2 *"}, "2026-01-01T00:00:00.000", "2028-02-28T23:00"),
]


@pytest.mark.usefixtures("berlin")
def test_the_next_time_is_by_the_clock_on_the_wall() -> None:
    for cadence, ended, expected in TIMES:
        backfill, at = work(**cadence), datetime.fromisoformat(expected).replace(tzinfo=UTC)
        assert next_time(backfill, done(ended)) == at, (cadence, ended)
        assert due(backfill, "d", done(ended), at.replace(year=at.year + 3)) == "overdue"
        assert due(backfill, "d", done(ended), at) == "overdue"
        assert due(backfill, "d", done(ended), datetime.fromisoformat(f"{ended}+00:00")) == ""


def test_what_is_not_done_is_due_whatever_its_cadence() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    cadences: list[dict[str, Any]] = [
        {},
        {"kind": "on_change"},
        {"kind": "always"},
        {"kind": "every", "seconds": 9e9},
        NIGHTLY,
    ]
    for cadence in cadences:
        ended = "2026-01-01T00:00:00.000"
        assert due(work(**cadence), "d", None, now) == "new"
        assert due(work(**cadence), "d", done(ended, "failed"), now) == "unfinished"
        assert due(work(**cadence), "d", done(ended), now) == ("always" if cadence.get("kind") == "always" else "")
        if not cadence or cadence["kind"] in ("once", "always"):
            assert next_time(work(**cadence), done(ended)) is None
