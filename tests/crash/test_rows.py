"""An apply of rows dies at every point, and in the middle of its statements; the next one finds and writes the rest."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.execute import failpoints
from tests import warm
from tests.conformance.driver import Project
from tests.process import surroundings
from tests.target import Target

TABLE = "table: {t}\ncolumns: {{id: {{type: int, primary_key: true}}, n: {{type: int}}}}\n"
DATA = "data: {t}\nkey: [id]\nmode: sync\nrows: [{{id: 1, n: 1}}, {{id: 2, n: 2}}, {{id: 3, n: 3}}]\n"
# Where it dies, at which time of passing, and how.
DEATHS = (
    ("after_statement", 3, "raise"), ("after_step", 2, "drop_conn"), ("before_verify", 1, "raise"),
    ("before_commit", 1, "raise"), ("after_commit", 1, "raise"),
)  # fmt: skip


def test_every_death_is_survived(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path, target)
    settled: list[str] = []
    for number, death in enumerate(DEATHS):
        table = f"t{number}"
        project.apply(*settled, TABLE.format(t=table))
        target.execute(f"INSERT INTO {table} (id, n) VALUES (2, 7), (9, 9)")
        more = TABLE.format(t=table).replace("n: {type: int}", "n: {type: int}, m: {type: int}")
        settled += [more, DATA.format(t=table)]
        project.plan(*settled)
        monkeypatch.setattr(failpoints, "_POINT", failpoints._Armed(death[0], death[2], death[1]))
        with pytest.raises(Exception):  # noqa: B017, PT011  # what it dies of is not what matters
            project.apply(*settled)
        monkeypatch.setattr(failpoints, "_POINT", None)
        project.apply(*settled)
        assert target.query(f"SELECT id, n FROM {table} ORDER BY id") == [(1, 1), (2, 2), (3, 3)], death


SLOW = "CREATE TRIGGER slow BEFORE INSERT ON many FOR EACH ROW BEGIN IF NEW.id = 700 THEN DO SLEEP(1.5); END IF; END"


def test_killed_between_statements(target: Target, tmp_path: Path) -> None:
    """Where each statement commits by itself, those before the death are there, and none is there twice."""
    if target.dialect not in ("mysql", "mariadb"):
        pytest.skip("rows are part of the plan's transaction here")
    project = Project(tmp_path, target)
    table = "table: many\ncolumns: {id: {type: int, primary_key: true}, n: {type: int}}\n"
    project.apply(table)
    target.execute(SLOW)
    rows = ", ".join(f"{{id: {number}, n: {number}}}" for number in range(1200))
    project.plan(table, f"data: many\nkey: [id]\nrows: [{rows}]\n")
    running = warm.start(
        ["apply", "--auto-approve", "-C", str(project.folder)], cwd=project.folder, environ=surroundings({})
    )
    while target.query("select count(*) from many") != [(500,)]:
        time.sleep(0.05)
    running.kill()
    assert running.result().code == -9
    assert target.query("select count(*) from many where id >= 1000") == [(0,)]
    done = workflow.apply(project.request)
    assert done.outcome is not None
    assert target.query("select count(*), sum(n) from many") == [(1200, 1199 * 600)]
    assert workflow.plan(project.request).planned.plan.empty
