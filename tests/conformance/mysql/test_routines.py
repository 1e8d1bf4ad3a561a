"""Functions and procedures: made, altered, replaced, renamed and called; what they were given comes back."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.conformance.driver import Project
from tests.target import Target, mysql_connection

TABLES = """table: t
columns: {id: {type: int, primary_key: true}, a: {type: varchar(99)}, b: {type: int, default: 0}}
"""
PROCEDURE = "procedure: take\narguments: {p_from: int}\nbody:\n- delete from t where id > p_from\n"
FUNCTION = """function: f
arguments: {x: int, y: {native: "varchar(20)"}}
returns: varchar(40)
volatility: immutable
body: {mysql: "RETURN CONCAT(y, 'it\\\\'s', x)"}
"""


def called(my: Target, sql: str) -> list[Any]:
    with closing(mysql_connection(my.url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_a_portable_procedure(project: Project, my: Target) -> None:
    project.apply(TABLES, PROCEDURE)
    my.execute("insert into t (id) values (1), (2), (3); call take(2)")
    assert my.query("select id from t") == [(1,), (2,)]
    project.apply(TABLES, PROCEDURE.replace("id > p_from", "id >= p_from"))
    my.execute("call take(2)")
    assert my.query("select id from t") == [(1,)]
    project.apply(TABLES)
    assert my.query("select 1 from information_schema.routines where routine_schema = database()") == []


def test_a_function_of_one_s_own_words(project: Project, my: Target) -> None:
    project.apply(TABLES, FUNCTION)
    assert my.query("select f(3, 'a')") == [("ait's3",)]
    project.apply(TABLES, FUNCTION.replace("\\\\'s", "\\\\'S").replace("x: int", "x: bigint"))
    assert my.query("select f(3, 'a')") == [("ait'S3",)]
    assert "__rc_" not in str(my.query("select routine_name from information_schema.routines"))


def created(my: Target) -> list[Any]:
    return my.query(
        "select created, security_type, sql_data_access, routine_comment, is_deterministic"
        " from information_schema.routines where routine_schema = database()"
    )


def test_what_can_be_altered_is(project: Project, my: Target) -> None:
    project.apply(TABLES, FUNCTION)
    (before,) = created(my)
    assert before[1:] == ("DEFINER", "READS SQL DATA", "", "YES")
    more = "security: invoker\ncomment: it's\noptions: {mysql: {data_access: no sql}}\n"
    project.apply(TABLES, FUNCTION + more)
    assert created(my) == [(before[0], "INVOKER", "NO SQL", "it's", "YES")]
    project.apply(TABLES, FUNCTION + more.replace("comment: it's\n", ""))
    assert created(my)[0][1:] == ("INVOKER", "NO SQL", "", "YES")
    project.apply(TABLES, FUNCTION)
    assert created(my)[0][1:3] == ("INVOKER", "NO SQL"), "silence leaves it alone"
    project.apply(TABLES, FUNCTION.replace("volatility: immutable\n", ""))
    assert created(my)[0][4] == "NO"


EVERY_TYPE = """procedure: "odd `name"
arguments:
  a: {native: int unsigned}
  "b c": {native: varchar(10) character set latin1}
  c: {native: "varchar(10) charset utf8mb4 collate utf8mb4_bin", mode: inout}
  d: {type: "decimal(10,2)", mode: out}
  e: {native: "enum('x','it''s')"}
  f: json
  g: bool
  h: uuid
  i: timestamp
  j: text
  k: {native: bit(3)}
