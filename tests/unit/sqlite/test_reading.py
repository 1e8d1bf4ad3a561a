"""SQLite's texts are read completely or not at all, and two spellings of one thing are one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects import dialect
from reconciler.dialects.sqlite.ddl import read_table
from reconciler.dialects.sqlite.ddl_others import read_index, read_view
from reconciler.dialects.sqlite.lexer import LexError, canonical, renamed_words, tokens
from reconciler.dialects.sqlite.narrowing import narrows
from reconciler.dialects.sqlite.objects import Facts, table_objects
from reconciler.dialects.sqlite.render import default_text
from reconciler.dialects.sqlite.session import features
from reconciler.model.objects import Check, Column, ForeignKey, Table, Unique
from reconciler.model.types import Type
from reconciler.model.values import Sql
from tests.strategies import models

# Each is accepted by SQLite, which is asked.
TABLES = [
    "create table t (a)",
    "create table t (a int, b varchar ( 20 ) not null default 'x,)' collate nocase)",
    "create table t (a integer primary key autoincrement, b unique on conflict replace)",
    "create table t (a int constraint c check (a > 0 and b in (1, 2)), b, check (a <> b))",
    "create table t (a int references u (x) on delete set null on update cascade deferrable initially deferred)",
    "create table t (a int, foreign key (a) references u match simple not deferrable, unique (a) on conflict fail)",
    "create table t (a int generated always as (b * 2) stored, b int, c as (b + 1))",
    "create table t (a text, b text, primary key (a, b)) without rowid, strict",
    "create table [t] (`a b` double precision default -1.5e3, \"c\" default (1+1), d default x'00')",
    "create table t (e default current_date)",
    "create table t (a int default +5, b default null, c default true, d unsigned big int) -- a comment",
    "create table t (a int not null on conflict ignore, b int null, constraint pk primary key (a) on conflict abort)",
    "create table t (a int, constraint x unique (a) constraint y check (a > 1))",
    'create table t ("primary" int, \'quoted\' text, "we""ird" int)',
    "create table t (a int constraint one constraint two not null, b int constraint lost, c 'odd type')",
    "create table t (a text, b int references u match full, unique (a collate nocase, b desc), primary key (b desc))",
]


@pytest.mark.parametrize("sql", TABLES)
def test_what_sqlite_accepts_is_read_and_agrees_with_its_pragmas(sql: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(sql)
        stored = connection.execute("select sql from sqlite_schema where type = 'table' and name = 't'").fetchone()[0]
        columns = "select name, type, \"notnull\", dflt_value, pk, hidden from pragma_table_xinfo('t')"
        keys: dict[int, list[tuple[object, ...]]] = {}
        parts = (
            'select id, "table", "from", "to", on_update, on_delete from pragma_foreign_key_list(?) order by id, seq'
        )
        for number, *row in connection.execute(parts, ("t",)):
            keys.setdefault(number, []).append(tuple(row))
        facts = Facts([tuple(row) for row in connection.execute(columns)], keys)
    objects, _ = table_objects("t", stored, facts)
    assert isinstance(objects[0], Table)
    assert objects[0].not_understood == ""


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("create table t (a int frobnicate (3) twice)", "did not expect"),
        ("create table t (a int", "ends too early|expected"),
        ("create table t (a int) with sugar", "did not expect"),
        ("create table t (a int check (a > 0)", "expected"),
        ("create table t (a int \x01)", "unreadable"),
    ],
)
def test_what_is_not_accounted_for_is_not_passed_over(sql: str, complaint: str) -> None:
    with pytest.raises(LexError, match=complaint):
        read_table(sql)


def test_a_disagreement_with_the_pragmas_marks_the_table() -> None:
    row = ("a", "INT", 1, None, 0, 0)
    objects, _ = table_objects("t", "create table t (a int)", Facts([row], {}))
    assert "column a" in objects[0].not_understood  # type: ignore[attr-defined]


def test_constraints_without_a_name_get_distinct_ones_and_are_noted() -> None:
    sql = "create table t (a int unique, check (a > 0), check (a < 9), foreign key (a) references u)"
    key: dict[int, list[tuple[object, ...]]] = {0: [("u", "a", None, "NO ACTION", "NO ACTION")]}
    objects, unnamed = table_objects("t", sql, Facts([("a", "INT", 0, None, 0, 0)], key))
    assert objects[0].not_understood == ""  # type: ignore[attr-defined]
    constraints = [obj for obj in objects if isinstance(obj, Unique | Check | ForeignKey)]
    assert sorted(obj.ref.name for obj in constraints) == ["t_a_fkey", "t_a_key", "t_check", "t_check1"]
    assert unnamed == {obj.ref for obj in constraints}


def test_an_index_and_a_view_are_taken_apart() -> None:
    index = read_index('CREATE UNIQUE INDEX i ON t (a COLLATE nocase DESC, lower(b), "c d" asc) WHERE a > 1 and b')
    assert [(part.name, part.text, part.collation, part.descending) for part in index.parts] == [
        ("a", "a", "nocase", True), (None, "lower(b)", None, False), ("c d", '"c d"', None, False),
    ]  # fmt: skip
    assert (index.unique, index.where) == (True, "a > 1 and b")
    assert read_view("CREATE VIEW v AS  select 1 ; ") == "select 1"
    assert read_view("CREATE VIEW v (x) AS select 1") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a>0", "( A  >  0 )"),
        ('"a" <> 1', "a != 1"),
        ("lower( x ) == 'Y' -- why", "LOWER(x) = 'Y'"),
        ("((a + 1))", "a + 1"),
        ("[a b] /* so */ is null", '"a b" IS NULL'),
    ],
)
def test_two_spellings_are_one(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"), [("'A'", "'a'"), ("a", "b"), ("(a) + (b)", "a) + (b"), ("'x'", "x"), ("1", "1.0")]
)
def test_what_differs_stays_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """The lexer never loops, and what it reads it accounts for to the last character that is no white space."""
    try:
        found = tokens(text)
    except LexError:
        return
    assert all(text[token.start : token.end] == token.text for token in found)


def test_renaming_words_changes_identifiers_and_nothing_else() -> None:
    text = "State = 'state' and other.\"state\" > 1 -- state"
    assert renamed_words(text, {"state": "status"}) == "status = 'state' and other.status > 1 -- state"
    assert renamed_words("a", {"a": "b c"}) == '"b c"'


@pytest.mark.parametrize(
    ("default", "written"),
    [("current_timestamp", "current_timestamp"), ("x'00'", "x'00'"), ("(1 + 1)", "(1 + 1)"), ("1 + 1", "(1 + 1)"),
     ("(1) + (1)", "((1) + (1))"), ("datetime('now')", "(datetime('now'))")],
)  # fmt: skip
def test_a_default_is_enclosed_where_sqlite_wants_it(default: str, written: str) -> None:
    assert default_text(Sql(default, "sqlite")) == written


@given(models())
def test_normalizing_twice_is_normalizing_once(model: object) -> None:
    for name in ("sqlite", "postgres"):
        once = dialect(name).normalize(model).model  # type: ignore[arg-type]
        assert dict(dialect(name).normalize(once).model) == dict(once)


FITS = [
    (
        "TEXT",
        "INTEGER",
        ["5", "-7", "12"],
        ["x", "1x", "1.5.2", "007", "+5", " 5", "5.0", "1e3", "9223372036854775808"],
    ),
    ("TEXT", "REAL", ["5", "1.5", "5.0", "-0.25"], ["x", "007", "1.50", "9007199254740993", "0.12345678901234567"]),
    ("TEXT", "NUMERIC", ["5", "1.5", "9007199254740993"], ["x", "007", "1.50", "12345678901234567890"]),
    ("TEXT", "BOOLEAN", ["0", "1"], ["true", "01"]),
    ("TEXT", "DATE", ["2024-01-31", "x"], ["007", "20240131.0"]),
    ("TEXT", "UUID", ["5b30857f-0bfa-48b5-ac0b-5c64e28078d1"], ["00000000000000000000000000000001"]),
    ("TEXT", "JSON", ["[1]", "5", "null"], ["1.50"]),
    ("TEXT", "BLOB", ["x", "007"], []),
    ("BLOB", "INTEGER", ["5", 5, 5.0, b"5"], ["007", 1.5, b"\x00", 1e300]),
    ("BLOB", "DOUBLE", [5, 1.5, "1.5"], [2**53 + 1, "1.50"]),
    ("REAL", "INTEGER", [1.0, 2.0, 5.0, -1e15], [1.5, 1e300, 2.0**63]),
    ("REAL", "TEXT", [1.5, 5.0, 0.1], [0.1 + 0.2, 1 / 3]),
    ("INTEGER", "DOUBLE", [1, -(2**53), 2**53], [2**53 + 1, 2**63 - 1, -(2**53) - 1]),
    ("NUMERIC", "REAL", [1, 1.5], [2**53 + 1]),
    ("NUMERIC", "INTEGER", [1, 5.0], [1.5]),
    ("INTEGER", "TEXT", [1, 2**63 - 1], []),
    ("INTEGER", "NUMERIC", [1, 2**63 - 1], []),
    ("INTEGER", "SMALLINT", [1, -32768, 32767], [32768, -40000]),
    ("TEXT", "VARCHAR(3)", ["abc", "", "äöü"], ["abcd"]),
    ("TEXT", "DECIMAL(6,2)", ["1.50", "9999.99", "7", "1.5", "7.0", "100"], ["1.555", "10000", "x", "007", "01.5"]),
    ("TEXT", "DECIMAL(12,2)", ["1.5", "1234567890.12"], ["12345678901.5"]),
    ("DECIMAL(10,4)", "DECIMAL(6,2)", [1.25, 9999.99], [1.255, 12345]),
    ("REAL", "DECIMAL(6,2)", [5.0, 1.5], [1.555]),
    ("INTEGER", "BIGINT", [2**62], []),
    ("VARCHAR(3)", "TEXT", ["abc"], []),
    # What is wider or as wide promises no less, whatever the rows hold: SQLite never kept them from it.
    ("NUMERIC(8,2)", "NUMERIC(9,2)", [4 * 1.1, 1e8], []),
    ("DECIMAL(8,2)", "DECIMAL(8,4)", [1.25, 9999.0], [12345]),
    ("DECIMAL(8,2)", "DECIMAL(7,1)", [1.5, 999999], [1.25]),
    ("VARCHAR(3)", "VARCHAR(5)", ["abc", "abcdef"], []),
    ("VARCHAR(5)", "VARCHAR(3)", ["abc"], ["abcd"]),
]


@pytest.mark.parametrize(("old", "new", "fitting", "offending"), FITS)
def test_narrowing_finds_what_does_not_fit(old: str, new: str, fitting: list[object], offending: list[object]) -> None:
    predicate = narrows(Type(old, native=True), Type(new, native=True), '"c"')
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f'create table t ("c" {old})')
        connection.executemany("insert into t values (?)", [(value,) for value in [None, *fitting, *offending]])
        if predicate is None:
            assert not offending
            return
        found = [row for (row,) in connection.execute(f"select rowid - 2 from t where {predicate} order by 1")]
    assert [[*fitting, *offending][row] for row in found] == offending


def test_columns_keep_their_place_and_words() -> None:
    objects, _ = table_objects(
        "t", TABLES[1], Facts([("a", "INT", 0, None, 0, 0), ("b", "varchar ( 20 )", 1, "'x,)'", 0, 0)], {})
    )
    columns = [obj for obj in objects if isinstance(obj, Column)]
    assert [(c.ref.name, c.position, str(c.type), c.type.name) for c in columns] == [
        ("a", 1, "int", "INTEGER"), ("b", 2, "varchar ( 20 )", "VARCHAR(20)"),
    ]  # fmt: skip


def test_deep_parentheses_take_their_length_and_not_its_square() -> None:
    """A million of them: the square of that would take days."""
    depth = 500_000
    assert canonical("(" * depth + "a" + ")" * depth) == "a"


def test_a_library_is_asked_and_no_version_compared() -> None:
    found = features()
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("create table t (a int)")
        try:
            connection.execute("alter table t alter column a set not null")
        except sqlite3.OperationalError:
            assert "alter_null" not in found
        else:
            assert "alter_null" in found
    assert {"drop_column", "rename_column", "strict"} <= found
