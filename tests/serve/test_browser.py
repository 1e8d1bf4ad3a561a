"""The page in a real browser: all views without an error, work that moves, drift that appears, and no script needed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import warm
from tests.process import surroundings
from tests.serve.browser import browser, opened
from tests.serve.serving import SPEC, project
from tests.target import Target

WORK = """\
---
table: lines
columns:
  id: {type: bigint, primary_key: true}
  said: {type: text}
---
table: words
columns:
  id: {type: bigint, primary_key: true}
  said: {type: text}
---
backfill: lines_to_words
requires: [table.words]
source: {table: lines, key: [id], live_writes: frozen}
do: {insert_select: {into: words, columns: {id: id, said: upper(said)}}}
idempotency: {strategy: target_key, key: [id]}
chunk: {by: rows, size: 100, min: 100, max: 100}
"""
VIEWS = ["overview", "drift", "plan", "objects", "backfills", "history", "diagram", "tables"]
DONE = "Number(document.querySelector('#backfills progress')?.value ?? 0)"
TYPED = "[...document.querySelectorAll('.typed')].map(one => one.firstChild.textContent.trim())"


@contextmanager
def serving(directory: Path, *words: str) -> Iterator[str]:
    """Run `reconcile serve`, and give the address that it tells."""
    running = warm.start(["serve", "--port", "0", *words], cwd=directory, environ=surroundings(None))
    try:
        for _ in range(1200):
            running._err.seek(0)
            found = re.search(r"http://\S+", running._err.read())
            if found:
                yield found[0]
                return
            threading.Event().wait(0.05)
        raise AssertionError("it tells no address")
    finally:
        running.kill()
        running.result()


@contextmanager
def stopped_in_the_middle(directory: Path) -> Iterator[None]:
    """Apply until three more portions of rows are committed, and stand still there."""
    words = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "-q"]
    env = surroundings({"RECONCILE_FAILPOINT": "batch_committed:hit=3:sleep"})
    process = subprocess.Popen(words, cwd=directory, env=env, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(browser() is None, reason="there is no browser on this machine")
def test_the_page_in_a_browser(sqlite: Target, tmp_path: Path) -> None:
    project(sqlite, tmp_path, "{refresh: 1s}", SPEC + WORK)
    sqlite.execute(
        "CREATE TABLE lines (id bigint NOT NULL PRIMARY KEY, said text);"
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO lines SELECT i, 'line ' || i FROM n"
    )
    with serving(tmp_path) as url, opened() as tab:
        tab.open(url)
        tab.until("document.querySelector('.badge').innerText.includes('unhealthy')")
        assert tab.ask("[...document.querySelectorAll('main section')].map(one => one.id)") == VIEWS
        assert tab.ask("[...document.querySelectorAll('#views a')].map(one => one.hash.slice(1))") == VIEWS
        # The page is never loaded again from here on: what is new comes to it.
        tab.ask("window.marked = true; document.querySelector('#plan details').open = true; 0")
        shown = []
        for portion in (0.3, 0.6):
            with stopped_in_the_middle(tmp_path):
                shown.append(tab.until(f"{DONE} >= {portion} && {DONE}"))
                assert tab.ask("document.querySelector('#backfills td:nth-child(2)').innerText") == "running"
        assert shown == [0.3, 0.6]
        words = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "-q"]
        subprocess.run(words, cwd=tmp_path, env=surroundings(None), check=True, stdout=subprocess.DEVNULL)
        assert tab.until(f"{DONE} == 1 && document.querySelector('.badge').innerText.includes('healthy')")
        sqlite.execute("CREATE INDEX by_hand ON words (said)")
        tab.until("document.querySelector('#drift').innerText.includes('table.words.index.by_hand')")
        typed = tab.ask(TYPED)
        for way in ("accept", "revert", "ignore"):
            assert any(one.startswith(f"reconcile drift {way} table.words.index.by_hand -e it") for one in typed)
        assert tab.ask("document.querySelector('.erd').naturalWidth") > 100
        assert tab.ask("window.marked") is True
        assert tab.wrong == []

        tab.open(f"{url}?", scripts=False)
        text = tab.until("document.querySelector('#drift')?.innerText.includes('by_hand') && document.body.innerText")
        assert tab.ask("document.querySelectorAll('.typed button').length") == 0
        assert all(words in text for words in ("warning", "lines_to_words", "1,000", "apply", "by_hand"))
        assert tab.wrong == []
