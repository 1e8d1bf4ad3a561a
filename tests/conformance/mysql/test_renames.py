"""A column that texts of its table name gets another name: the texts follow."""

from __future__ import annotations

import pytest

from tests.conformance.sqlite.driver import Project
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


def test_one_text_over_two_renamed_columns_is_refused(project: Project) -> None:
    check = "checks: {t_ck: a > c}\n"
    project.apply(PLAIN + "  c: {type: int}\n" + check)
    both = RENAMED + "  d: {type: int, renamed_from: c}\nchecks: {t_ck: b > d}\n"
    (message,) = project.impossible(both)["RUN031"]
    assert "cannot both get another name" in message
