"""The matrix can fail: with the shipped code made wrong in one place, or something left lying about, it is red."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import dialects
from reconciler.dialects.sqlite.session import SqliteSession
from reconciler.execute import ledger
from tests.conformance.backfill.child import torn_apart
from tests.crash.dying import BETWEEN, Death, Stage, died, nothing_left, played, staged, survived
from tests.crash.scenarios import SCENARIOS, Scenario, T
from tests.target import Target, fresh

# Work that is done once because of its cursor, and of nothing else.
COUNTED = Scenario(
    before=T,
    after=T + "---\nbackfill: count@\nsource: {table: t@, key: [id], live_writes: frozen}\n"
    "do: {update: {set: {a: a + 1}}}\nidempotency: {strategy: cursor, confirm: nobody begins anew}\n"
    "chunk: {size: 1, min: 1, max: 1}\nverify: [{name: none_left, zero_rows: select id from t@ where a < 6}]\n",
)


def red(stage: Stage, death: Death) -> None:
    """Hold that a death is not survived."""
    with played(stage, f"red {death}") as project:
        died(project, death)
        with pytest.raises(AssertionError):
            survived(stage, project)


def green(stage: Stage, death: Death) -> None:
    """Hold that it is."""
    with played(stage, f"green {death}") as project:
        died(project, death)
        survived(stage, project)


def test_a_cursor_outside_of_its_transaction(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are committed before the cursor are counted twice."""
    if target.dialect == "d1":
        pytest.skip("a batch of D1 cannot be torn apart: it is sent as a whole")
    death = Death("batch_rows", 2, "kill")
    with staged(COUNTED, target, tmp_path) as stage:
        green(stage, death)
        right = dialects.dialect(target.dialect)
        wrong = replace(right, bulk=lambda: replace(right.bulk(), together=torn_apart))
        monkeypatch.setattr(dialects, "dialect", lambda name: wrong)
        red(stage, death)


def test_a_rebuild_outside_of_its_transaction(sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the old table's end and the new one's name there is none."""
    with staged(SCENARIOS["a type is another one"], sqlite, tmp_path) as stage:
        death = Death(BETWEEN, stage.passes[BETWEEN] - 1, "kill")
        green(stage, death)
        monkeypatch.setattr(SqliteSession, "begin", lambda self: None)
        monkeypatch.setattr(SqliteSession, "commit", lambda self: None)
        red(stage, death)


def test_books_that_nobody_closes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each statement is committed by itself, what died may have left nothing to do but that."""
    death = Death("after_step", 1, "kill")
    with fresh("mysql", tmp_path) as target, staged(SCENARIOS["an index is made"], target, tmp_path) as stage:
        green(stage, death)
        monkeypatch.setattr(ledger, "close_dead", lambda session, books: None)
        red(stage, death)


LEFTOVERS = (
    "CREATE TABLE __rc_0123abcd_t1 (id int)",
    "ALTER TABLE t1 ADD CONSTRAINT later CHECK (a < 100) NOT VALID",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't1_a_idx'::regclass",
    "UPDATE _reconcile_run SET state = 'running'",
)


@pytest.mark.parametrize("sql", LEFTOVERS)
def test_what_is_left_over(postgres: Target, tmp_path: Path, sql: str) -> None:
    with staged(SCENARIOS["an index is made"], postgres, tmp_path) as stage, played(stage, "left") as project:
        survived(stage, project)
        nothing_left(project)
        project.target.execute(sql)
        with pytest.raises(AssertionError):
            nothing_left(project)
