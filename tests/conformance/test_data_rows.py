"""Declared rows on the real engines: after an apply they are there as listed, whatever their types."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import Refused
from reconciler.plan.policy import parse_allowance
from reconciler.report.facts import Review
from reconciler.workflow.acting import Terms
from tests.target import Target

# A value of each portable type in several spellings, some of them the default, null, or the longest that there is.
TYPES = """
enum: mood
values: [glad, sad]
---
table: things
columns:
  id: {type: bigint}
  kind: {type: varchar(20), not_null: true}
  yes: {type: bool, default: true}
  small: {type: smallint}
  whole: {type: int, default: 7}
  price: {type: "decimal(12,2)", default: 0}
  ratio: {type: double}
  about: {type: float}
  label: {type: text, default: none}
  code: {type: char(4)}
  raw: {type: bytes}
  born: {type: date}
  opens: {type: time}
  made: {type: timestamp}
  seen: {type: timestamptz}
  token: {type: uuid}
  extra: {type: json}
  mood: {type: enum(mood)}
primary_key: [kind, id]
"""
ROWS = """
---
data: things
key: [kind, id]
rows:
  - {kind: a, id: 1, yes: true, small: -32768, whole: 2147483647, price: 1.5, ratio: 1.0e-7, about: 0.25, label: x,
     code: ab, raw: '\\x00ff', born: 2024-02-29, opens: "12:30:45.5", made: 2024-02-29 23:59:59,
     seen: 2024-02-29T23:30:00+02:00, token: 6f1c1d9e-0d4c-4c1f-9d36-3d3a8f0d2b11, extra: '{"b": [1, 2.50], "a": "ü"}',
     mood: glad}
  - {kind: a, id: 2, yes: false, small: 0, price: 1.50, ratio: 3, about: -0.1, label: "it's \\"so\\" \\\\ 100% :x ü\\n",
     code: "", raw: '\\x', born: "0001-01-01", opens: "00:00:00", made: 2024-02-29T00:00:00.123456, seen: 2024-02-29,
     token: 6F1C1D9E-0D4C-4C1F-9D36-3D3A8F0D2B12, extra: "[]", mood: sad}
  - {kind: b, id: 1, yes: "no", small: null, whole: null, price: "10.10", ratio: null, about: 1.0e+10, label: "",
     code: "0012", raw: null, born: null, opens: null, made: null, seen: null, token: null, extra: 'null', mood: null}
  - {kind: b, id: -9223372036854775807, label: 12, code: 12.0, extra: "1.0"}
  - {kind: "B'", id: 1}
"""


@pytest.fixture
def project(target: Target, tmp_path: Path) -> workflow.Request:
    """A project without a spec yet."""
    (tmp_path / "reconcile.yaml").write_text(
        f"reconcile: 1\nproject: p\nsql: postgres\nenvironments: {{here: {{url: '{target.url}', "
        "policy: {approve: never}}}\n"
    )
    return workflow.Request(directory=tmp_path, environment="here")


def write(request: workflow.Request, text: str) -> None:
    (request.directory / "all.yaml").write_text(text.lstrip().removeprefix("---\n"))


def words(review: Review) -> dict[str, str]:
    """Return what the plan does to the rows of each document."""
    found: dict[str, str] = {}
    for step in review.planned.plan.steps:
        if step.rows is not None:
            found[str(step.subject)] = ", ".join(filter(None, (found.get(str(step.subject)), step.rows.words())))
    return found


def settled(request: workflow.Request) -> None:
    """Apply, and prove that nothing is left."""
    workflow.apply(request)
    left = workflow.plan(request)
    assert left.planned.plan.empty, left.planned.plan.statements


def test_rows_of_every_type_converge(project: workflow.Request, target: Target) -> None:
    write(project, TYPES)
    settled(project)
    write(project, TYPES + ROWS)
    assert words(workflow.plan(project)) == {"data.things": "5 inserted"}
    settled(project)
    defaults = "select count(*) from things where whole = 7 and price = 0 and label = 'none'"
    assert target.query(defaults) == [(1,)]
    assert target.query("select count(*) from things where whole is null and label = ''") == [(1,)]
    assert [float(price) for (price,) in target.query("select price from things order by price")] == [
        0,
        0,
        1.5,
        1.5,
        10.1,
    ]

    # Whoever changes what is listed is told, field by field; what is not listed is nobody's business.
    target.execute("update things set price = 1.51, label = null where id = 2")
    target.execute("update things set whole = 3, born = '2020-01-01' where kind = 'b' and id < 0")
    target.execute("delete from things where kind = 'b' and id = 1")
    target.execute("insert into things (kind, id) values ('own', 5)")
    review = workflow.plan(project)
    assert words(review) == {"data.things": "1 inserted, 1 changed"}
    (changed,) = [row for row in review.planned.plan.steps[0].rows.first if row.action == "update"]  # type: ignore[union-attr]
    assert dict(changed.key) == {"kind": "a", "id": "2"}
    assert {name for name, _ in changed.new} == {"price", "label"}
    assert dict(changed.old) == {"price": "1.51", "label": None}
    settled(project)
    assert target.query("select count(*) from things where kind = 'own'") == [(1,)]
    assert target.query("select whole from things where kind = 'b' and id < 0") == [(3,)]


SHOP = """
table: kinds
columns:
  code: {type: varchar(5), primary_key: true}
  name: {type: text}
  above: {type: varchar(5), references: kinds.code}
