"""When a schedule begins: after what it did before, as the watcher starts, by the clock, and only in its window."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.spec.schedules import Schedule, window_of
from reconciler.watch.times import next_begin, opening

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+00:00")


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine two hours ahead of UTC: people write the hours of the clock on their wall."""
    monkeypatch.setenv("TZ", "XXX-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("said", "last", "expected"),
    [
        ({"every": 600.0}, None, START),
        ({"every": 600.0}, "20T11:55", _at("20T12:05")),
        ({"every": 600.0}, "19T00:00", _at("19T00:10")),  # missed many times: it is due, once
        ({"cron": "0 3 * * *"}, None, _at("21T01:00")),
        ({"cron": "0 3 * * *"}, "18T01:00", _at("19T01:00")),
        ({"at_start": True}, None, START),
        ({"at_start": True}, "20T11:59", START),
        ({"at_start": True}, "20T12:01", None),
        ({"at_start": True, "every": 60.0}, "20T12:01", _at("20T12:02")),
    ],
)
def test_when_it_begins(said: dict[str, object], last: str | None, expected: datetime | None) -> None:
    schedule = Schedule(name="s", run="check", **said)  # type: ignore[arg-type]
    assert next_begin(schedule, _at(last) if last else None, START, START) == expected


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        ("02:00-04:00 UTC", "20T03:00", "20T03:00"),
        ("02:00-04:00 UTC", "20T04:00", "21T02:00"),
        ("2:00-4:00", "20T00:30", "20T00:30"),
        ("Sun 02:00-04:00 UTC", "20T03:00", "22T02:00"),
        ("Mon,Thu 22:00-02:00 UTC", "20T01:00", "20T01:00"),
        ("Mon,Thu 22:00-02:00 UTC", "20T03:00", "23T22:00"),
        ("22:00-02:00 Europe/Berlin", "20T12:00", "20T21:00"),
        ("Fri 00:00-00:00 UTC", "20T23:59", "20T23:59"),
    ],
)
def test_a_window(window: str, moment: str, expected: str) -> None:
    found = window_of(window)
    assert found is not None
    assert opening(found, _at(moment)) == _at(expected)


def test_what_was_missed_waits_for_its_window() -> None:
    schedule = Schedule(name="s", run="maintain", every=60.0, window=window_of("02:00-04:00 UTC"))
    assert next_begin(schedule, START - timedelta(days=3), START, START) == _at("21T02:00")


@pytest.mark.parametrize("text", ["", "2-4", "25:00-01:00", "Sux 02:00-04:00", "02:00-04:00 Mars/Base", "02:00-04:61"])
def test_no_window(text: str) -> None:
    assert window_of(text) is None