body: {mysql: "BEGIN SET d = a; SET c = 'x'; END"}
"""


def test_every_type_of_an_argument(project: Project, my: Target) -> None:
    project.apply(TABLES, EVERY_TYPE)
    made = created(my)
    project.apply(TABLES, EVERY_TYPE.replace("SET d = a;", "SET d  = a;"))
    assert created(my) == made
    rows: dict[Any, Any] = dict(my.query(
        "select parameter_name, collation_name from information_schema.parameters where specific_schema = database()"
    ))  # fmt: skip
    assert (rows["b c"], rows["c"]) == ("latin1_swedish_ci", "utf8mb4_bin")
    silent = EVERY_TYPE.replace(" character set latin1", "").replace(" charset utf8mb4 collate utf8mb4_bin", "")
    project.apply(TABLES, silent)
    assert created(my) == made, "silence leaves the character set alone"
    project.imported("tables/t.yaml")


def test_import_and_apply_to_an_empty_database_is_the_same(project: Project, my: Target) -> None:
    my.execute("create table t (id int primary key, a varchar(99), b int default 0)")
    my.execute(
        "create function g(a int, b varchar(9) charset latin1) returns varchar(9) charset latin1 no sql"
        " comment 'it''s' begin declare x int default 3; /* why */ return concat(a, x, b, '\\n\\\\'); end"
    )
    my.execute("create procedure p(in a int, out b int) sql security invoker begin set b = a + 1; end")
    my.execute("create procedure q() insert into t (id) values (100)")
    project.imported("tables/t.yaml")


def test_who_may_call_it_may_still(project: Project, my: Target) -> None:
    user = f"{my.url.partition('?')[0].rpartition('/')[2]}_c"
    project.apply(TABLES, PROCEDURE)
    my.execute(f"create user {user}@localhost; grant execute, alter routine on procedure take to {user}@localhost")
    before = my.query(f"show grants for {user}@localhost")
    try:
        project.apply(TABLES, PROCEDURE.replace("id > p_from", "id >= p_from"))
        assert my.query(f"show grants for {user}@localhost") == before
        project.apply(TABLES, PROCEDURE.replace("procedure: take", "procedure: took\nrenamed_from: take"))
        (grant,) = [row[0] for row in my.query(f"show grants for {user}@localhost") if "PROCEDURE" in row[0]]
        assert "`took`" in grant
        assert "EXECUTE, ALTER ROUTINE" in grant
    finally:
        my.execute(f"drop user {user}@localhost")


def test_a_body_that_the_server_does_not_take_leaves_the_old_one(project: Project, my: Target) -> None:
    project.apply(TABLES, FUNCTION)
    with pytest.raises(Exception, match="syntax"):
        project.apply(TABLES, FUNCTION.replace("RETURN CONCAT", "RETURN IF CONCAT"))
    assert my.query("select f(3, 'a')") == [("ait's3",)]
    assert "__rc_" not in str(my.query("select routine_name from information_schema.routines"))


def test_an_argument_with_a_column_s_name_is_told(project: Project) -> None:
    document = PROCEDURE.replace("p_from: int", "id: int").replace("id > p_from", "id > id")
    (message,) = project.impossible(TABLES, document)["SPEC200"]
    assert "the argument 'id' has the name of table.t.column.id" in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("x: int", "x: {type: int, mode: variadic}", "no list of arguments"),
        ("x: int", "x: {type: int, default: 3}", "no default here"),
        ("returns: varchar(40)", "returns: {table: {a: int}}", "no table"),
        ("returns: varchar(40)", "returns: varchar(40)\nstrict: true", "called with null too"),
        ("returns: varchar(40)", "returns: varchar(40)\nlanguage: plpgsql", "written in SQL"),
    ],
)
def test_what_there_is_not_is_a_mistake(project: Project, old: str, new: str, told: str) -> None:
    found = project.impossible(TABLES, FUNCTION.replace(old, new))
    assert any(told in message for message in found["SPEC200"]), found


def test_bodies_follow_a_renamed_column(project: Project, my: Target) -> None:
    project.apply(TABLES, PROCEDURE.replace("id > p_from", "b > p_from"))
    my.execute("create procedure theirs() update t set b = b + 1")
    column = TABLES.replace("b: {type: int, default: 0}", "c: {type: int, default: 0, renamed_from: b}")
    project.apply(column, PROCEDURE.replace("id > p_from", "c > p_from"))
    my.execute("insert into t values (1, 'x', 5); call theirs(); call take(9)")
    assert my.query("select c from t") == [(6,)]


def test_what_a_routine_reads_is_not_dropped(project: Project, my: Target) -> None:
    project.apply(TABLES)
    my.execute("create procedure theirs() update t as x set x.b = x.b + 1")
    (message,) = project.impossible(TABLES.replace(", b: {type: int, default: 0}", ""))["RUN033"]
    assert message == "procedure.theirs still uses table.t.column.b, which is to be dropped"
    project.apply(TABLES, PROCEDURE)
    assert {message.partition(",")[0] for message in project.impossible(PROCEDURE)["RUN033"]} == {
        "procedure.theirs still uses table.t", "procedure.take still uses table.t",
    }  # fmt: skip


def test_a_trigger_that_calls_waits_for_what_it_calls(project: Project, my: Target) -> None:
    noting = "procedure: note\narguments: {p_what: int}\nbody: [insert into log (n) values (p_what)]\n"
    log = "table: log\ncolumns: {n: {type: int}}\n"
    trigger = "trigger: x\ntable: t\ntiming: after\nevents: [insert]\nbody: [call note(new.id)]\n"
    project.apply(TABLES, log, noting, trigger)
    my.execute("insert into t (id) values (7)")
    assert my.query("select n from log") == [(7,)]
    project.apply(TABLES, log, noting.replace("(p_what)]", "(p_what * 2)]"), trigger)
    my.execute("insert into t (id) values (8)")
    assert my.query("select n from log") == [(7,), (16,)]


def test_two_that_call_each_other(project: Project, my: Target) -> None:
    ping = "procedure: ping\narguments: {p_n: int}\nbody: {mysql: IF p_n > 0 THEN CALL pong(p_n - 1); END IF}\n"
    pong = ping.replace("ping", "PONG").replace("pong", "ping").replace("PONG", "pong")
    project.apply(ping, pong)
    assert len(created(my)) == 2


def test_what_has_a_default_or_counts_rows_is_left_alone(project: Project, my: Target) -> None:
    if my.dialect == "mysql":
        pytest.skip("MariaDB's alone")
    my.execute("create procedure d(a int default 5) select a")
    my.execute(
        "create aggregate function n(x int) returns int no sql begin declare r int default 0; declare continue handler"
        " for not found return r; loop fetch group next row; set r = r + 1; end loop; end"
    )
    project.apply(TABLES)
    assert called(my, "call d()") == [(5,)]
    project.imported("tables/t.yaml")
