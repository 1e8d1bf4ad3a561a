"""What a plan asks the server for is what it has, and nothing milder would do: a table of changes, on real servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

import pymysql
import pytest

from reconciler.plan.step import Ladder, Step
from tests.conformance.driver import Project
from tests.target import Target, mysql_connection

# Names of rungs, from the mildest; what the server calls unfit for a change.
_MYSQL = ["INSTANT", "INPLACE, LOCK=NONE", "INPLACE, LOCK=SHARED", "COPY, LOCK=SHARED"]
_MARIADB = [
    "INSTANT", "NOCOPY, LOCK=NONE", "INPLACE, LOCK=NONE", "COPY, LOCK=NONE", "INPLACE, LOCK=SHARED",
    "COPY, LOCK=SHARED",
]  # fmt: skip
_UNFIT = frozenset({1845, 1846})
_WORDS = {"instant": 0, "aside": 1, "rebuilt": 2, "online": 3, "locked": 4, "copied": 5}

P = "table: p\ncolumns: {id: {type: int, primary_key: true}}\n"
COLUMNS = """\
  id: {type: int, primary_key: true}
  a: {type: int}
  b: {type: int, not_null: true, default: 0}
  c: {type: varchar(50)}
  v: {type: varchar(50), not_null: true, default: ''}
  s: {type: varchar(20)}
  e: {native: "enum('a','b')"}
  d: {type: 'decimal(10,2)'}
