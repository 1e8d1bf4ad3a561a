"""Enum values renamed, moved and removed, with rows, arrays, defaults, checks, indexes, generated columns and views."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import PlanError, Refused
from reconciler.plan.hazards import Effect
from tests.conformance.postgres.specs import EVERYTHING, Specs, copied, lines, statements
from tests.target import Target, fresh

NOTHING_ALLOWED = workflow.Terms()


def schema(values: str, more: str = "", label: str = "old") -> str:
    """Return a project in which everything that can use an enum does."""
    return f"""
enum: state
values: {values}
{more}
---
table: t
columns:
  id: {{type: bigint, identity: true}}
  s: {{type: enum(state), not_null: true, default: {label}}}
  many: {{type: array(enum(state)), dialect: {{postgres: {{storage: external}}}}}}
  g: {{type: bool, generated: {{sql: "s = '{label}'"}}}}
primary_key: [id]
unique: {{t_key: [id, s]}}
indexes:
  t_s_idx: [s]
  t_part_idx: {{columns: [id], where: "s = '{label}'"}}
  t_expr_idx: {{columns: [{{sql: "(s = '{label}')"}}], comment: x}}
checks: {{t_ck: "s <> '{label}' or id > 0"}}
exclusions: {{t_ex: {{elements: [{{column: id, with: "="}}, {{column: s, with: "="}}]}}}}
---
view: seen
query: select id, s from t where s = '{label}'
"""


ROWS = "insert into t (s, many) values ('old', '{old,new}'), ('new', null), ('old', '{old,old}')"


def same_as_fresh(specs: Specs, pg: Target, tmp_path: Path, text: str) -> None:
    """Hold that pg_dump sees what a fresh database would have, also after an import."""
    with fresh(pg.server, tmp_path) as straight, fresh(pg.server, tmp_path) as imported:
        Specs(tmp_path / "straight", straight.url).apply(text)
        assert lines(straight) == lines(pg)
        copied(pg, imported, tmp_path / "imported")
        assert lines(imported) == lines(pg)


def test_a_renamed_value_costs_one_statement(pg: Target, tmp_path: Path) -> None:
    """The server keeps values by number, so nothing that uses one is touched."""
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]"))
    pg.execute(ROWS)
    wanted = schema("[new, ancient]", "renamed_values: {old: ancient}", "ancient")
    done = specs.apply(wanted, NOTHING_ALLOWED)
    assert statements(done) == ["ALTER TYPE \"state\" RENAME VALUE 'old' TO 'ancient'"]
    assert {hazard.code for hazard in done.review.planned.hazards} == {"BC103"}
    assert pg.query("select s::text, many::text from t order by id") == [
        ("ancient", "{ancient,new}"), ("new", None), ("ancient", "{ancient,ancient}"),
    ]  # fmt: skip
    same_as_fresh(specs, pg, tmp_path, wanted)


def test_renamed_and_added_at_once(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]"))
    pg.execute(ROWS)
    specs.apply(schema("[first, new, between, ancient]", "renamed_values: {old: ancient}", "ancient"))
    assert pg.query("select enum_range(null::state)::text") == [("{first,new,between,ancient}",)]


def test_a_removed_value_that_rows_hold_is_refused(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]", label="new"))
    pg.execute(ROWS)
    with pytest.raises(Refused) as refusal:
        specs.apply(schema("[new]", label="new"))
    review = refusal.value.review  # type: ignore[attr-defined]
    found = {(str(h.ref), h.effect, h.count, h.sample) for h in review.planned.hazards if h.code == "DS107"}
    assert found == {
        ("table.t.column.s", Effect.BLOCK, 2, ("1", "3")), ("table.t.column.many", Effect.BLOCK, 2, ("1", "3")),
    }  # fmt: skip


def test_rows_of_a_removed_value_get_the_one_that_is_named(pg: Target, tmp_path: Path) -> None:
    """The mapping consents to what it causes, and says how many rows that are."""
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]", label="old"))
    pg.execute(ROWS)
    wanted = schema("[done, new]", "removed_values: {old: done}", "new")
    done = specs.apply(wanted, NOTHING_ALLOWED)
    counted = {(h.code, str(h.ref), h.count) for h in done.review.planned.hazards if h.code.startswith("DS")}
    assert counted == {
        ("DS106", "enum.state", None), ("DS110", "table.t.column.s", 2), ("DS110", "table.t.column.many", 2),
    }  # fmt: skip
    assert pg.query("select s::text, many::text from t order by id") == [
        ("done", "{done,new}"), ("new", None), ("done", "{done,done}"),
    ]  # fmt: skip
    same_as_fresh(specs, pg, tmp_path, wanted)


def test_values_in_another_order(pg: Target, tmp_path: Path) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]"))
    pg.execute(ROWS)
    wanted = schema("[old, new]")
    specs.apply(wanted)
    assert pg.query("select max(s)::text from t") == [("new",)]
    same_as_fresh(specs, pg, tmp_path, wanted)


def test_what_a_protected_table_holds_is_not_written_anew(pg: Target, tmp_path: Path) -> None:
    """A type that is made anew writes every column of it."""
    specs = Specs(tmp_path / "specs", pg.url)
    protected = schema("[new, old]", label="new").replace("primary_key: [id]", "primary_key: [id]\nprotect: true")
    specs.apply(protected)
    with pytest.raises(Refused) as refusal:
        specs.apply(protected.replace("[new, old]", "[old, new]"))
    refused = refusal.value.review.planned.verdict.refused  # type: ignore[attr-defined]
    assert {str(h.ref) for h in refused if h.code == "PR101"} >= {"table.t.column.s", "table.t.column.many"}
    specs.apply(protected.replace("[new, old]", "[new, old, later]"), EVERYTHING)


@pytest.mark.parametrize(
    ("by_hand", "culprit"),
    [
        ("alter table t add column extra state default 'old'", "table.t.column.extra"),
        ("alter table t add constraint extra check (s <> 'old')", "table.t.check.extra"),
        ("create function f(a state default 'old') returns int language sql as 'select 1'", 'function."f(state)"'),
        ("create domain extra as state", "domain.extra"),
    ],
)
def test_what_nobody_declared_and_names_the_value_refuses(
    pg: Target, tmp_path: Path, by_hand: str, culprit: str
) -> None:
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(schema("[new, old]", label="new"))
    pg.execute(by_hand)
    with pytest.raises(PlanError) as error:
        specs.plan(schema("[new]", label="new"))
    assert culprit in {problem.address for problem in error.value.problems()}


def test_text_becomes_an_enum_of_the_same_plan(pg: Target, tmp_path: Path) -> None:
    """The type is not there yet when the rows are asked, and has not all of its values."""
    table = "table: t\ncolumns: {{id: {{type: int}}, s: {{type: {0}, default: a}}, m: {{type: array({0})}}}}"
    text = f"enum: later\nvalues: [a]\n---\n{table.format('text')}\nprimary_key: [id]\n"
    specs = Specs(tmp_path / "specs", pg.url)
    specs.apply(text)
    pg.execute("insert into t values (1, 'a', '{a,b}'), (2, 'b', '{}'), (3, null, null), (4, 'c', '{c,a}')")
    for name in ("mood", "later"):
        wanted = f"enum: {name}\nvalues: [a, b]\n---\n{table.format(f'enum({name})')}\nprimary_key: [id]\n"
        with pytest.raises(Refused):
            specs.apply(wanted)
        found = {str(hazard.ref): (hazard.count, hazard.sample) for hazard in specs.plan(wanted).planned.hazards
                 if hazard.code == "DS107"}  # fmt: skip
        assert found == {"table.t.column.s": (1, ("4",)), "table.t.column.m": (1, ("4",))}
    pg.execute("update t set s = 'a', m = '{a}' where id = 4")
    specs.apply(wanted)
    assert pg.query("select id, s::text, m::text from t order by id") == [
        (1, "a", "{a,b}"), (2, "b", "{}"), (3, None, None), (4, "a", "{a}"),
    ]  # fmt: skip
    same_as_fresh(specs, pg, tmp_path, wanted)
