"""What rests on a function, an enum or a view that is made anew goes before it and comes back after it, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import ApplyFailed, PlanError, Refused
from tests.conformance.postgres.specs import EVERYTHING, Specs, statements
from tests.target import Target, fresh

TABLE = """
table: t
columns: {id: {type: int, not_null: true}, a: {type: int, default: {sql: twice(3)}}, b: {type: plain},
  c: {type: int, generated: {sql: twice(id)}}}
primary_key: [id]
checks: {t_check: "twice(a) < 1000"}
indexes: {t_idx: {columns: [{sql: twice(a)}], where: "twice(a) > 0"}}
triggers: {t_touch: {timing: before, events: [update], when: twice(new.a) > 1, execute: touch}}
""".replace("{type: plain}", "{native: plain}")
AROUND = """
---
domain: plain
type: int
default: {sql: twice(4)}
checks: {plain_check: "twice(value) > -1000"}
---
function: touch
returns: trigger
language: plpgsql
body: begin return new; end
---
function: thrice
arguments: {n: {type: int, default: {sql: twice(1)}}}
returns: int
body: select n
---
view: first
options: {security_barrier: true}
query: select id, twice(a) as a from t
---
view: second
comment: on the first
query: select id, a from first
triggers: {second_add: {timing: instead_of, events: [insert], body: [insert into t (id) values (new.id)]}}
---
view: third
materialized: true
query: select id, a from second
indexes: {third_idx: {columns: [id], unique: true}}
"""


def twice(name: str) -> str:
    """Return the function that everything rests on; another name of its argument makes it anew."""
    return (
        f"---\nfunction: twice\narguments: {{{name}: int}}\nreturns: int\nvolatility: immutable\n"
        f"body: select {name} * 2\n"
    )


def test_everything_that_calls_a_function_makes_way_and_comes_back(pg: Target, tmp_path: Path) -> None:
    """Rows stay, defaults too: a column is never made anew for its default's sake."""
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(TABLE + AROUND + twice("x"))
    pg.execute(
        "do $$ begin create role rc_reader; exception when duplicate_object then null; end $$;"
        "insert into t (id) values (1), (2); insert into second values (3, 0); refresh materialized view third;"
        "grant select on second to rc_reader; grant execute on function twice(int) to rc_reader;"
        "revoke execute on function twice(int) from public"
    )
    try:
        before = pg.observe()
        done = statements(specs.apply(TABLE + AROUND + twice("y")))
        assert pg.observe() == before.replace("twice(x integer)", "twice(y integer)").replace("x * 2", "y * 2")
        assert pg.query("select id, a, b, c from t order by id") == [(1, 6, 8, 2), (2, 6, 8, 4), (3, 6, 8, 6)]
        assert not [text for text in done if "ALTER COLUMN" in text and "DEFAULT" not in text], done
        assert not [text for text in done if "DROP COLUMN" in text and '"c"' not in text], done
        assert pg.query("select has_function_privilege('rc_reader', 'twice(int)', 'execute'),"
                        " has_table_privilege('rc_reader', 'second', 'select')") == [(True, True)]  # fmt: skip
    finally:
        pg.execute("drop owned by rc_reader; drop role rc_reader")


@pytest.mark.parametrize(
    ("by_hand", "culprit"),
    [
        ("create policy p on t using (twice(id) > 0)", "table.t.policy.p"),
        ("create aggregate total(int) (sfunc = int4pl, stype = int, finalfunc = twice)", 'aggregate."total(integer)"'),
        ("create operator @@@ (rightarg = int, function = twice)", "operator"),
    ],
)
def test_what_is_not_managed_and_calls_it_is_named(pg: Target, tmp_path: Path, by_hand: str, culprit: str) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(TABLE + AROUND + twice("x"))
    pg.execute(by_hand)
    with pytest.raises(PlanError) as error:
        specs.plan(TABLE + AROUND + twice("y"))
    assert [problem.code for problem in error.value.problems()] == ["RUN032"]
    assert culprit in str(error.value.problems()[0].address)
    specs.apply(TABLE + AROUND + twice("x").replace("x * 2", "x + x"))


def test_an_enum_that_routines_take_is_made_anew_with_them(pg: Target, tmp_path: Path) -> None:
    document = (
        "enum: mood\nvalues: [{0}]\n---\nfunction: f\narguments: {{m: {{type: enum(mood), default: calm}}}}\n"
        "returns: enum(mood)\nbody: select m\n---\nview: v\nquery: select f('wild') as mood\n---\n"
        "procedure: p\narguments: {{many: array(enum(mood))}}\nbody: ['select many']\n"
    )
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(document.format("wild, calm"))
    done = statements(specs.apply(document.format("calm, wild")))
    assert [text.split("(")[0] for text in done if text.startswith("DROP")] != []
    assert pg.query("select f(), mood from v") == [("calm", "wild")]


