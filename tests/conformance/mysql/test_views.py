"""Views when what they read gets another name: the servers keep the old words, so the plan writes the new ones."""

from __future__ import annotations

import pymysql
import pytest

from tests.conformance.driver import Project
from tests.target import Target

TABLE = "table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: int}}\n"
RENAMED = TABLE.replace("table: t", "table: u\nrenamed_from: t")
VIEW = "view: v\nquery: select id, a from t where a > 0\n"


def test_a_declared_view_follows_a_renamed_table(project: Project, my: Target) -> None:
    project.apply(TABLE, VIEW)
    my.execute("insert into t values (1, 5)")
    project.apply(TABLE.replace("table: t", "table: u\nrenamed_from: t"), VIEW.replace("from t", "from u"))
    assert my.query("select id, a from v") == [(1, 5)]


def test_a_declared_view_follows_a_renamed_column(project: Project, my: Target) -> None:
    project.apply(TABLE, VIEW)
    my.execute("insert into t values (1, 5)")
    project.apply(
        TABLE.replace("a: {type: int}", "b: {type: int, renamed_from: a}"),
        VIEW.replace("select id, a", "select id, b").replace("a > 0", "b > 0"),
    )
    assert my.query("select id, b from v") == [(1, 5)]


@pytest.mark.parametrize("view", ["select id, a from t where a > 0", "select x.a from t as x", "select * from t"])
def test_a_view_of_somebody_else_s_is_not_left_behind(project: Project, my: Target, view: str) -> None:
    project.apply(TABLE)
    my.execute(f"insert into t values (1, 5); create view w as {view}")
    project.apply(TABLE.replace("table: t", "table: u\nrenamed_from: t"))
    assert len(my.query("select * from w")) == 1


@pytest.mark.parametrize(
    ("by_hand", "after", "view"),
    [
        ("rename table t to u", RENAMED, "select id, a from t where a > 0"),
        ("rename table t to u", RENAMED, "select x.a from t as x"),
        ("alter table t rename column a to b", TABLE.replace("a: {type: int}", "b: {type: int, renamed_from: a}"),
         "select id, a as z from t where a > 0"),
    ],
)  # fmt: skip
def test_a_view_that_a_dead_run_left_behind_is_mended(
    project: Project, my: Target, by_hand: str, after: str, view: str
) -> None:
    """As after a run that was killed between the rename and the view: the first is in effect, the second is not."""
    project.apply(TABLE)
    my.execute(f"insert into t values (1, 5); create view w as {view}; create view other as select 1 as a")
    my.execute(by_hand)
    with pytest.raises(pymysql.err.MySQLError):
        my.query("select * from w")
    texts = [statement.sql for statement in project.plan(after).planned.plan.statements]
    assert len(texts) == 1
    assert texts[0].startswith("CREATE OR REPLACE")
    project.apply(after)
    assert len(my.query("select * from w")) == 1