---
table: goods
columns:
  id: {type: int, identity: true}
  kind: {type: varchar(5), not_null: true, references: kinds.code, on_delete: cascade}
  name: {type: varchar(20), unique: true}
primary_key: [id]
"""
SHOP_ROWS = """
---
data: goods
key: [id]
mode: %s
rows:
  - {id: 3, kind: tea, name: oolong}
  - {id: 10, kind: green, name: sencha}
---
data: kinds
key: [code]
mode: %s
rows:
  - {code: green, above: tea, name: Green}
  - {code: tea, name: Tea, above: drink}
  - {code: drink, name: Drink, above: drink}
"""


def test_rows_come_with_their_tables_parents_first_and_go_children_first(
    project: workflow.Request, target: Target
) -> None:
    write(project, SHOP + SHOP_ROWS % ("sync", "sync"))
    done = workflow.apply(project)
    assert words(done.review) == {"data.kinds": "3 inserted", "data.goods": "2 inserted"}
    assert workflow.plan(project).planned.plan.empty

    # Who puts a row in without a number gets the next one.
    target.execute("insert into goods (kind, name) values ('tea', 'assam')")
    assert target.query("select id from goods where name = 'assam'") == [(11,)]
    target.execute("insert into kinds values ('mate', 'Mate', 'tea'), ('wild', 'Wild', 'mate')")
    target.execute("insert into goods (id, kind, name) values (70, 'wild', 'hill')")
    review = workflow.plan(project)
    assert words(review) == {"data.goods": "2 deleted", "data.kinds": "2 deleted"}
    assert [str(step.subject) for step in review.planned.plan.steps] == ["data.goods", "data.kinds"]
    refused = {str(hazard.ref): hazard for hazard in review.planned.verdict.refused}
    assert {hazard.code for hazard in refused.values()} == {"DS111"}
    assert refused["data.goods"].count == 2
    assert set(refused["data.goods"].sample) == {"11", "70"}
    assert "table.goods" in refused["data.kinds"].message
    with pytest.raises(Refused, match="DS111"):
        workflow.apply(project)
    allowed = (parse_allowance("DS111:data.goods"), parse_allowance("DS111:data.kinds"))
    workflow.apply(project, Terms(given=allowed))
    assert workflow.plan(project).planned.plan.empty
    assert target.query("select count(*) from kinds") == [(3,)]


def test_a_column_comes_with_its_values_and_insert_missing_touches_nothing(
    project: workflow.Request, target: Target
) -> None:
    write(project, SHOP + SHOP_ROWS % ("sync", "sync"))
    settled(project)
    target.execute("update goods set name = 'black' where id = 3")
    target.execute("delete from goods where id = 10")
    more = (SHOP + SHOP_ROWS % ("insert_missing", "upsert")).replace(
        "name: {type: text}\n", "name: {type: text}\n  rank: {type: int}\n"
    )
    write(project, more.replace("name: Green}", "name: Green, rank: 2}").replace("oolong", "puer"))
    assert words(workflow.plan(project)) == {"data.kinds": "1 changed", "data.goods": "1 inserted"}
    settled(project)
    assert target.query("select name from goods where id = 3") == [("black",)]
    assert target.query("select rank from kinds where rank is not null".replace("rank", target.quoted("rank"))) == [
        (2,)
    ]


MANY = """
table: wares
columns:
  kind: {type: varchar(5), not_null: true}
  id: {type: int, not_null: true}
  place: {type: int, unique: true}
  name: {type: varchar(20), unique: true}
  price: {type: "decimal(9,3)"}
  ratio: {type: double}
  about: {type: text}
  raw: {type: bytes}
  seen: {type: timestamptz}
  made: {type: timestamp}
  token: {type: uuid}
  extra: {type: json}
  yes: {type: bool}
primary_key: [kind, id]
---
data: wares
key: [kind, id]
rows:
"""


def many(count: int, turn: int) -> str:
    return MANY + "".join(
        f"- {{kind: {'ab'[n % 2]}, id: {n}, place: {n - turn}, name: 'n{n + turn * count}', price: {n + turn}.00{turn},"
        f" ratio: {n + turn}.5, about: \"it's {n + turn}\", raw: '\\x00{n % 90 + turn:02}',"
        f" seen: '2024-01-01T00:00:{n % 60:02}+0{turn}:00', made: '2024-01-0{turn + 1} 12:00:{n % 60:02}',"
        f' token: 6f1c1d9e-0d4c-4c1f-9d36-{n + turn:012}, extra: \'{{"a": [{n + turn}, null, "ü"]}}\','
        f" yes: {'true' if (n + turn) % 2 else 'false'}}}\n"
        for n in range(1, count + 1)
    )


def test_many_rows_change_together_unless_one_takes_what_another_had(project: workflow.Request, target: Target) -> None:
    write(project, many(300, 0))
    settled(project)
    write(project, many(300, 1).replace("  place: {type: int, unique: true}", "  place: {type: int}"))
    plan = workflow.plan(project).planned.plan
    assert sum(one.sql.startswith("UPDATE") for step in plan.steps for one in step.statements) < 12
    settled(project)
    assert target.query("select min(place), max(place), count(distinct name) from wares") == [(0, 299, 300)]

    write(project, many(30, 2))
    changes = [one.sql for step in workflow.plan(project).planned.plan.steps for one in step.statements]
    assert sum(text.startswith("UPDATE") for text in changes) == 30, "in the order of the rows, each place is free"
    settled(project)
    assert target.query("select count(*) from wares where place < 29") == [(30,)]
