"""A plan as a page: the facts of the other reports, nothing that acts or reaches out, names that stay text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.dialects.lock_words import lock_words
from reconciler.model.change import Create
from reconciler.model.objects import Table
from reconciler.model.ref import Ref
from reconciler.plan.policy import Allowance
from reconciler.report.entries import entries
from reconciler.report.facts import Review
from reconciler.report.graph.changes import erd_of_changes
from reconciler.report.html.plan_page import plan_html
from reconciler.report.html.sql import highlighted
from reconciler.report.json import document
from reconciler.report.layout import Look, source_text
from reconciler.report.plan_json import plan_data
from reconciler.report.problems import safe
from reconciler.workflow.way_back import way_back
from tests.reviews import project, review
from tests.unit.report.hostile import HOSTILE
from tests.unit.report.made import made, step
from tests.unit.report.pages import Page

LOOK = Look(apply="reconcile apply -e prod")
SPECS = """\
table: customers
columns:
  id: {type: bigint, identity: true}
  email: {type: text, renamed_from: mail}
  kind: {type: text}
primary_key: [id]
removed:
  column.fax: {reason: nobody has one}
---
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, references: customers.id}
primary_key: [id]
---
table: lines
columns:
  id: {type: bigint, identity: true}
  order_id: {type: bigint, references: orders.id}
primary_key: [id]
---
removed: table.legacy
reason: moved
---
assertion: no_kind
query: select id from customers where kind is null
"""
BEFORE = """
create table customers (id integer primary key, mail text, fax text);
insert into customers values (1, 'a', 'b');
create table orders (id integer primary key, customer_id bigint references customers (id));
create table legacy (id integer primary key, customer_id bigint references customers (id));
insert into legacy values (1, 1);
create table loose (id integer);
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.chdir(tmp_path)
    return review(project(tmp_path, SPECS, BEFORE))


def sound(text: str) -> Page:
    """Read a page and see that nothing of it acts, reaches out, or leads nowhere."""
    found = Page(text)
    assert found.odd == []
    assert {target for target in found.targets if target[1:] not in found.ids or target[:1] != "#"} == set()
    assert len(found.ids) == len(set(found.ids))
    assert not re.search(r"@import|url\(|expression\(", text.partition("</style>")[0])
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    return found


def test_a_page_tells_what_the_other_reports_tell(shop: Review) -> None:
    found = sound(plan_html(shop, LOOK))
    planned = shop.planned
    assert all(str(entry.ref) in found.text for entry in entries(shop).main)
    assert all(entry.ref.name in found.text for entry in entries(shop).all)
    shown = found.text.splitlines()
    assert all(line in shown or f"{line};" in shown for s in planned.plan.statements for line in source_text(s.sql))
    assert all(hazard.code in found.text and hazard.message in found.text for hazard in planned.hazards)
    assert planned.plan.id in found.text
    assert "reconcile apply -e prod --allow" in found.text
    assert "table.loose" in found.text
    assert "assertion.no_kind" in found.text
    assert json.loads(found.data) == json.loads("".join(document(plan_data(shop))))


def test_the_way_back_and_the_locks(shop: Review) -> None:
    back = way_back(shop)
    assert back is not None
    text = sound(plan_html(shop, LOOK, back)).text
    undo = text.partition("What would undo it")[2]
    assert all(statement.sql.partition("\n")[0] in undo for statement in back.plan.statements)
    assert 'ALTER TABLE "customers" RENAME COLUMN "email" TO "mail"' in undo
    assert 'ADD COLUMN "fax" text' in undo
    assert 'CREATE TABLE "legacy"' in undo
    assert "table.lines drops a table" in " ".join(undo.split())
    assert "table.legacy" in text.partition("no plan brings back")[2].partition("What would undo it")[0]
    assert "No plan leads back by itself" in sound(plan_html(shop, LOOK)).text
    assert "locks the database until the commit" in text


@pytest.mark.parametrize(
    ("words", "sql", "said"),
    [
        ("postgres", "CREATE INDEX CONCURRENTLY i ON t (a)", "go on"),
        ("postgres", "CREATE INDEX i ON t (a)", "SHARE: writes wait"),
        ("postgres", 'ALTER TABLE "t"\n  ADD CONSTRAINT "f" FOREIGN KEY (a) REFERENCES u', "SHARE ROW EXCLUSIVE"),
        ("postgres", "ALTER TABLE t VALIDATE CONSTRAINT c", "SHARE UPDATE EXCLUSIVE"),
        ("postgres", "ALTER TABLE t DROP COLUMN a", "ACCESS EXCLUSIVE"),
        ("mysql", "ALTER TABLE t ADD COLUMN a int, ALGORITHM=INSTANT", "for a moment"),
        ("mariadb", "ALTER TABLE t MODIFY a int, ALGORITHM=COPY, LOCK=SHARED", "writes wait"),
        ("mysql", "CREATE INDEX i ON t (a) ALGORITHM=INPLACE LOCK=NONE", "go on"),
        ("d1", "DROP TABLE t", "batch"),
    ],
)
def test_what_a_statement_locks(words: str, sql: str, said: str) -> None:
    assert said in lock_words(sql, words)
    assert lock_words("SELECT 1", words) == ""


def test_the_picture_shows_what_comes_what_goes_and_what_stands_beside_it(shop: Review) -> None:
    graph = erd_of_changes(shop, entries(shop))
    assert graph is not None
    found = {box.title: (box.verb, {row.name: (row.verb, row.before) for row in box.rows}) for box in graph.boxes}
    assert {title: verb for title, (verb, _) in found.items()} == {
        "customers": "update", "legacy": "delete", "lines": "create", "orders": "",
    }  # fmt: skip
    assert found["customers"][1] == {
        "id": ("", ""), "email": ("rename", "mail"), "kind": ("create", ""), "fax": ("delete", ""),
    }  # fmt: skip
    assert {(edge.source, edge.verb) for edge in graph.edges} == {
        ("table.legacy", "delete"), ("table.lines", "create"), ("table.orders", ""),
    }  # fmt: skip


def test_a_hostile_plan(hostile: Review) -> None:
    text = plan_html(hostile, LOOK)
    found = sound(text)
    for name in (safe(name) for name in HOSTILE):
        assert name in found.text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert json.loads(found.data)["plan_id"] == hostile.planned.plan.id


def test_coloured_sql_is_the_same_sql() -> None:
    own = ["select 'a'' b', \"x\" -- c\nfrom t;\n\n", "$$ begin\n\tend $$", "'", '"', "/*", "  a  ", ""]
    for name in ("sqlite", "postgres", "mysql"):
        for text in [*HOSTILE, *own]:
            assert Page(f"<pre>{highlighted(text, name)}</pre>").text == "\n".join(source_text(text))
        assert '<span class="k">' in highlighted("select 1", name)


def test_what_is_allowed_what_is_nothing_and_what_is_too_long(shop: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = review(Path(), [Allowance("*")])
    assert "refused" not in sound(plan_html(allowed, LOOK)).ids
    empty = sound(plan_html(replace(shop, planned=made().planned), LOOK))
    assert "Up to date" in empty.text
    wide = made(
        *(step(Create(Table(ref=Ref.root("table", f"t{n}"))), sql=["SELECT 1" + " " * 90_000]) for n in range(60))
    )
    text = plan_html(wide, LOOK)
    assert len(sound(text).text) < 3_600_000
    steps = text.partition("<script")[0].split('class="step"')[1:]
    assert text.count("reconcile plan -o sql") == sum("SELECT" not in one for one in steps) > 0
