"""Sequences on MariaDB: made, altered under rows that draw from them, renamed and dropped; MySQL refuses them."""

from __future__ import annotations

import pytest

from tests.conformance.driver import Project
from tests.target import Target

SEQUENCE = "sequence: no\nstart: 100\n"
TABLE = """table: t
columns:
  id: {type: int, primary_key: true}
  n: {type: bigint, not_null: true, default: {sql: nextval(no)}}
"""


@pytest.fixture
def maria(my: Target) -> Target:
    if my.dialect == "mysql":
        pytest.skip("MariaDB's alone")
    return my


def shown(maria: Target, name: str = "no") -> str:
    text: str = maria.query(f"show create sequence `{name}`")[0][1]
    return text


def test_mysql_has_none(project: Project, my: Target) -> None:
    if my.dialect == "mariadb":
        pytest.skip("MySQL's alone")
    (message,) = project.impossible(SEQUENCE)["SPEC200"]
    assert "mysql has no sequences" in message


def test_a_column_draws_from_it(project: Project, maria: Target) -> None:
    project.apply(SEQUENCE, TABLE)
    maria.execute("insert into t (id) values (1), (2)")
    assert maria.query("select n from t order by id") == [(100,), (101,)]
    project.apply(SEQUENCE + "increment: 10\ncycle: true\ncomment: it's\n", TABLE)
    maria.execute("insert into t (id) values (3)")
    assert maria.query("select n from t where id = 3")[0][0] > 101, "what it has reached stays"
    assert "cycle" in shown(maria)
    assert "COMMENT='it''s'" in shown(maria) or "COMMENT='it\\'s'" in shown(maria)


@pytest.mark.parametrize(
    "changes",
    [
        ["type: smallint\n", "type: bigint\n", "type: int\nmax: 5000\n"],
        ["increment: -1\nstart: -5\n", "increment: -3\nstart: -5\nmin: -100\n"],
        ["cache: 1000\n", "cache: 20\n", ""],
        ["min: 5\nmax: 500\nstart: 7\n", "max: 600\nstart: 7\n", "cycle: true\n"],
        ["comment: a\n", "comment: b\n", ""],
    ],
)
def test_every_part_changes_in_place(project: Project, maria: Target, changes: list[str]) -> None:
    for change in changes:
        project.apply("sequence: no\n" + change)
    project.imported("sequences/no.yaml")


def test_columns_follow_a_rename(project: Project, maria: Target) -> None:
    project.apply(SEQUENCE, TABLE)
    project.apply(SEQUENCE.replace("no\n", "number\nrenamed_from: no\n"), TABLE.replace("(no)", "(number)"))
    maria.execute("insert into t (id) values (1)")
    assert maria.query("select n from t") == [(100,)]


def test_one_that_a_column_draws_from_is_not_dropped(project: Project, maria: Target) -> None:
    project.apply(SEQUENCE, TABLE)
    (message,) = project.impossible(TABLE)["RUN033"]
    assert message == "table.t.column.n still draws from sequence.no, which is to be dropped"
    project.apply(TABLE.replace("default: {sql: nextval(no)}", "default: 3"))
    assert maria.query("select 1 from information_schema.tables where table_type = 'SEQUENCE' and"
                       " table_schema = database()") == []  # fmt: skip


def test_import_names_no_database(project: Project, maria: Target) -> None:
    maria.execute("create sequence `s q` as int nocache; create table t (id int default (nextval(`s q`)))")
    text = project.imported("tables/t.yaml")
    assert "nextval(`s q`)" in text
    assert "rc_test" not in text


@pytest.mark.parametrize("more", ["type: smallint\nmax: 40000\n", "min: 5\nmax: 4\n", "start: 3\nmin: 5\n"])
def test_numbers_that_cannot_be_are_told(project: Project, maria: Target, more: str) -> None:
    assert project.impossible("sequence: no\n" + more)["SPEC200"]
