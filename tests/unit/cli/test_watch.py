"""`watch` on a real file, with a real listener: what is found is told, once; it ends when it is told to."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests import warm
from tests.listening import Listener, listening
from tests.process import Reconcile, surroundings

TABLE = "table: t\ncolumns:\n  id: {type: int, primary_key: true}\n  a: {type: text}\n"
PROJECT = """reconcile: 1
project: shop
environments: {here: {url: "sqlite:///shop.db", default: true}}
schedules:
  looks: {run: check, every: 1s}
notify:
  hook: {webhook: {env: HOOK}}
  mail: {apprise: {file: address}, events: [drift]}
"""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconcile.yaml").write_text(PROJECT)
    (tmp_path / "t.yaml").write_text(TABLE)
    (tmp_path / "address").write_text(listener.url.replace("http:", "json:"))
    monkeypatch.setenv("HOOK", listener.url)
    monkeypatch.setenv("RECONCILE_STATE", str(tmp_path / "state"))
    return tmp_path


def _changed(shop: Path, sql: str) -> None:
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        connection.execute(sql)


def _until(met: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not met():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.05)


@contextmanager
def _watching(shop: Path) -> Iterator[warm.Running]:
    running = warm.start(["watch"], cwd=shop, environ=surroundings({}), stdin="")
    try:
        yield running
    finally:
        os.kill(running.pid, signal.SIGTERM)


def test_what_is_found_is_told_once_and_so_is_its_end(shop: Path, listener: Listener, reconcile: Reconcile) -> None:
    reconcile("apply", "--auto-approve", cwd=shop).ok()
    _changed(shop, "alter table t drop column a")
    listener.answers += [503]  # a listener that is not well for a moment
    with _watching(shop) as running:
        _until(lambda: len(listener.bodies) >= 2)
        second = reconcile("watch", cwd=shop)
        assert (second.code, "another watcher" in second.err) == (5, True)
        time.sleep(2.5)
        reconcile("apply", "--auto-approve", cwd=shop).ok()
        _until(lambda: listener.told[-1][0] == "recovered")
    result = running.result()
    assert result.code == 143
    assert listener.told == [("drift", "1 different"), ("recovered", "all is well again")]
    (mail,) = (body for body in listener.bodies if "event" not in body)
    assert mail["title"] == "shop here: drift"
    assert "column.a is declared and not there" in mail["message"]
    assert not list((shop / "state").glob("*.part"))


def test_what_is_due_once_for_somebody_elses_scheduler(shop: Path, listener: Listener, reconcile: Reconcile) -> None:
    (shop / "reconcile.yaml").write_text(PROJECT.replace("every: 1s", "every: 1h"))
    first = reconcile("watch", "--due", "--json", cwd=shop)
    assert first.code == 2
    assert listener.told == [("drift", "1 different")]
    again = reconcile("watch", "--due", cwd=shop).ok()
    assert "looks" not in again.err
    assert len(listener.told) == 1


def test_without_a_schedule_there_is_nothing_to_watch(shop: Path, reconcile: Reconcile) -> None:
    (shop / "reconcile.yaml").write_text(PROJECT[: PROJECT.index("schedules")])
    result = reconcile("watch", cwd=shop)
    assert (result.code, "has no schedules" in result.err) == (64, True)
