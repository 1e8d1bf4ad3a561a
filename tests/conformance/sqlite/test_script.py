"""`-o sql` on SQLite: sqlite3 makes of a script what apply makes of the plan, and a second time nothing at all."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import PlanError, workflow
from reconciler.plan.policy import Allowance
from reconciler.report.sql import plan_sql
from tests.conformance.driver import Project
from tests.observer_sqlite import differences, facts
from tests.process import Result
from tests.scripting import run_script, with_library
from tests.target import Target

T = "table: t\ncolumns: {{id: {{type: int, identity: true}}, {columns}}}\nprimary_key: [id]\n{rest}"
P = "table: p\ncolumns: {id: {type: int, identity: true}, n: {type: int}}\nprimary_key: [id]\n"
C = "table: c\ncolumns: {id: {type: int}, a: {type: int, references: p.id}}\n"
Q = P.replace("table: p", "table: q\nrenamed_from: p")
W = "table: w\ncolumns: {{{key}, {columns}}}\nprimary_key: [k]\noptions: {{sqlite: {{without_rowid: true}}}}\n"
AUTO = "options: {sqlite: {autoincrement: true}}\n"
Q2 = P.replace("table: p", "table: q")
G = "triggers:\n  %s: {timing: after, events: [insert], body: [insert into p (n) values (1%s)]}\n"
PUT = "triggers: {put: {timing: instead_of, events: [insert], body: [insert into t (id) values (null)]}}\n"
ROWS = "insert into t (a) values (1), (2);"


def t(columns: str, rest: str = "") -> str:
    return T.format(columns=columns, rest=rest)


def w(columns: str, key: str = "k: {type: text}") -> str:
    return W.format(columns=columns, key=key)


def path_of(target: Target) -> Path:
    return Path(target.url.removeprefix("sqlite:///"))


def copied(target: Target, path: Path) -> Target:
    """Return a copy of a database as it is now."""
    shutil.copy(path_of(target), path)

    def query(sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()

    return replace(target, url=f"sqlite:///{path}", _query=query)


TABLES = "select name from sqlite_schema where type = 'table' and substr(name, 1, 11) <> '_reconcile_' order by 1"


def rows(target: Target) -> dict[str, list[str]]:
    """Return every row, with its rowid where it has one, and the counters of AUTOINCREMENT."""
    found = {}
    for (name,) in target.query(TABLES):
        numbered = name not in ("w", "sqlite_sequence")
        found[name] = sorted(map(str, target.query(f'select {"_rowid_, " if numbered else ""}* from "{name}"')))
    return found


CASES: dict[str, tuple[list[str], list[str], str]] = {
    "columns come": (
        [t("a: {type: int}")],
        [t("a: {type: int}, b: {type: text, default: x}, c: {type: int, not_null: true, default: 3}")],
        ROWS,
    ),
    "a column goes": ([t("a: {type: int}, b: {type: text}")], [t("a: {type: int}")], ROWS),
    "a column is renamed": (
        [t("a: {type: int}, b: {type: text, default: q}")],
        [t("a: {type: int}, z: {type: text, default: q, renamed_from: b}")],
        ROWS,
    ),
    "a table is renamed": (
        [P, C], [Q, C.replace("p.id", "q.id")], "insert into p (n) values (4); insert into c values (1, 1)",
    ),
    "two tables are renamed and change": (
        [P, C],
        [
            Q.replace("n: {type: int}", "n: {type: text, not_null: true, default: k}, m: {type: int}"),
            C.replace("p.id", "q.id").replace("table: c", "table: d\nrenamed_from: c"),
        ],
        "insert into p (n) values (4), (5); insert into c values (1, 2)",
    ),
    "the counter stays": (
        [t("a: {type: int}", AUTO)], [t("a: {type: text}", AUTO)], ROWS + "delete from t where id = 2",
    ),
    "no rowid": (
        [w("a: {type: int}")],
        [w("b: {type: bigint, renamed_from: a}, c: {type: text, default: {sql: lower('X')}}")],
        "insert into w values ('x', 1), ('y', 2)",
    ),
    "keys, checks and indexes come": (
        [t("a: {type: int}")],
        [t("a: {type: int}", "unique: {t_uq: [a]}\nindexes: {t_ix: [a]}\nchecks: {t_ck: a > 0}\n")],
        ROWS,
    ),
    "a unique constraint comes": ([t("a: {type: int}")], [t("a: {type: int}", "unique: {t_uq: [a]}\n")], ROWS),
    "an index changes": (
        [t("a: {type: int}", "indexes: {t_ix: [a]}\n")], [t("a: {type: int}", "indexes: {t_ix: [id, a]}\n")], ROWS,
    ),
    "a view changes": (
        [t("a: {type: int}"), "view: v\nquery: select a from t\n"],
        [t("a: {type: int}"), "view: v\nquery: select a + 1 as b from t\n"],
        ROWS,
    ),
    "a table comes": ([P], [P, C], "insert into p (n) values (1)"),
    "triggers follow": (
        [t("a: {type: int}"), P],
        [t("a: {type: text}"), P.replace("n: {", "k: {renamed_from: n, ")],
        ROWS + "create trigger tg after insert on t begin insert into p (n) values (new.a); end;"
        "create trigger tp after update on p begin update t set a = new.n; end",
    ),
    "triggers come, go and change": (
        [t("a: {type: int}", G % ("x", "") + G.partition("\n")[2] % ("y", "")), P],
        [t("a: {type: int}", G % ("x", " + 1") + G.partition("\n")[2] % ("z", "")), P],
        ROWS,
    ),
    "a trigger moves to another table": (
        [t("a: {type: int}", G % ("p", "")), P, Q2],
        [t("a: {type: int}"), P, Q2 + G % ("p", "")],
        ROWS,
    ),
    "a trigger is named like a table": (
        [t("a: {type: int}", G % ("p", "") + G.partition("\n")[2] % ("q", "")), P],
        [t("a: {type: int}", G % ("q", " + 1") + G.partition("\n")[2] % ("t", "")), P, Q2],
        ROWS,
    ),
    "a trigger is renamed, its table made anew": (
        [t("a: {type: int}", G % ("x", "")), P],
        [t("a: {type: text}", (G % ("x2", " + 1")).replace("timing", "renamed_from: x, timing")), P],
        ROWS,
    ),
    "a view with a trigger is renamed": (
        [t("a: {type: int}"), "view: v\nquery: select a from t\n" + PUT],
        [t("a: {type: int}"), "view: w\nrenamed_from: v\nquery: select a + 1 as b from t\n" + PUT],
        ROWS,
    ),
    "a trigger comes with its table": ([P], [t("a: {type: int}", G % ("x", "")), P], "insert into p (n) values (1)"),
    "what is computed": (
        [t("a: {type: int}, g: {type: int, generated: {sql: a * 2, stored: true}}")],
        [t("a: {type: int}, g: {type: int}, h: {type: int, generated: {sql: a + 1, stored: false}}")],
        ROWS,
    ),
    "enum values are renamed and removed": (
        ["enum: e\nvalues: [a, b, c]\n", t("x: {type: enum(e)}, y: {type: enum(e), default: a}")],
        [
            "enum: e\nvalues: [z, c]\nrenamed_values: {a: z}\nremoved_values: {b: c}\n",
            t("x: {type: enum(e)}, n: {type: enum(e), default: z, renamed_from: y}"),
        ],
        "insert into t (x, y) values ('a', 'b'), ('b', 'c'), ('c', 'a'), (null, 'a')",
    ),
    "odd names": (
        [t("a: {type: int}, 'we\"ird -- ''x''': {type: text, default: d}")],
        [t("a: {type: int}, 'o ""k': {type: text, default: d, renamed_from: 'we\"ird -- ''x'''}")],
        ROWS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("run", [run_script, with_library], ids=["program", "library"])
@pytest.mark.parametrize("name", CASES)
def test_a_script_does_what_an_apply_does_and_then_nothing(
    project: Project, sqlite: Target, tmp_path: Path, name: str, run: Callable[[Target, str], Result]
) -> None:
    before, after, data = CASES[name]
    project.apply(*before)
    sqlite.execute(data)
    ours = copied(sqlite, tmp_path / "ours.db")
    text = written(project, *after)
    project.apply(*after)
    for _ in range(2):
        done = run(ours, text)
        assert done.code == 0, done.err
        assert "the database matches plan" in done.out
        assert differences(facts(path_of(sqlite)), facts(path_of(ours))) == []
        assert rows(ours) == rows(sqlite)
    left = workflow.plan(workflow.Request(directory=project.folder, url=ours.url)).planned.plan
    assert left.empty


def written(project: Project, *documents: str) -> str:
    """Return the script of these documents, every hazard allowed."""
    project._declare(documents)
    return plan_sql(workflow.plan(project.request, given=[Allowance("*")]))


def test_a_counter_that_comes_never_goes_back(project: Project, sqlite: Target) -> None:
    project.apply(t("a: {type: int}"))
    text = written(project, t("a: {type: int}", AUTO))
    sqlite.execute(ROWS)
    assert run_script(sqlite, text).code == 0
    sqlite.execute("insert into t (a) values (3); delete from t where id = 3")
    assert run_script(sqlite, text).code == 0
    assert sqlite.query("select seq from sqlite_sequence where name = 't'") == [(3,)]


def test_what_differs_in_each_row_is_worked_out_for_each(project: Project, sqlite: Target) -> None:
    project.apply(t("a: {type: int}"))
    sqlite.execute("insert into t (a) values (1), (2), (3)")
    token = "token: {type: text, not_null: true, default: {sql: hex(randomblob(8))}}"
    text = written(project, t(f"a: {{type: int}}, {token}"))
    assert run_script(sqlite, text).code == 0
    tokens = sqlite.query("select token from t order by id")
    assert len(set(tokens)) == 3
    assert run_script(sqlite, text).code == 0
    assert sqlite.query("select token from t order by id") == tokens


def test_what_is_neither_as_it_was_nor_as_planned_stops_it(project: Project, sqlite: Target) -> None:
    project.apply(t("a: {type: int}"))
    text = written(project, t("a: {type: text}"))
    sqlite.execute("alter table t add column by_hand text; insert into t values (1, 2, 'precious')")
    before = sqlite.observe()
    done = run_script(sqlite, text)
    assert done.code != 0
    assert "table.t is neither as it was nor as planned" in done.err
    assert (sqlite.observe(), sqlite.query("select by_hand from t")) == (before, [("precious",)])


@pytest.mark.parametrize(
    ("before", "after", "row", "words"),
    [
        ("a: {type: int}", "a: {type: int, not_null: true}", "(null)", "NOT NULL"),
        ("a: {type: text}", "a: {type: int}", "('seven')", "DS107"),
    ],
)
def test_rows_that_contradict_stop_it_and_stay(
    project: Project, sqlite: Target, before: str, after: str, row: str, words: str
) -> None:
    project.apply(t(before))
    text = written(project, t(after))
    sqlite.execute(f"insert into t (a) values {row}")
    held = rows(sqlite), sqlite.observe()
    done = run_script(sqlite, text)
    assert done.code != 0
    assert words in done.err
    assert (rows(sqlite), sqlite.observe()) == held


def test_rows_that_would_point_to_nothing_stop_it(project: Project, sqlite: Target) -> None:
    project.apply(P, C.replace(", references: p.id", ""))
    text = written(project, P, C)
    sqlite.execute("insert into c values (1, 77)")
    done = run_script(sqlite, text)
    assert done.code != 0
    assert "rows would point to nothing" in done.err
    assert sqlite.query("select * from c") == [(1, 77)]


def test_another_trigger_of_the_same_name_is_not_dropped(project: Project, sqlite: Target) -> None:
    project.apply(t("a: {type: int}", G % ("x", "")), P)
    text = written(project, t("a: {type: int}"), P)
    assert run_script(sqlite, text).code == 0
    sqlite.execute("create trigger X after insert on p begin select 1; end")
    done = run_script(sqlite, text)
    assert done.code != 0
    assert "table.t.trigger.x is neither as it was nor as planned" in done.err
    assert sqlite.query("select count(*) from sqlite_schema where type = 'trigger'") == [(1,)]


def test_a_later_table_of_the_same_name_is_not_dropped(project: Project, sqlite: Target) -> None:
    project.apply(t("a: {type: int}"), P)
    text = written(project, P)
    assert run_script(sqlite, text).code == 0
    sqlite.execute("create table t (precious text); insert into t values ('x')")
    assert run_script(sqlite, text).code != 0
    assert sqlite.query("select * from t") == [("x",)]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (t("a: {type: text}"), t("b: {type: int, renamed_from: a}"), "two plans"),
        (t("a: {type: text}"), t("oid: {type: text, renamed_from: a}"), "every row"),
        (
            w("a: {type: int}", "j: {type: text}").replace("[k]", "[j]"),
            w("a: {type: int}, b: {type: int}", "k: {type: text, renamed_from: j}"),
            "one key",
        ),
    ],
)
def test_what_no_script_can_do_twice_is_refused(project: Project, before: str, after: str, words: str) -> None:
    project.apply(before)
    with pytest.raises(PlanError) as info:
        written(project, after)
    (problem,) = info.value.problems()
    assert problem.code == "RUN042"
    assert words in problem.message
    assert problem.hint