def test_types_that_get_other_names_are_followed(pg: Target, tmp_path: Path) -> None:
    document = (
        "enum: mood\nvalues: [calm]\n---\n"
        "function: f\narguments: {m: enum(mood)}\nreturns: enum(mood)\nbody: select m\n---\n"
        "table: t\ncolumns: {id: {type: int}}\n"
        "triggers: {touch: {timing: before, events: [insert], body: begin return new; end}}\n---\n"
        "function: rows\nreturns: {native: t, set: true}\nbody: select * from only t\n"
    )
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(document)
    other = document.replace("mood\nvalues", "feeling\nrenamed_from: mood\nvalues").replace(
        "enum(mood)", "enum(feeling)"
    )
    other = other.replace("table: t\n", "table: u\nrenamed_from: t\n").replace("native: t,", "native: u,")
    other = other.replace("from only t", "from only u").replace("{touch: {", "{poke: {renamed_from: touch, ")
    specs.apply(other)
    assert pg.query("select proname::text from pg_proc where pronamespace = 'public'::regnamespace order by 1") == [
        ("f",), ("rows",), ("u_poke",),
    ]  # fmt: skip
    with fresh(pg.server, tmp_path) as straight:
        plain = other.replace("renamed_from: mood\n", "").replace("renamed_from: t\n", "")
        Specs(tmp_path / "straight", straight.url).apply(plain.replace("renamed_from: touch, ", ""))
        assert straight.observe() == pg.observe()


def test_a_body_may_come_before_what_it_speaks_of(pg: Target, tmp_path: Path) -> None:
    """The table's default calls a function whose body reads another table, which reads a view over the first one."""
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(
        "table: a\ncolumns: {id: {type: int, default: {sql: next_id()}}}\n---\n"
        "function: next_id\nreturns: int\nbody: select coalesce(max(id), 0)::int + 1 from v\n---\n"
        "view: v\nquery: select id from a\n"
    )
    pg.execute("insert into a default values; insert into a default values")
    assert pg.query("select id from a order by 1") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("function: f\nreturns: int\nbody: select no_such from nowhere", "nowhere"),
        ("function: f\nreturns: int\nlanguage: plpgsql\nbody: begin selec 1; end", "selec"),
        ("table: t\ncolumns: {id: {type: int}}\ntriggers: {touch: {timing: before, events: [insert], "
         "body: begin retur new; end}}", "retur"),
    ],
)  # fmt: skip
def test_a_body_that_is_wrong_fails_the_run_by_name(pg: Target, tmp_path: Path, document: str, words: str) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    with pytest.raises(ApplyFailed) as error:
        specs.apply(document)
    (problem,) = error.value.problems()
    assert words in problem.message
    assert problem.address in ("function.f", "table.t.trigger.touch")
    assert pg.query("select count(*) from pg_proc where pronamespace = 'public'::regnamespace") == [(0,)]


def test_a_routine_is_removed_by_its_name_where_there_is_one(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    one = "function: f\narguments: {a: int}\nreturns: int\nbody: select 1\n"
    other = "procedure: f\narguments: {a: bool}\nbody: ['select 1']\n"
    specs.apply("---\n".join((one, one.replace("a: int", "a: text"), other)))
    with pytest.raises(PlanError, match="there are several"):
        specs.plan("removed: function.f\nreason: test\n")
    with pytest.raises(Refused):
        specs.apply(one, type(EVERYTHING)())
    specs.apply(one + "---\nremoved: 'function.\"f(text)\"'\nreason: test\n---\nremoved: procedure.f\nreason: test\n")
    specs.apply("removed: function.f\nreason: test\n", type(EVERYTHING)())
    assert pg.query("select count(*) from pg_proc where proname = 'f'") == [(0,)]


def test_a_routine_gets_another_name(pg: Target, tmp_path: Path) -> None:
    one = "function: f\narguments: {a: int}\nreturns: int\nvolatility: immutable\nbody: select a\n---\n"
    table = (
        "table: t\ncolumns: {id: {type: int, default: {sql: f(1)}}}\n---\nview: v\nquery: select f(id) as id from t\n"
    )
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(one + table)
    other = one.replace("function: f", "function: g\nrenamed_from: f") + table.replace("f(", "g(")
    first, *rest = statements(specs.apply(other))
    assert first == 'ALTER FUNCTION "f"(integer) RENAME TO "g"'
    # Before 16 a view's text names the table before each column, so it is compared by making it; that cannot be done
    # before the function has its name, and the view is made anew.
    old = int(str(pg.query("show server_version_num")[0][0])) < 160000
    assert [text for text in rest if "DROP" in text] == (['DROP VIEW "v"'] if old else [])
