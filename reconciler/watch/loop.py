"""A project with schedules in; commands run when it is time, one at a time on a database, and people told, out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from reconciler.errors import ReconcileError
from reconciler.frozen import frozen
from reconciler.spec.project import Project, default_environment
from reconciler.spec.schedules import Schedule
from reconciler.watch import accounts, channels, jobs, notices
from reconciler.watch.accounts import Account
from reconciler.watch.jobs import Finding
from reconciler.watch.times import next_begin

# Seconds between two looks at the clock and at the commands that run; a clock may be set, and a machine may sleep.
_LOOK = 0.2
# Seconds in which a command that is told to end has to.
_ENDING = 60.0

Say = Callable[[str], None]


@frozen
class Wanted:
    """What is to be watched: a project, the options that each command gets, one environment or "" for all of them."""

    project: Project
    options: tuple[str, ...]
    environment: str
    say: Say

    def environment_of(self, schedule: Schedule) -> str:
        """Return the name of the database that a schedule is for, "" where nobody says."""
        default = default_environment(self.project)
        only = self.project.environments[0].name if len(self.project.environments) == 1 else ""
        return schedule.environment or (default.name if default else only)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules that are to be run."""
        every = self.project.schedules
        return tuple(one for one in every if self.environment in ("", self.environment_of(one)))


@dataclass(slots=True)
class _Running:
    """A command at work: for which schedule, since when, and where it writes. `before` is what it is to repair."""

    schedule: Schedule
    process: subprocess.Popen[bytes]
    out: IO[bytes]
    begun: float
    before: Finding | None = None


@dataclass(slots=True)
class _Watcher:
    """A watcher at work; `running` is by environment, `worst` is the worst exit code so far."""

    wanted: Wanted
    path: Path
    started: datetime
    known: dict[str, Account]
    running: dict[str, _Running] = field(default_factory=dict)
    worst: int = 0


def watch(wanted: Wanted, environ: Mapping[str, str]) -> None:
    """Run schedules until somebody wants an end, which comes as an exception; commands at work then end in order.

    Raises LockTaken when another watcher of this project is at work on this machine.
    """
    with accounts.book(_file(wanted.project), environ) as path:
        watcher = _Watcher(wanted, path, datetime.now(UTC), accounts.read(path))
        wanted.say(_begins(wanted))
        try:
            while True:
                _turn(watcher, tuple(wanted.schedules))
                time.sleep(_LOOK)
        finally:
            _end(watcher)


def once(wanted: Wanted, environ: Mapping[str, str]) -> int:
    """Run what is due now, once each, and return the worst exit code: for a scheduler of somebody else's."""
    with accounts.book(_file(wanted.project), environ) as path:
        watcher = _Watcher(wanted, path, datetime.now(UTC), accounts.read(path))
        left = _waiting(watcher, wanted.schedules)
        try:
            while left or watcher.running:
                left = _turn(watcher, left)
                time.sleep(_LOOK if watcher.running else 0)
        finally:
            _end(watcher)
        return watcher.worst


def _file(project: Project) -> Path:
    return project.file or project.root


def _begins(wanted: Wanted) -> str:
    names = ", ".join(one.name for one in wanted.schedules)
    return f"watching {wanted.project.name}: {names}"


def _turn(watcher: _Watcher, schedules: Sequence[Schedule]) -> list[Schedule]:
    """Look after the commands at work, and begin those that are due; return the schedules that were not begun."""
    for environment, running in list(watcher.running.items()):
        if running.process.poll() is not None:
            del watcher.running[environment]
            _ended(watcher, environment, running)
    begun = set()
    for schedule in _waiting(watcher, schedules):
        environment = watcher.wanted.environment_of(schedule)
        if environment not in watcher.running:
            watcher.known[schedule.name] = replace(_account(watcher, schedule), began=datetime.now(UTC))
            _kept(watcher)
            watcher.running[environment] = _begun(watcher, schedule, jobs.words(schedule))
            begun.add(schedule.name)
    return [one for one in schedules if one.name not in begun]


def _account(watcher: _Watcher, schedule: Schedule) -> Account:
    return watcher.known.get(schedule.name, Account())


