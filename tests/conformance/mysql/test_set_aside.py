"""What earlier runs found changes nothing but the time: a plan with it is to the letter the plan without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import workflow
from tests.conformance.mysql.by_hand import (
    BY_HAND,
    COUNTED,
    MARIADB,
    MYSQL,
    ROWS,
    UNSEEN,
    UNSEEN_ON_MARIADB,
    UNSEEN_ON_MYSQL,
)
from tests.conformance.shop import Shop
from tests.target import Target

DOCUMENTS = {
    "mood": "enum: mood\nvalues: [calm, wild]\n",
    "customers": """\
table: customers
columns:
  id: {type: bigint, identity: true}
  name: {type: varchar(40), not_null: true, default: nobody, comment: as it is called}
  mood: {type: enum(mood), default: calm}
  email: {type: varchar(80), collation: utf8mb4_bin}
primary_key: [id]
indexes: {customers_name_idx: [name]}
comment: who buys
""",
    "orders": """\
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, references: customers.id}
  price: {type: "decimal(12,2)", not_null: true, default: 0}
  doubled: {type: "decimal(13,2)", generated: {sql: price * 2, stored: false}}
  hidden: {type: int, invisible: true}
primary_key: [id]
checks: {orders_price_check: price >= 0}
indexes: {orders_price_idx: [price], orders_hidden_idx: {columns: [hidden], invisible: true}}
""",
    "lines": """\
table: lines
columns:
  order_id: {type: bigint, not_null: true, references: orders.id}
  at: {type: int, not_null: true}
primary_key: [order_id, at]
""",
    "alone": "table: alone\ncolumns: {a: {type: int}, b: {type: int}}\nunique: {alone_a_key: [a]}\n",
    "twin": "table: twin\ncolumns: {a: {type: int}, b: {type: int}}\nunique: {twin_a_key: [a]}\n",
    "log": "table: log\ncolumns: {what: {type: varchar(99)}}\n",
    "kept": "table: kept\ncolumns: {at: {type: int}}\n",
    "called": "table: called\ncolumns: {at: {type: int}}\n",
    "watched": """\
table: watched
columns: {a: {type: int}, b: {type: int}}
triggers:
  watched_logged: {events: [insert], timing: after, body: ["INSERT INTO log (what) VALUES (CONCAT('it''s ', NEW.a))"]}
""",
    "dear": "view: dear\nquery: select id, price from orders where price > 100\n",
    "dearest": "view: dearest\nquery: select id from dear where price > 1000\n",
    "nightly": "event: nightly\nevery: 1 day\nbody:\n- delete from kept where at > 5\n",
    "take": "procedure: take\narguments: {p_from: int}\nbody:\n- delete from called where at > p_from\n",
}
# What an event or a procedure names is always looked at.
ROOTS = {
    "table.customers", "table.orders", "table.lines", "table.alone", "table.twin", "table.log", "table.watched",
    "view.dear", "view.dearest",
}  # fmt: skip


@pytest.fixture
def shop(my: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    documents = DOCUMENTS
    if my.dialect == "mariadb":
        drawing = "table: drawing\ncolumns: {id: {type: bigint, default: {sql: nextval(numbers)}}}\n"
        documents = {**documents, "numbers": "sequence: numbers\n", "drawing": drawing}
    yield Shop(tmp_path, my, monkeypatch, documents)
    my.execute("drop role if exists by_hand")


def roots(shop: Shop) -> set[str]:
    return ROOTS | ({"table.drawing"} if shop.target.dialect == "mariadb" else set())


def test_all_that_agrees_is_set_aside(shop: Shop) -> None:
    assert shop.aside() == roots(shop)
    assert shop.plan().objects == len(shop.plan().whole().desired.model)
    shop.same()


def cases(of_both: Mapping[str, str], of_mysql: Mapping[str, str], of_mariadb: Mapping[str, str]) -> list[Any]:
    of_flavors = (("", of_both), ("mysql", of_mysql), ("mariadb", of_mariadb))
    return [pytest.param(flavor, words, id=name) for flavor, found in of_flavors for name, words in found.items()]


@pytest.mark.parametrize(("flavor", "words"), cases(BY_HAND, MYSQL, MARIADB))
def test_what_is_done_by_hand_is_seen(my: Target, request: pytest.FixtureRequest, flavor: str, words: str) -> None:
    shop = of_flavor(my, request, flavor, words)
    before = shop.told()
    my.execute(words)
    assert shop.same() != before, "nobody saw it"


@pytest.mark.parametrize(("flavor", "words"), cases(UNSEEN, UNSEEN_ON_MYSQL, UNSEEN_ON_MARIADB))
def test_what_nobody_sees_changes_nothing(my: Target, request: pytest.FixtureRequest, flavor: str, words: str) -> None:
    shop = of_flavor(my, request, flavor, words)
    my.execute(words)
    shop.same()


def of_flavor(my: Target, request: pytest.FixtureRequest, flavor: str, words: str) -> Shop:
    """Return the shop; what is of another flavor is none of this one's tests."""
    if flavor not in ("", my.dialect):
        pytest.skip(f"{flavor}'s alone")
    if "event" in words or "versioning" in words:  # what a plan tells of these goes by settings of the server
        request.getfixturevalue("alone")
    shop: Shop = request.getfixturevalue("shop")
    return shop


