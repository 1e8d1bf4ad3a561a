"""A column that texts of its table name gets another name: the texts follow."""

from __future__ import annotations

import pymysql
import pytest

from tests.conformance.driver import Project
from tests.target import Target

PLAIN = "table: t\ncolumns:\n  id: {type: int, primary_key: true}\n  a: {type: int}\n"
RENAMED = PLAIN.replace("  a: {type: int}", "  b: {type: int, renamed_from: a}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("checks: {t_ck: a > 0}\n", "checks: {t_ck: b > 0}\n"),
        ("  g: {type: int, generated: {sql: a + 1}}\n", "  g: {type: int, generated: {sql: b + 1}}\n"),
        ("  g: {type: int, generated: {sql: a + 1, stored: false}}\n",
         "  g: {type: int, generated: {sql: b + 1, stored: false}}\n"),
        ("indexes: {t_ix: {columns: [{sql: a + 1}], dialect: {mariadb: {omit: true}}}}\n",
         "indexes: {t_ix: {columns: [{sql: b + 1}], dialect: {mariadb: {omit: true}}}}\n"),
        ("  d: {type: int, default: {sql: a + 1}}\n", "  d: {type: int, default: {sql: b + 1}}\n"),
        ("indexes: {t_ix: [a]}\nunique: {t_uq: [a, id]}\n", "indexes: {t_ix: [b]}\nunique: {t_uq: [b, id]}\n"),
    ],
)  # fmt: skip
def test_texts_follow(project: Project, my: Target, before: str, after: str) -> None:
    project.apply(PLAIN + before)
    my.execute("insert into t (id, a) values (1, 5)")
    project.apply(RENAMED + after)
    assert my.query("select b from t") == [(5,)]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("checks: {t_ck: a > c}\n", "checks: {t_ck: b > d}\n"),
        ("  g: {type: int, generated: {sql: a + c}}\n", "  g: {type: int, generated: {sql: b + d}}\n"),
        ("  g: {type: int, generated: {sql: a + c}}\n",
         "  aa: {type: int, renamed_from: g, generated: {sql: b + d}}\n"),
        ("  g: {type: int, generated: {sql: a + 1}}\nchecks: {t_ck: g > c}\n",
         "  e: {type: int, renamed_from: g, generated: {sql: b + 1}}\nchecks: {t_ck: e > d}\n"),
        ("  g: {type: int, generated: {sql: a + c, stored: false}}\n",
         "  z: {type: int, renamed_from: g, generated: {sql: b + d, stored: false}}\n"),
    ],
)  # fmt: skip
def test_a_text_follows_two_columns(project: Project, my: Target, text: str, after: str) -> None:
    project.apply(PLAIN + "  c: {type: int}\n" + text)
    my.execute("insert into t (id, a, c) values (1, 5, 3)")
    project.apply(RENAMED + "  d: {type: int, renamed_from: c}\n" + after)
    assert my.query("select b, d from t") == [(5, 3)]
    with pytest.raises(pymysql.err.MySQLError):
        my.execute("insert into t (id, b, d) values (2, 1, 2)" if "ck" in text else "select a from t")


def test_a_check_beside_a_column_follows_another(project: Project, my: Target) -> None:
    """MariaDB keeps a check without a name with its column, and calls it by that: it stays where that stays."""
    if my.dialect == "mysql":
        pytest.skip("MySQL keeps every check by itself")
    spec = PLAIN + "  c: {type: int}\nchecks: {t_a_check: a > c}\n"
    my.execute("create table t (id int primary key, a int check (a > c), c int); insert into t values (1, 5, 3)")
    project.apply(spec)
    after = spec.replace("  c: {type: int}", "  d: {type: int, renamed_from: c}").replace("a > c", "a > d")
    project.apply(after)
    with pytest.raises(pymysql.err.MySQLError):
        my.execute("insert into t values (2, 1, 2)")
    (message,) = project.impossible(after.replace("  a: {type: int}", "  b: {type: int, renamed_from: a}"))["RUN031"]
    assert "t_a_check" in message