"""
T = f"table: t\ncolumns:\n{COLUMNS}indexes:\n  i_b: {{columns: [b]}}\n  i_v: {{columns: [v]}}\n"


def _column(line: str, spec: str = T) -> str:
    """Replace the column that has this name, or add it."""
    name = line.partition(":")[0]
    lines = spec.splitlines(keepends=True)
    at = next((number for number, text in enumerate(lines) if text.startswith(f"  {name}: ")), None)
    if at is None:
        at = next(number for number, text in enumerate(lines) if text.startswith("indexes"))
        return "".join((*lines[:at], f"  {line}\n", *lines[at:]))
    return "".join((*lines[:at], f"  {line}\n", *lines[at + 1 :]))


def _without(name: str, spec: str = T) -> str:
    return "".join(line for line in spec.splitlines(keepends=True) if not line.startswith(f"  {name}: "))


FULLTEXT = f"{T}  f_c: {{columns: [c], method: fulltext}}\n"
COMPUTED = _column("g: {type: int, generated: {sql: a + 1, stored: false}}")
STORED = _column("g: {type: int, generated: {sql: a + 1, stored: true}}")
KEYED = f"{COMPUTED}  i_g: {{columns: [g]}}\n"
CHECKED = f"{T}checks:\n  t_ck: a > 0\n"
POINTS = f"{T}foreign_keys:\n  t_fk: {{columns: [a], references: p(id)}}\n"
TWO = T.replace("id: {type: int, primary_key: true}", "id: {type: int, not_null: true}") + "primary_key: [id, b]\n"
NEEDED = "{type: 'decimal(10,2)', not_null: true, default: 0}"
LARGER = "b: {type: bigint, not_null: true, default: 0}"
HELD = "{type: varchar(50), not_null: true, default: '', collation: utf8mb4_bin}"
CASCADES = POINTS.replace("p(id)", "p(id), on_delete: cascade")

# what it is, before, after, how MySQL and MariaDB do it
CASES: Mapping[str, tuple[str, str, str, str]] = {
    "a column": (T, _column("x: {type: int}"), "instant", "instant"),
    "a column with a default": (T, _column("x: {type: int, not_null: true, default: 3}"), "instant", "instant"),
    "a column with an expression": (T, _column("x: {type: int, default: {sql: 1 + 1}}"), "copied", "instant"),
    "a column that is computed": (T, COMPUTED, "instant", "instant"),
    "a column that is stored": (T, STORED, "copied", "online"),
    "no column": (T, _without("d"), "instant", "instant"),
    "a default": (T, _column("a: {type: int, default: 5}"), "instant", "instant"),
    "a comment of a column": (T, _column("a: {type: int, comment: x}"), "instant", "instant"),
    "not null": (T, _column("a: {type: int, not_null: true}"), "rebuilt", "rebuilt"),
    "null": (T, _column("b: {type: int, default: 0}"), "rebuilt", "rebuilt"),
    "a longer text": (T, _column("c: {type: varchar(60)}"), "rebuilt", "instant"),
    "a longer text across 255 bytes": (T, _column("c: {type: varchar(100)}"), "copied", "online"),
    "a short text across 255 bytes": (T, _column("s: {type: varchar(100)}"), "copied", "instant"),
    "a longer text in an index": (
        T, _column("v: {type: varchar(60), not_null: true, default: ''}"), "rebuilt", "instant",
    ),
    "a shorter text": (T, _column("c: {type: varchar(40)}"), "copied", "online"),
    "a larger number": (T, _column("a: {type: bigint}"), "copied", "online"),
    "more digits": (T, _column("d: {type: 'decimal(12,2)'}"), "copied", "online"),
    "a text": (T, _column("c: {type: text}"), "copied", "online"),
    "a member at the end": (T, _column("e: {native: \"enum('a','b','c')\"}"), "instant", "instant"),
    "members in another order": (T, _column("e: {native: \"enum('b','a')\"}"), "copied", "online"),
    "a collation": (T, _column("c: {type: varchar(50), collation: utf8mb4_bin}"), "rebuilt", "instant"),
    "a collation in an index": (T, _column(f"v: {HELD}"), "copied", "aside"),
    "a character set": (T, _column("c: {type: varchar(50), collation: latin1_swedish_ci}"), "copied", "online"),
    "a number that counts up": (T, _column("id: {type: int, primary_key: true, identity: true}"), "copied", "copied"),
    "one that does so no more": (
        _column("id: {type: int, primary_key: true, identity: true}"), T, "copied", "instant",
    ),
    "another formula": (COMPUTED, COMPUTED.replace("a + 1", "a + 2"), "copied", "instant"),
    "another stored formula": (STORED, STORED.replace("a + 1", "a + 2"), "copied", "online"),
    "an index": (T, f"{T}  i_a: {{columns: [a]}}\n", "rebuilt", "aside"),
    "a unique index": (T, f"{T}unique:\n  u_a: [id, a]\n", "rebuilt", "aside"),
    "an index of words": (T, FULLTEXT, "locked", "online"),
    "no index": (T, T.replace("  i_b: {columns: [b]}\n", ""), "rebuilt", "aside"),
    "another index": (T, T.replace("columns: [b]}", "columns: [b, a]}"), "rebuilt", "aside"),
    "a hidden index": (T, T.replace("columns: [b]}", "columns: [b], invisible: true}"), "rebuilt", "instant"),
    "a primary key of two": (T, TWO, "rebuilt", "rebuilt"),
    "a foreign key": (T, POINTS, "copied", "online"),
    "no foreign key": (POINTS, T, "rebuilt", "aside"),
    "a check": (T, CHECKED, "copied", "online"),
    "no check": (CHECKED, T, "instant", "instant"),
    "a comment": (T, f"{T}comment: x\n", "rebuilt", "instant"),
    "how many rows to expect": (T, f"{T}options: {{mysql: {{max_rows: 1000}}}}\n", "rebuilt", "instant"),
    "a row format": (T, f"{T}options: {{mysql: {{row_format: compressed}}}}\n", "rebuilt", "rebuilt"),
    "another collation of all": (T, f"{T}options: {{mysql: {{collation: utf8mb4_bin}}}}\n", "copied", "online"),
    "another engine": (T, f"{T}options: {{mysql: {{engine: myisam}}}}\n", "copied", "online"),
    "a column beside words": (FULLTEXT, _column("x: {type: int}", FULLTEXT), "copied", "online"),
    "not null beside words": (FULLTEXT, _column("a: {type: int, not_null: true}", FULLTEXT), "copied", "online"),
    "an index beside words": (FULLTEXT, f"{FULLTEXT}  i_a: {{columns: [a]}}\n", "rebuilt", "aside"),
    "a column beside an index of what is computed": (KEYED, _column("x: {type: int}", KEYED), "instant", "online"),
    "not null beside an index of what is computed": (KEYED, _column(f"d: {NEEDED}", KEYED), "rebuilt", "online"),
    "not null beside what is stored": (STORED, _column(f"d: {NEEDED}", STORED), "rebuilt", "online"),
    "a larger number beside a foreign key": (POINTS, _column(LARGER, POINTS), "copied", "online"),
    "a larger number beside a cascade": (CASCADES, _column(LARGER, CASCADES), "copied", "copied"),
    "a cascade": (T, CASCADES, "copied", "online"),
}  # fmt: skip


def _ladders(steps: Sequence[Step]) -> list[Ladder]:
    return [statement.ladder for step in steps for statement in step.statements if statement.ladder]


@pytest.mark.parametrize("case", list(CASES))
def test_the_server_takes_what_is_foreseen_and_nothing_milder(project: Project, my: Target, case: str) -> None:
    before, after, *ways = CASES[case]
    project.apply(P, before)
    my.execute("insert into p values (1); insert into t (id, a, b, d) values (1, 1, 1, 1)")
    ladders = _ladders(project.plan(P, after).planned.plan.steps)
    assert len(ladders) == 1, [ladder.text(ladder.rungs[0]) for ladder in ladders]
    names = _MYSQL if my.dialect == "mysql" else _MARIADB
    wanted = ways[my.dialect == "mariadb"]
    foreseen = _rung(my.dialect, wanted)
    assert ladders[0].rungs[0].name == foreseen
    for milder in names[: names.index(foreseen)]:
        _refused(my, ladders[0], milder)
    project.apply(P, after)
    said = my.query("select statements from _reconcile_step order by finished_at desc, position desc limit 1")
    assert said == [(ladders[0].text(ladders[0].rungs[0]),)], "what was foreseen is what was done"
    assert my.query("select count(*) from t") == [(1,)]


def _rung(dialect: str, word: str) -> str:
    if dialect == "mariadb":
        return _MARIADB[_WORDS[word]]
    return {"instant": _MYSQL[0], "rebuilt": _MYSQL[1], "locked": _MYSQL[2], "copied": _MYSQL[3]}[word]


def _refused(my: Target, ladder: Ladder, name: str) -> None:
    """Hold that the server refuses a milder way: whatever came before it in the plan's statement stays."""
    words = ladder.rungs[0].words
    clause = f", ALGORITHM={name}" if words.startswith(",") else f" ALGORITHM={name.replace(',', '')}"
    with closing(mysql_connection(my.url)) as connection, connection.cursor() as cursor:
        cursor.execute("set session sql_mode = 'STRICT_ALL_TABLES'")
        with pytest.raises(pymysql.err.MySQLError) as info:
            cursor.execute(f"{ladder.head} {', '.join(ladder.clauses)}{clause}")
    code = info.value.args[0]
    assert code in _UNFIT or (code == 1064 and "INSTANT" in name and not words.startswith(",")), info.value
