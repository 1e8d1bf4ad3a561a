"""Rows through changes of their columns: what is computed, what converts, and what points nowhere."""

from __future__ import annotations

import pytest

from reconciler.dialects.base import DatabaseError
from reconciler.dialects.base import Target as Place
from reconciler.dialects.sqlite.dialect import DIALECT
from reconciler.model.ref import Kind, Ref
from reconciler.plan.step import Step
from tests.conformance.driver import Project
from tests.target import Target

T = "table: t\ncolumns: {{id: {{type: int, identity: true}}, {columns}}}\nprimary_key: [id]\n{rest}"


def table(columns: str, rest: str = "") -> str:
    return T.format(columns=columns, rest=rest)


# --- generated columns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", ["true", "false"])
def test_what_was_computed_stays_when_it_is_computed_no_more(project: Project, sqlite: Target, stored: str) -> None:
    computed = f"g: {{type: int, generated: {{sql: a * 2, stored: {stored}}}}}"
    project.apply(table(f"a: {{type: int}}, {computed}"))
    sqlite.execute("insert into t (a) values (1), (5)")
    project.apply(table("a: {type: int}, g: {type: int}"))
    assert sqlite.query("select a, g from t order by 1") == [(1, 2), (5, 10)]
    sqlite.execute("update t set g = 7 where a = 1")


def test_what_is_computed_from_now_on_says_what_it_overwrites(project: Project, sqlite: Target) -> None:
    project.apply(table("a: {type: int}, g: {type: int}"))
    sqlite.execute("insert into t (a, g) values (1, 9)")
    computed = table("a: {type: int}, g: {type: int, generated: {sql: a * 2, stored: true}}")
    assert "DS103" in project.hazards(computed)
    project.apply(computed)
    assert sqlite.query("select a, g from t") == [(1, 2)]


# --- conversions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "value"), [("bigint", "double", "9007199254740993"), ("text", "int", "'007'")]
)
def test_a_value_that_would_become_another_refuses(
    project: Project, sqlite: Target, before: str, after: str, value: str
) -> None:
    project.apply(table(f"a: {{type: {before}}}"))
    sqlite.execute(f"insert into t (a) values ({value})")
    rows = sqlite.query("select a, typeof(a) from t")
    assert project.blocked(table(f"a: {{type: {after}}}")) == {"DS107"}
    assert sqlite.query("select a, typeof(a) from t") == rows


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [("text", '"decimal(12,2)"', "'1.5'"), ("double", "int", "5.0"), ("text", "date", "'2024-01-31'")],
)
def test_clean_values_convert(project: Project, sqlite: Target, before: str, after: str, value: str) -> None:
    project.apply(table(f"a: {{type: {before}}}"))
    sqlite.execute(f"insert into t (a) values ({value})")
    project.apply(table(f"a: {{type: {after}}}"))
    assert sqlite.query(f"select a = {value} from t") == [(1,)]


# --- orphans ------------------------------------------------------------------------------------------------------

PARENT = "table: p\ncolumns: {id: {type: int, identity: true}, n: {type: int}}\nprimary_key: [id]\n"
CHILD = "table: c\ncolumns: {{id: {{type: int}}, a: {{type: int}}, b: {{type: int}}, n: {{type: {n}}}}}\n{rest}"
ONE = "  c_a_fkey: {columns: [a], references: p(id)}\n"
TWO = "  c_b_fkey: {columns: [b], references: p(id)}\n"


def child(keys: str = ONE, n: str = "int", *, without_rowid: bool = False) -> str:
    options = "primary_key: [id]\noptions: {sqlite: {without_rowid: true}}\n" if without_rowid else ""
    return CHILD.format(n=n, rest=f"{options}foreign_keys:\n{keys}")


def orphaned(project: Project, sqlite: Target, *, without_rowid: bool = False) -> None:
    project.apply(PARENT, child(without_rowid=without_rowid))
    sqlite.execute("pragma foreign_keys = off; insert into c (id, a, b) values (1, 77, null), (2, 78, null)")


@pytest.mark.parametrize("without_rowid", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda at: [PARENT, child(TWO + ONE, without_rowid=at)], id="a key is added"),
        pytest.param(lambda at: [PARENT, child(n="text", without_rowid=at)], id="rebuilt"),
        pytest.param(
            lambda at: [
                PARENT,
                child(n="text", without_rowid=at).replace("table: c", "table: d\nrenamed_from: c"),
            ],
            id="table renamed",
        ),
        pytest.param(
            lambda at: [
                PARENT.replace("table: p", "table: q\nrenamed_from: p"),
                child(n="text", without_rowid=at)
                .replace("p(id)", "q(id)")
                .replace("[a]", "[x]")
                .replace("a: {type: int}", "x: {type: int, renamed_from: a}"),
            ],
            id="parent and column renamed",
        ),
    ],
)
def test_rows_that_pointed_nowhere_before_are_no_obstacle(
    project: Project, sqlite: Target, change: object, without_rowid: bool
) -> None:
    orphaned(project, sqlite, without_rowid=without_rowid)
    project.apply(*change(without_rowid))  # type: ignore[operator]
    assert len(sqlite.query("pragma foreign_key_check")) == 2


@pytest.mark.parametrize("without_rowid", [False, True])
def test_rows_that_would_newly_point_nowhere_refuse(project: Project, sqlite: Target, without_rowid: bool) -> None:
    orphaned(project, sqlite, without_rowid=without_rowid)
    sqlite.execute("pragma foreign_keys = off; update c set b = 99 where id = 1")
    assert project.blocked(PARENT, child(TWO + ONE, without_rowid=without_rowid)) == {"MF105"}


@pytest.mark.parametrize("without_rowid", [False, True])
def test_an_orphan_that_a_step_makes_takes_everything_back(
    project: Project, sqlite: Target, without_rowid: bool
) -> None:
    """Whatever a rule gets wrong: with keys off, only the count before and after shows it."""
    orphaned(project, sqlite, without_rowid=without_rowid)
    sqlite.execute("pragma foreign_keys = off; insert into p (id) values (1); insert into c (id, a) values (3, 1)")
    ref = Ref.root(Kind.TABLE, "p")
    step = Step(subject=ref, action="update", statements=(), changes=(), drops=frozenset({ref}))
    session = DIALECT.connect(Place(dialect="sqlite", url=sqlite.url, label="", access="write"))
    with pytest.raises(DatabaseError, match="1 rows of c"), DIALECT.transaction(session, [step], 1.0):
        session.execute("delete from p")
    session.close()
    assert sqlite.query("select id from p") == [(1,)]
