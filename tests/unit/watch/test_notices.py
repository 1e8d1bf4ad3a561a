"""Who hears what how often: once of the same thing, again after a while, of its end, and of nothing unasked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.spec.schedules import Channel, Schedule
from reconciler.watch.accounts import Account
from reconciler.watch.jobs import Finding
from reconciler.watch.notices import hearers, noted, told

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DRIFT, OTHER = Finding(event="drift", lines=("a",)), Finding(event="drift", lines=("a", "b"))
WELL, FAILED, MENDED = Finding(), Finding(event="check_failed", summary="x"), Finding(event="repaired", summary="y")
EVERY = Channel(name="every", repeat_after=3600)
FAILURES = Channel(name="failures", events=("check_failed", "recovered"))
CHECK = Schedule(name="s", run="check")


def _heard(findings: Sequence[Finding], minutes: int, schedule: Schedule = CHECK) -> list[str]:
    """Return what is told when this is found, one after the other."""
    account, said = Account(), []
    for number, finding in enumerate(findings):
        now = NOW + timedelta(minutes=minutes * number)
        news = told(finding, account)
        heard = list(hearers(schedule, (EVERY, FAILURES), news, account, now))
        said += [f"{number} {news.event} {one.name}" for one in heard]
        account = noted(account, news, heard, now)
    return said


@pytest.mark.parametrize(
    ("findings", "minutes", "expected"),
    [
        ([WELL, WELL], 1, []),
        ([DRIFT, DRIFT, DRIFT], 10, ["0 drift every"]),
        ([DRIFT, DRIFT, DRIFT], 30, ["0 drift every", "2 drift every"]),
        ([DRIFT, OTHER, OTHER], 10, ["0 drift every", "1 drift every"]),
        ([DRIFT, WELL, DRIFT], 1, ["0 drift every", "1 recovered every", "1 recovered failures", "2 drift every"]),
        ([FAILED, WELL, WELL], 1,
         ["0 check_failed every", "0 check_failed failures", "1 recovered every", "1 recovered failures"]),
        ([MENDED, WELL, MENDED], 1, ["0 repaired every", "2 repaired every"]),
    ],
)  # fmt: skip
def test_told_once(findings: Sequence[Finding], minutes: int, expected: list[str]) -> None:
    assert _heard(findings, minutes) == expected


def test_a_schedule_names_who_is_told() -> None:
    assert _heard([FAILED], 1, Schedule(name="s", run="check", notify=("failures",))) == ["0 check_failed failures"]


def test_what_did_not_arrive_is_told_the_next_time() -> None:
    account = noted(Account(), DRIFT, [], NOW)
    assert [one.name for one in hearers(CHECK, (EVERY,), DRIFT, account, NOW)] == ["every"]