def _waiting(watcher: _Watcher, schedules: Sequence[Schedule]) -> list[Schedule]:
    """Return the schedules that are due, those that have waited longest first: none is kept waiting for ever."""
    now = datetime.now(UTC)
    times = [(next_begin(one, _account(watcher, one).began, watcher.started, now), one) for one in schedules]
    due = [(at, one) for at, one in times if at is not None and at <= now]
    return [one for _, one in sorted(due, key=lambda pair: pair[0])]


def _begun(watcher: _Watcher, schedule: Schedule, words: Sequence[str], before: Finding | None = None) -> _Running:
    """Start a command in a process of its own: what fails in it, or leaks, is gone with it."""
    wanted = watcher.wanted
    environment = wanted.environment_of(schedule)
    options = [*wanted.options, *(("-e", environment) if environment else ()), "--json", "--no-input", "-q"]
    head, tail = (words[: words.index("--")], words[words.index("--") :]) if "--" in words else (words, ())
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was read
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *head, *options, *tail], stdin=subprocess.DEVNULL, stdout=out,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    return _Running(schedule, process, out, time.monotonic(), before)


def _ended(watcher: _Watcher, environment: str, running: _Running) -> None:
    """Say what came of a command, tell whoever is to hear of it, and repair what it found where that is wanted."""
    schedule, envelope = running.schedule, _said(running)
    if running.before is not None:
        found = jobs.repaired(envelope, running.before)
    else:
        found = jobs.finding(schedule, envelope)
        watcher.worst = max(watcher.worst, int(envelope.get("exit_code") or 0))
    seconds = time.monotonic() - running.begun
    said = found.summary or "all is well"
    watcher.wanted.say(f"{schedule.name}: {schedule.run} {environment}: {said}, {seconds:.1f} s")
    if running.before is None and found.again and schedule.on_drift == "apply_safe":
        watcher.running[environment] = _begun(watcher, schedule, jobs.REPAIR, found)
        return
    _tell(watcher, schedule, environment, found)


def _said(running: _Running) -> dict[str, Any]:
    """Return the JSON that a command wrote; one that wrote none has failed."""
    with running.out as file:
        file.seek(0)
        raw = file.read()
    code = running.process.returncode
    with suppress(ValueError):
        said = json.loads(raw)
        if isinstance(said, dict):
            return {**said, "exit_code": code}
    summary = f"it ended with {code} and said nothing"
    return {"exit_code": code or 1, "diagnostics": [{"code": "RUN001", "summary": summary}]}


def _tell(watcher: _Watcher, schedule: Schedule, environment: str, found: Finding) -> None:
    """Send what is to be told; what does not arrive is tried again the next time."""
    account, now = _account(watcher, schedule), datetime.now(UTC)
    news = notices.told(found, account)
    heard = []
    for channel in notices.hearers(schedule, watcher.wanted.project.channels, news, account, now):
        message = {
            "event": news.event, "project": watcher.wanted.project.name, "environment": environment,
            "schedule": schedule.name, "run": schedule.run, "summary": news.summary, "lines": list(news.lines),
            "at": now.isoformat(timespec="seconds"),
        }  # fmt: skip
        try:
            channels.deliver(channel, message, watcher.wanted.project.root)
        except ReconcileError as error:
            watcher.wanted.say(f"{schedule.name}: {news.event} was not told: {error.message}")
        else:
            heard.append(channel)
            watcher.wanted.say(f"{schedule.name}: {news.event} told to {channel.name}")
    watcher.known[schedule.name] = notices.noted(account, news, heard, now)
    _kept(watcher)


def _kept(watcher: _Watcher) -> None:
    """Write the accounts down; a full disk is no reason to look after nothing any more."""
    try:
        accounts.write(watcher.path, watcher.known)
    except OSError as error:
        watcher.wanted.say(f"what is known of the schedules cannot be kept: {error.strerror}")


def _end(watcher: _Watcher) -> None:
    """Let the commands at work end after their statement, as after Ctrl-C; none of them outlives the watcher."""
    for running in watcher.running.values():
        running.process.send_signal(signal.SIGTERM)
    limit = time.monotonic() + _ENDING
    for running in watcher.running.values():
        try:
            running.process.wait(max(limit - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()
        running.out.close()
