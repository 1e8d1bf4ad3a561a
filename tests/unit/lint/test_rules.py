"""Each rule of lint: a document in which it finds something, and one beside it in which it must not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from reconciler import dialects
from reconciler.lint.kinds import LINTS
from reconciler.lint.rules import findings
from tests.unit.spec.lowered import lower

KEYED = "primary_key: [id]"
ID = "id: {type: bigint, identity: true}"


def table(columns: str, rest: str = KEYED, name: str = "t") -> str:
    return f"table: {name}\ncolumns: {{{columns}}}\n{rest}\n"


OLD = "deprecated: {since: 2020-01-01, remove_after: 2999-01-31}"
VIEW = "---\nview: v\nquery: select a from t\n"
GOING = table(ID, f"{KEYED}\n{OLD}") + "---\n"
REFERRING = f"{ID}, t_id: {{type: bigint, references: t.id}}"
PARENT = table(ID, name="p")
CHILD = f"{ID}, p_id: {{type: bigint, references: p.id}}"


@dataclass(frozen=True, slots=True)
class Case:
    """Specs, the address at which the code is found, and specs in which it is not."""

    code: str
    bad: str
    at: str
    good: str
    dialect: str = "postgres"


FUNCTION = "function: f\nlanguage: plpgsql\narguments: {a: text}\nreturns: int\nbody:\n  postgres: |\n  %s\n"
CASES = [
    Case("MY141", table("a: {type: text}", ""), "table.t", table(ID)),
    Case("MY141", table("a: {type: text}", ""), "table.t", table(ID), "sqlite"),
    Case("IX101", table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: [a], y: [a, id]}}"), "table.t.index.x",
         table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: [a], y: [id, a]}}")),
    Case("IX101", table(ID, f"{KEYED}\nindexes: {{x: [id]}}"), "table.t.index.x",
         table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: {{columns: [id], where: a > 1}}}}"), "sqlite"),
    Case("IX101", table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: [a], y: [a]}}"), "table.t.index.y",
         table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: [a], y: [a desc]}}"), "mysql"),
    Case("IX101", table(f"{ID}, a: {{type: int}}", f"{KEYED}\nunique: {{u: [a, id]}}\nindexes: {{x: [a]}}"),
         "table.t.index.x",
         table(f"{ID}, a: {{type: int}}", f"{KEYED}\nindexes: {{x: {{columns: [a], unique: true}}, y: [a, id]}}")),
    Case("IX102", f"{PARENT}---\n{table(CHILD)}", "table.t.foreign_key.t_p_id_fkey",
         f"{PARENT}---\n{table(CHILD, KEYED + chr(10) + 'indexes: {x: [p_id, id]}')}"),
    Case("IX103", table(f"{ID}, a: {{type: int}}, b: {{type: int}}, c: {{type: int}}",
                        f"{KEYED}\nindexes: {{x: [a, b, c, id]}}"), "table.t.index.x",
         table(f"{ID}, a: {{type: int}}, b: {{type: int}}, c: {{type: int}}", f"{KEYED}\nindexes: {{x: [a, b, c]}}")),
    Case("IX104", f"{PARENT}---\n{table(f'{ID}, p_id: {{type: int, references: p.id}}')}",
         "table.t.foreign_key.t_p_id_fkey", f"{PARENT}---\n{table(CHILD)}"),
    Case("IX104", f"{PARENT}---\n{table(f'{ID}, p_id: {{type: text, references: p.id}}')}",
         "table.t.foreign_key.t_p_id_fkey", f"{PARENT}---\n{table(f'{ID}, p_id: {{type: int, references: p.id}}')}",
         "sqlite"),
    Case("IX105", table(f"{ID}, a: {{type: int}}", f"{KEYED}\nunique: {{u: [a]}}"), "table.t.unique.u",
         table(f"{ID}, a: {{type: int}}", f"{KEYED}\nunique: {{u: {{columns: [a], nulls_not_distinct: true}}}}")),
    Case("MY142", table(ID, name="Orders"), "table.Orders", table(ID, name="orders"), "mysql"),
    Case("MY142", table(f"{ID}, a: {{type: date, default: '0000-00-00'}}"), "table.t.column.a",
         table(f"{ID}, a: {{type: date, default: '2000-01-01'}}"), "mariadb"),
    Case("NM107", table(f"{ID}, user: {{type: text}}"), "table.t.column.user", table(f"{ID}, key: {{type: text}}")),
    Case("NM107", table(f"{ID}, key: {{type: text}}"), "table.t.column.key", table(f"{ID}, user: {{type: text}}"),
         "mysql"),
    Case("NM107", table(f"{ID}, group: {{type: text}}"), "table.t.column.group", table(f"{ID}, key: {{type: text}}"),
         "sqlite"),
    Case("NM109", f"{table(ID)}---\n{table(ID, name='T')}", "table.T", f"{table(ID)}---\n{table(ID, name='t2')}"),
    Case("PG315", "domain: d\ntype: int\nchecks: {c: value > 0}\n", "domain.d", "domain: d\ntype: int\n"),
    Case("PG317", table(f"{ID}, a: {{type: json}}"), "table.t.column.a", table(f"{ID}, a: {{native: jsonb}}")),
    Case("TY101", table("id: {type: int, identity: true}"), "table.t.column.id", table(ID)),
    Case("TY101", table("id: {native: serial}"), "table.t.column.id", table("id: {native: bigserial}")),
    Case("TY101", table("id: {type: smallint}"), "table.t.column.id",
         f"{PARENT}---\n{table('id: {type: int, references: p.id}')}", "mariadb"),
    Case("TY102", table(f"{ID}, a: {{type: timestamp}}"), "table.t.column.a",
         table(f"{ID}, a: {{type: timestamptz}}")),
    Case("TY104", table(f"{ID}, unit_price: {{type: double}}"), "table.t.column.unit_price",
         table(f"{ID}, unit_price: {{type: 'decimal(12,2)'}}, surprise: {{type: double}}"), "sqlite"),
    Case("DP101", table(f"{ID}, a: {{type: int, {OLD}}}") + VIEW, "view.v", table(f"{ID}, a: {{type: int}}") + VIEW),
    Case("DP101", GOING + table(REFERRING, name="u"), "table.u.foreign_key.u_t_id_fkey",
         GOING + table(REFERRING, f"{KEYED}\n{OLD}", "u")),
    Case("DP102", table(f"{ID}, a: {{type: int, {OLD.replace('2999', '2020')}}}"), "table.t.column.a",
         table(f"{ID}, a: {{type: int, {OLD}}}")),
    Case("AR110", table(f"a: {{type: bool}}, {ID}, b: {{type: bool}}, c: {{type: bigint}}"), "table.t",
         table(f"{ID}, c: {{type: bigint}}, a: {{type: bool}}, b: {{type: bool}}")),
    Case("SA101", FUNCTION % "  begin execute 'select ' || a; return 1; end", "function.",
         FUNCTION % "  begin execute format('select %I', a) || '' ; execute 'select $1' using a; return 1; end"),
]  # fmt: skip


def found(text: str, dialect: str, naming: dict[str, str] | None = None) -> Iterator[tuple[str, str]]:
    made = dialects.dialect(dialect)
    desired = lower(text, dialect, *made.fallback)
    normal = made.normalize(desired.model)
    assert [problem for problem in normal.problems if problem.severity == "error"] == []
    for one in findings(replace(desired, model=normal.model), dialect, naming or {}):
        yield one.code, str(one.ref)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.code}-{case.dialect}-{n}" for n, case in enumerate(CASES)])
def test_a_rule_finds_this_and_not_that(case: Case) -> None:
    assert [at for code, at in found(case.bad, case.dialect) if code == case.code and at.startswith(case.at)]
    assert [at for code, at in found(case.good, case.dialect) if code == case.code] == []


NAMES = f"""\
schema: App
---
{table(f"{ID}, BAD: {{type: int}}", KEYED + chr(10) + "indexes: {IX: [BAD]}" + chr(10) + "checks: {CK: id > 0}", "Tab")}
foreign_keys: {{FK: {{columns: [BAD], references: Tab(id)}}}}
"""
NAMING = dict.fromkeys(("schema", "table", "column", "index", "foreign_key", "check"), "[a-z_]+")


def test_names_are_held_to_the_patterns_and_those_that_nobody_gave_are_not() -> None:
    codes = {(code, at) for code, at in found(NAMES, "postgres", NAMING) if code.startswith("NM10") and code < "NM107"}
    assert codes == {
        ("NM101", "schema.App"), ("NM102", "table.Tab"), ("NM103", "table.Tab.column.BAD"),
        ("NM104", "table.Tab.index.IX"), ("NM105", "table.Tab.foreign_key.FK"), ("NM106", "table.Tab.check.CK"),
    }  # fmt: skip
    unnamed = f"{PARENT}---\n{table(CHILD)}"
    assert [code for code, _ in found(unnamed, "postgres", {"foreign_key": "[a-z]"}) if code == "NM105"] == []


def test_every_rule_has_a_case() -> None:
    assert {case.code for case in CASES} | {f"NM10{number}" for number in range(1, 7)} == set(LINTS)
