"""A schedule in, the words of the command that it runs; what that command said in, what has happened out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.frozen import frozen
from reconciler.spec.schedules import Schedule

Envelope = Mapping[str, Any]

# Of a long list so many lines are told.
_MOST = 20

DRIFT, REPAIRED, RECOVERED = "drift", "repaired", "recovered"


@frozen
class Finding:
    """What came of a command: `event` is "" where all is well, `lines` say what is not, each a sentence.

    `again` says that what differs can be tried to be repaired.
    """

    event: str = ""
    summary: str = ""
    lines: tuple[str, ...] = ()
    again: bool = False

    @property
    def fingerprint(self) -> str:
        """A word for what was found, the same as long as that is the same."""
        told = json.dumps([self.event, self.lines or self.summary], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:16] if self.event else ""


def words(schedule: Schedule) -> list[str]:
    """Return the words of the command, where and how to tell left out."""
    return [*_COMMANDS[schedule.run], *_called(schedule)]


# What repairs drift without destroying anything.
REPAIR = ("check", "--fix")

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "check": ("check",),
    "backfill": ("backfill", "run", "--due"),
    "backup": ("backup", "create"),
    "prune": ("backup", "prune", "--auto-approve"),
    "maintain": ("maintain",),
    "call": ("call",),
}

# How the command line spells null among arguments.
_NULL = r"\N"


def _called(schedule: Schedule) -> Iterator[str]:
    if schedule.procedure:
        yield from ("--", schedule.procedure)
        yield from (_NULL if item is None else item for item in schedule.arguments)


def finding(schedule: Schedule, envelope: Envelope) -> Finding:
    """Return what a command's JSON says of how it went."""
    return _READERS.get(schedule.run, _done)(schedule.run, envelope)


def repaired(envelope: Envelope, before: Finding) -> Finding:
    """Return what a repair came to: what was found before it is told with that, or what it had to leave."""
    if envelope.get("exit_code") == 0:
        return Finding(event=REPAIRED, summary=f"repaired: {before.summary}", lines=before.lines)
    left = _checked("check", envelope) if envelope.get("exit_code") == 2 else Finding()
    if left.event:
        held = len((envelope.get("result") or {}).get("held", ()))
        return replace(left, summary=f"{left.summary}; what is safe is repaired, {held} held back", again=False)
    failed = _done("apply", envelope)
    return Finding(event="apply_failed", summary=failed.summary, lines=failed.lines or before.lines)


def _done(run: str, envelope: Envelope) -> Finding:
    if envelope.get("exit_code") == 0:
        return Finding()
    lines = tuple(_diagnostics(envelope))
    return Finding(event=f"{run}_failed", summary=lines[0] if lines else f"{run} failed", lines=lines)


def _checked(run: str, envelope: Envelope) -> Finding:
    if envelope.get("exit_code") not in (0, 2):
        return _done(run, envelope)
    result = envelope.get("result") or {}
    lines = {word: tuple(read(result)) for word, read in _WORDS.items()}
    every = tuple(line for some in lines.values() for line in some)
    if not every:
        return Finding()
    event = "check_failed" if lines["failed"] or lines["dirty"] else DRIFT
    summary = ", ".join(f"{len(some)} {word}" for word, some in lines.items() if some)
    return Finding(event=event, summary=summary, lines=_some(every), again=bool(lines["different"]))


_READERS: Mapping[str, Callable[[str, Envelope], Finding]] = {"check": _checked}


def _some(lines: tuple[str, ...]) -> tuple[str, ...]:
    more = len(lines) - _MOST
    return (*lines[:_MOST], f"and {more} more") if more > 0 else lines


def _of(*findings: str) -> Callable[[Envelope], Iterator[str]]:
    def read(result: Envelope) -> Iterator[str]:
        for one in result.get("drift", ()):
            if one["finding"] in findings:
                yield f"{one['address']} {one['message']}"

    return read


def _failed(result: Envelope) -> Iterator[str]:
    for one in result.get("assertions", ()):
        if one["status"] != "pass" and one["severity"] == "error":
            yield f"{one['address']} {one['message'] or one['status']}"


def _dirty(result: Envelope) -> Iterator[str]:
    for one in result.get("foreign_tools", ()):
        if one["state"] in _HALF_DONE:
            yield f"{one['tool']}: {one['message']}"


# States of other tools' accounts that somebody has to look at.
_HALF_DONE = ("dirty", "failed", "locked")

# What a check can find, by the word under which it is counted.
_WORDS: Mapping[str, Callable[[Envelope], Iterator[str]]] = {
    "failed": _failed, "dirty": _dirty, "different": _of("missing", "changed", "removal"), "pending": _of("pending"),
    "undeclared": _of("undeclared"),
}  # fmt: skip


def _diagnostics(envelope: Envelope) -> Iterator[str]:
    for one in envelope.get("diagnostics", ()):
        yield f"{one.get('code')}: {one.get('summary')}"