def test_a_table_that_counts_on_is_the_same(shop: Shop) -> None:
    shop.target.execute(ROWS)
    shop.target.execute(COUNTED)
    assert shop.aside() == roots(shop)


# What an author may write once everything is known: the file, and what it says then.
EDITS: dict[str, Callable[[Shop], None]] = {
    "a column": lambda shop: shop.write("alone", DOCUMENTS["alone"].replace("b: {type: int}", "b: {type: bigint}")),
    "a column less": lambda shop: shop.write("twin", DOCUMENTS["twin"].replace(", b: {type: int}", "")),
    "the column behind a view": lambda shop: shop.write("orders", DOCUMENTS["orders"].replace("12,2", "14,2")),
    "the column behind a trigger": lambda shop: shop.write("log", DOCUMENTS["log"].replace("99", "98")),
    "the column behind a trigger, renamed": lambda shop: shop.write(
        "log", DOCUMENTS["log"].replace("what: {", "that: {renamed_from: what, ")
    ),
    "a trigger": lambda shop: shop.write("watched", DOCUMENTS["watched"].replace("NEW.a)", "NEW.b)")),
    "a trigger of another table": lambda shop: shop.write(
        "watched", DOCUMENTS["watched"].replace("INTO log (what)", "INTO twin (a)")
    ),
    "a trigger whose name is taken": lambda shop: shop.write(
        "more",
        "table: more\ncolumns: {a: {type: int}}\ntriggers: {Watched_logged: {events: [insert], timing: after,"
        ' body: ["DELETE FROM twin"]}}\n',
    ),
    "a key that others refer to": lambda shop: shop.write(
        "orders", DOCUMENTS["orders"].replace("primary_key: [id]", "primary_key: [id, price]")
    ),
    "a table renamed": lambda shop: shop.write(
        "alone", DOCUMENTS["alone"].replace("table: alone", "table: single\nrenamed_from: alone")
    ),
    "a table that a trigger names, renamed": lambda shop: shop.write(
        "log", DOCUMENTS["log"].replace("table: log", "table: logged\nrenamed_from: log")
    ),
    "a table that a procedure names, renamed": lambda shop: shop.write(
        "called", DOCUMENTS["called"].replace("table: called", "table: named\nrenamed_from: called")
    ),
    "a column renamed": lambda shop: shop.write(
        "customers",
        DOCUMENTS["customers"].replace("  name: {", "  called: {renamed_from: name, ").replace("[name]", "[called]"),
    ),
    "a table less": lambda shop: (shop.folder / "schema/lines.yaml").unlink(),
    "a table that is referred to, less": lambda shop: (shop.folder / "schema/customers.yaml").unlink(),
    "a table that a trigger names, less": lambda shop: (shop.folder / "schema/log.yaml").unlink(),
    "a table more": lambda shop: shop.write(
        "more", "table: more\ncolumns: {id: {type: bigint, references: customers.id}}\nprimary_key: [id]\n"
    ),
    "a table twice": lambda shop: shop.write("more", DOCUMENTS["alone"]),
    "a view": lambda shop: shop.write("dear", DOCUMENTS["dear"].replace("100", "200")),
    "a circle of views": lambda shop: shop.write("dear", "view: dear\nquery: select id, 1 price from dearest\n"),
    "a view more": lambda shop: shop.write("more", "view: more\nquery: select a from alone\n"),
    "a view of a star": lambda shop: shop.write("more", "view: more\nquery: select * from alone\n"),
    "an enum": lambda shop: shop.write("mood", "enum: mood\nvalues: [calm, wild, gay]\n"),
    "an event": lambda shop: shop.write("nightly", DOCUMENTS["nightly"].replace("kept", "alone")),
    "a procedure": lambda shop: shop.write("take", DOCUMENTS["take"].replace("called", "alone")),
    "removed": lambda shop: shop.write("gone", "removed: table.lines\nreason: nobody reads it\n"),
    "a column that is not there": lambda shop: shop.write(
        "lines", DOCUMENTS["lines"].replace("orders.id", "orders.nowhere")
    ),
    "protected": lambda shop: shop.write("alone", DOCUMENTS["alone"] + "protect: true\n"),
    "an option": lambda shop: shop.write("alone", DOCUMENTS["alone"] + "options: {mysql: {engine: myisam}}\n"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_is_written_is_seen(shop: Shop, request: pytest.FixtureRequest, edit: Callable[[Shop], None]) -> None:
    if edit is EDITS["an event"]:
        request.getfixturevalue("alone")
    before = shop.told()
    edit(shop)
    assert shop.same() != before


def test_a_change_is_planned_with_little_more_than_what_it_touches(shop: Shop) -> None:
    EDITS["a column"](shop)
    assert shop.aside() == roots(shop) - {"table.alone"}
    EDITS["the column behind a trigger"](shop)
    assert shop.aside() == roots(shop) - {"table.alone", "table.log", "table.watched"}
    EDITS["the column behind a view"](shop)
    assert shop.aside() == roots(shop) - {
        "table.alone", "table.log", "table.watched", "table.orders", "table.customers", "table.lines",
        "view.dear", "view.dearest",
    }  # fmt: skip


def test_a_view_whose_tables_changed_on_both_sides_is_looked_at_again(shop: Shop) -> None:
    """The server says the same of a view whose column went to another table, and its query means that one now."""
    before = "table: {name}\ncolumns: {{id: {{type: int}}, {column}: {{type: int}}}}\n"
    one, other = before.format(name="one", column="x"), before.format(name="other", column="y")
    shop.write("one", one)
    shop.write("other", other)
    shop.write("both", "view: both_of_them\nquery: select x from one, other\n")
    workflow.apply(shop.request())
    shop.plan()
    assert "view.both_of_them" in shop.aside()
    shop.target.execute("alter table one rename column x to y; alter table other rename column y to x")
    shop.write("one", one.replace("x:", "y:"))
    shop.write("other", other.replace("y:", "x:"))
    shop.plan()
    shop.same()


def test_what_is_left_of_an_apply_is_seen(shop: Shop) -> None:
    EDITS["the column behind a view"](shop)
    workflow.apply(shop.request(), workflow.Terms(given=()))
    for _ in range(2):
        assert shop.plan().planned.plan.empty
    assert shop.aside() == roots(shop)
    shop.same()
