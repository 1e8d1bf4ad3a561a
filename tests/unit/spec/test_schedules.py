"""Schedules and channels of a project file: read as they are meant, and every mistake told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import spec
from reconciler.errors import SpecError
from reconciler.spec.schedules import Channel, Schedule, window_of

HEAD = "reconcile: 1\nproject: x\nenvironments: {here: {url: 'sqlite:///x.db'}}\n"
GOOD = """schedules:
  a: {run: check, every: 10m, at_start: true, on_drift: apply_safe, notify: [ops], window: "Sun 2:00-04:00 UTC"}
  b: {run: call, procedure: p, arguments: [1, two, null], cron: "0 3 * * *", environment: here}
notify:
  ops: {webhook: {env: HOOK}, events: [drift], repeat_after: 2h}
  mail: {apprise: {file: secret}}
"""
BAD = """schedules:
  a: {run: check, every: 2s, notify: [opps]}
  b: {run: call, cron: "0 3 * *"}
  c: {run: backup, window: "25:00-1:00", every: 1x, environment: hree}
  d: {run: prune, procedure: x}
  e: {run: backup, every: 10ms, cron: "* * * * *", on_drift: notify}
notify:
  ops: {webhook: {env: X}, apprise: {env: Y}}
  mail: {events: [drift], repeat_after: soon}
"""


def _read(text: str, folder: Path) -> spec.Project:
    (folder / "reconcile.yaml").write_text(HEAD + text)
    return spec.read_project(folder)


def test_as_they_are_meant(tmp_path: Path) -> None:
    project = _read(GOOD, tmp_path)
    assert project.schedules == (
        Schedule(name="a", run="check", every=600, at_start=True, on_drift="apply_safe", notify=("ops",),
                 window=window_of("Sun 02:00-04:00 UTC")),
        Schedule(name="b", run="call", procedure="p", arguments=("1", "two", None), cron="0 3 * * *",
                 environment="here"),
    )  # fmt: skip
    assert project.channels == (
        Channel(name="ops", webhook=spec.Secret("env", "HOOK"), events=("drift",), repeat_after=7200),
        Channel(name="mail", apprise=spec.Secret("file", "secret")),
    )
    assert "HOOK" not in repr(project.channels)


def test_every_mistake_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        _read(BAD, tmp_path)
    found = sorted((str(one.position).partition(":")[2], one.code) for one in caught.value.problems())
    assert found == [
        ("11:3", "SPEC016"),
        ("12:3", "SPEC014"),
        ("12:41", "SPEC015"),
        ("5:39", "SPEC051"),
        ("6:24", "SPEC015"),
        ("6:3", "SPEC014"),
        ("7:28", "SPEC015"),
        ("7:49", "SPEC015"),
        ("7:66", "SPEC051"),
        ("8:3", "SPEC014"),
        ("8:30", "SPEC016"),
        ("9:27", "SPEC015"),
        ("9:39", "SPEC016"),
        ("9:62", "SPEC016"),
    ]
