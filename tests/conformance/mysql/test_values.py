"""What MySQL by itself would change in silence is counted before, and refused: nulls, long texts, large numbers."""

from __future__ import annotations

import pymysql
import pytest

from tests.conformance.driver import Project
from tests.target import Target

TABLE = "table: t\ncolumns: {{id: {{type: int, primary_key: true}}, v: {{{0}}}}}\n"

# column before, column after, a value that fits, one that does not, what is said
CASES = [
    ("type: int", "type: int, not_null: true", "1", "null", "MF104"),
    ("type: varchar(20)", "type: varchar(3)", "'abc'", "'abcdefgh'", "DS107"),
    ("type: bigint", "type: int", "7", "5000000000", "DS107"),
    ("type: int", "native: int unsigned", "7", "-1", "DS107"),
    ("type: int", "native: tinyint", "7", "300", "DS107"),
    ("type: 'decimal(10,4)'", "type: 'decimal(6,2)'", "1.25", "1.2345", "DS107"),
    ("type: 'decimal(10,2)'", "type: int", "5", "5.5", "DS107"),
    ("type: double", "type: float", "0.5", "0.1234567891", "DS107"),
    ("type: varchar(20)", "type: int", "'12'", "'12 apples'", "DS107"),
    ("type: varchar(20)", "type: date", "'2026-01-02'", "'soon'", "DS107"),
    ("type: timestamp", "native: datetime", "'2026-01-02 03:04:05'", "'2026-01-02 03:04:05.5'", "DS107"),
    ("type: timestamp", "type: date", "'2026-01-02'", "'2026-01-02 03:04:05'", "DS107"),
    ("native: \"enum('a','b')\"", "native: \"enum('a')\"", "'a'", "'b'", "DS107"),
    ("type: text", "native: tinytext", "'a'", "repeat('x', 300)", "DS107"),
    ("native: varbinary(20)", "native: varbinary(3)", "'abc'", "'abcd'", "DS107"),
    ("type: text", "type: json", "'[1]'", "'no json'", "DS107"),
]


@pytest.mark.parametrize(("before", "after", "good", "bad", "code"), CASES)
def test_what_does_not_fit_is_refused_and_stays(
    project: Project, my: Target, before: str, after: str, good: str, bad: str, code: str
) -> None:
    project.apply(TABLE.format(before))
    my.execute(f"insert into t values (1, {good}), (2, {bad})")
    held = my.query("select * from t order by id")
    assert code in project.blocked(TABLE.format(after))
    assert my.query("select * from t order by id") == held
    my.execute("delete from t where id = 2")
    project.apply(TABLE.format(after))
    assert len(my.query("select * from t")) == 1


def test_an_index_over_whole_values_makes_way_for_a_long_text(project: Project, my: Target) -> None:
    """Of a long text only a beginning can be in an index, which has to be another one before the column is."""
    columns = "{{id: {{type: int, primary_key: true}}, a: {{type: {}}}, b: {{type: {}}}}}"
    table = f"table: t\ncolumns: {columns}\nindexes: {{{{i: {{}}}}}}\n"
    project.apply(table.format("int", "int", "[a]"))
    my.execute("insert into t values (1, 7, 8)")
    project.apply(table.format("text", '"decimal(12,2)"', "[{column: a, length: 20}]"))
    assert [tuple(map(str, row)) for row in my.query("select id, a, b from t")] == [("1", "7", "8.00")]
    project.apply(table.format("int", "int", "[a]"))


def test_another_collation_of_a_table_leaves_alone_what_has_its_own(project: Project, my: Target) -> None:
    """It takes along the columns that say none, whatever types they have, on both sides of a foreign key."""
    tables = (
        "table: t\ncolumns: {{id: {{type: varchar(9), primary_key: true}}, a: {{native: text}},\n"
        "  own: {{type: varchar(9), collation: latin1_bin}}, b: {{{0}}}, c: {{{1}}},\n"
        "  ready: {{native: \"enum('no','{2}')\"}}}}\n"
        "options: {{mysql: {{collation: {3}}}}}\n---\n"
        "table: u\ncolumns: {{id: {{type: int, primary_key: true}}, t_id: {{type: varchar(9)}}}}\n"
        "foreign_keys: {{u_t: {{columns: [t_id], references: t(id)}}}}\noptions: {{mysql: {{collation: {3}}}}}\n"
    )
    own = "type: varchar(9), collation: latin1_bin"
    project.apply(tables.format(own, "type: varchar(9)", "yes", "utf8mb3_general_ci"))
    my.execute("insert into t values ('k', 'é', 'é', 'é', 'é', 'no'); insert into u values (1, 'k')")
    project.apply(tables.format("type: varchar(20)", own, "maybe", "utf8mb4_bin"))
    assert my.query("select * from t") == [("k", "é", "é", "é", "é", "no")]
    assert my.query(
        "select column_name, collation_name from information_schema.columns where table_schema = database()"
        " and collation_name not like 'utf8mb4_bin' and table_name in ('t', 'u') order by 1"
    ) == [("c", "latin1_bin"), ("own", "latin1_bin")]


def test_what_counts_up_is_in_no_check(project: Project, my: Target) -> None:
    """The plan says what the server would (errors 3818 and 1901, 3109), and nothing of what it takes."""
    table = "table: t\ncolumns: {id: {type: int, identity: true, primary_key: true}, a: {type: int}%s}\n"
    over = "check over id, which counts up by itself"
    found = project.impossible(f"{table % ''}checks: {{c: a > 0, t_id: id > a}}\n")
    assert found == {"SPEC200": {f"table.t.check.t_id: {my.dialect} has no {over}"}}
    with pytest.raises(pymysql.err.MySQLError) as caught:
        my.execute("create table x (id int auto_increment primary key, a int, check (id > a))")
    assert caught.value.args[0] == {"mysql": 3818, "mariadb": 1901}[my.dialect]
    computed = table % ", g: {type: int, generated: {sql: ID + 1, stored: false}}"
    if my.dialect == "mysql":
        assert "table.t.column.g" in str(project.impossible(computed))
    else:
        project.apply(computed)
