"""What was found and what was told before in, who is to be told what now out; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.spec.schedules import Channel, Schedule
from reconciler.watch.accounts import Account
from reconciler.watch.jobs import RECOVERED, REPAIRED, Finding


def told(finding: Finding, account: Account) -> Finding:
    """Return what there is to tell: what was found, or that something is well again."""
    if not finding.event and account.fingerprint:
        return Finding(event=RECOVERED, summary="all is well again")
    return finding


def hearers(
    schedule: Schedule, channels: Sequence[Channel], finding: Finding, account: Account, now: datetime
) -> Iterator[Channel]:
    """Yield the channels that are to hear of it: of the same thing each hears once in its `repeat_after`."""
    for channel in channels:
        wanted = schedule.notify is None or channel.name in schedule.notify
        if finding.event and wanted and (not channel.events or finding.event in channel.events):
            last = account.told.get(channel.name)
            same = finding.fingerprint == account.fingerprint and last is not None
            if not same or last is None or now - last >= timedelta(seconds=channel.repeat_after):
                yield channel


def noted(account: Account, finding: Finding, heard: Sequence[Channel], now: datetime) -> Account:
    """Return the account after that: what is over is forgotten, so that it is told when it comes again."""
    over = finding.event in ("", RECOVERED, REPAIRED)
    kept = account.told if finding.fingerprint == account.fingerprint else {}
    return replace(
        account, fingerprint="" if over else finding.fingerprint,
        told={} if over else {**kept, **{one.name: now for one in heard}},
    )  # fmt: skip
