"""What earlier runs found changes nothing but the time: a plan with it is to the letter the plan without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import workflow
from tests.conformance.shop import Shop
from tests.target import Target

DOCUMENTS = {
    "customers": """\
table: customers
columns:
  id: {type: bigint, identity: true}
  name: {type: varchar(40), not_null: true, default: nobody}
  email: {type: text, collation: nocase}
primary_key: [id]
indexes: {customers_name_idx: [name]}
""",
    "orders": """\
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, references: customers.id}
  price: {type: "decimal(12,2)", not_null: true, default: 0}
  doubled: {type: "decimal(12,2)", generated: {sql: price * 2, stored: false}}
primary_key: [id]
checks: {orders_price_check: price >= 0}
indexes: {orders_price_idx: {columns: [price desc], where: price > 10}}
""",
    "lines": """\
table: lines
columns:
  order_id: {type: bigint, references: orders.id}
  at: {type: int}
primary_key: [order_id, at]
""",
    "alone": "table: alone\ncolumns: {a: {type: int}, b: {type: int}}\nunique: {alone_a_key: [a]}\n",
    "twin": "table: twin\ncolumns: {a: {type: int}, b: {type: int}}\nunique: {twin_a_key: [a]}\n",
    "log": "table: log\ncolumns: {what: {type: text}}\n",
    "watched": """\
table: watched
columns: {a: {type: int}}
triggers:
  watched_logged: {events: [insert], timing: after, body: ["INSERT INTO log (what) VALUES (NEW.a)"]}
""",
    "dear": "view: dear\nquery: select id, price from orders where price > 100\n",
    "dearest": "view: dearest\nquery: select id from dear where price > 1000\n",
}
ROOTS = {
    "table.customers", "table.orders", "table.lines", "table.alone", "table.twin", "table.log", "table.watched",
    "view.dear", "view.dearest",
}  # fmt: skip


@pytest.fixture
def shop(sqlite: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, sqlite, monkeypatch, DOCUMENTS)


def test_all_that_agrees_is_set_aside(shop: Shop) -> None:
    assert shop.aside() == ROOTS
    assert shop.plan().objects == len(shop.plan().whole().desired.model)
    shop.same()


@pytest.mark.live("d1")
def test_on_d1_too(d1: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path, d1, monkeypatch, DOCUMENTS)
    assert shop.aside() == ROOTS
    d1.execute("alter table alone add column extra int")
    shop.same()
    assert shop.aside() == ROOTS - {"table.alone"}


# What somebody does to the database by hand, all of it after everything was found to agree.
BY_HAND = {
    "column": "alter table alone add extra int",
    "column elsewhere": "alter table customers add extra int",
    "no column": "alter table alone drop column b",
    "column renamed": "alter table customers rename name to called",
    "key renamed": "alter table customers rename id to number",
    "type": "drop table alone; create table alone (a int constraint alone_a_key unique, b text)",
    "the same in other letters": "drop table alone; create table ALONE (A int constraint alone_a_key unique, B int)",
    "index": "create index by_hand on alone (b)",
    "index in other letters": "create index by_hand on ALONE (B)",
    "no index": "drop index orders_price_idx",
    "index of a lookalike": "drop index orders_price_idx; create index orders_price_idx on orders (price desc)",
    "trigger": "create trigger by_hand after insert on alone begin delete from twin; end",
    "trigger of nothing": "create trigger by_hand after insert on alone begin delete from nowhere; end",
    "trigger of a view": "create trigger by_hand instead of insert on dear begin delete from twin; end",
    "no trigger": "drop trigger watched_logged",
    "another trigger": "drop trigger watched_logged; create trigger watched_logged after insert on watched"
    " begin insert into log (what) values (new.a + 1); end",
    "view": "drop view dearest; create view dearest as select id from dear where price > 99",
    "no view": "drop view dearest",
    "view on a view": "create view by_hand as select id from dearest",
    "view of nothing": "create view by_hand as select id from nowhere",
    "table": "create table by_hand (id bigint references customers (id))",
    "no table": "drop table lines",
    "a table that is read, gone": "pragma legacy_alter_table = on; drop table orders",
    "table renamed": "alter table customers rename to clients",
    "swapped": "alter table alone rename to x; alter table twin rename to alone; alter table x rename to twin",
    "strict": "drop table log; create table log (what text) strict",
    "full text": "create virtual table by_hand using fts5 (what, content=log)",
    "full text and a table renamed": "create virtual table by_hand using fts5 (a); alter table alone rename to x",
}


@pytest.mark.parametrize("words", BY_HAND.values(), ids=BY_HAND.keys())
def test_what_is_done_by_hand_is_seen(shop: Shop, words: str) -> None:
    before = shop.told()
    shop.target.execute(words)
    assert shop.same() != before, "nobody saw it"


def _rename_the_log(shop: Shop) -> None:
    shop.write("log", DOCUMENTS["log"].replace("table: log", "table: logged\nrenamed_from: log"))
    shop.write("watched", DOCUMENTS["watched"].replace("INTO log", "INTO logged"))


# What an author may write once everything is known: the file, and what it says then.
EDITS: dict[str, Callable[[Shop], None]] = {
    "a column": lambda shop: shop.write("alone", DOCUMENTS["alone"].replace("b: {type: int}", "b: {type: text}")),
    "a column less": lambda shop: shop.write("twin", DOCUMENTS["twin"].replace(", b: {type: int}", "")),
    "a column less where a view reads another": lambda shop: shop.write(
        "orders", DOCUMENTS["orders"].replace("  customer_id: {type: bigint, references: customers.id}\n", "")
    ),
    "the column behind a view": lambda shop: shop.write(
        "orders", DOCUMENTS["orders"].replace('price: {type: "decimal(12,2)"', "price: {type: text")
    ),
    "the column behind a trigger": lambda shop: shop.write("log", DOCUMENTS["log"].replace("text", "varchar(9)")),
    "a trigger": lambda shop: shop.write("watched", DOCUMENTS["watched"].replace("NEW.a)", "NEW.a * 2)")),
    "a key that others refer to": lambda shop: shop.write(
        "orders", DOCUMENTS["orders"].replace("primary_key: [id]", "primary_key: {columns: [id], name: orders_key}")
    ),
    "a table renamed": lambda shop: shop.write(
        "alone", DOCUMENTS["alone"].replace("table: alone", "table: single\nrenamed_from: alone")
    ),
    "a table renamed, read by a trigger": _rename_the_log,
    "a column renamed": lambda shop: shop.write(
        "customers",
        DOCUMENTS["customers"].replace("  name: {", "  called: {renamed_from: name, ").replace("[name]", "[called]"),
    ),
    "a table in other letters": lambda shop: shop.write("alone", DOCUMENTS["alone"].replace("table: a", "table: A")),
    "a table less": lambda shop: (shop.folder / "schema/lines.yaml").unlink(),
    "a table that is referred to, less": lambda shop: (shop.folder / "schema/customers.yaml").unlink(),
    "a table more": lambda shop: shop.write(
        "more", "table: more\ncolumns: {id: {type: bigint, references: customers.id}}\nprimary_key: [id]\n"
    ),
    "a name that is taken": lambda shop: shop.write(
        "more", "table: more\ncolumns: {id: {type: int}}\nindexes: {orders_price_idx: [id]}\n"
    ),
    "a view": lambda shop: shop.write("dear", DOCUMENTS["dear"].replace("100", "200")),
    "a view more": lambda shop: shop.write("more", "view: more\nquery: select a from alone\n"),
    "a view of nothing": lambda shop: shop.write("more", "view: more\nquery: select a from nowhere\n"),
    "removed": lambda shop: shop.write("gone", "removed: table.lines\nreason: nobody reads it\n"),
    "protected": lambda shop: shop.write("alone", DOCUMENTS["alone"] + "protect: true\n"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_is_written_is_seen(shop: Shop, edit: Callable[[Shop], None]) -> None:
    before = shop.told()
    edit(shop)
    assert shop.same() != before


def test_what_reads_what_is_not_there_decides_how_a_column_goes(shop: Shop) -> None:
    shop.write("lost", "view: lost\nquery: select id from nowhere\n")
    shop.target.execute("create view lost as select id from nowhere")
    assert shop.plan().planned.plan.empty
    assert shop.plan().planned.plan.empty
    shop.write("alone", DOCUMENTS["alone"].replace(", b: {type: int}", ""))
    shop.same()


def test_a_change_is_planned_with_little_more_than_what_it_touches(shop: Shop) -> None:
    EDITS["a column"](shop)
    assert shop.aside() == ROOTS - {"table.alone"}
    EDITS["the column behind a view"](shop)
    assert shop.aside() == ROOTS - {"table.alone", "table.orders", "table.customers", "table.lines",
                                    "view.dear", "view.dearest"}  # fmt: skip


def test_what_is_left_of_an_apply_is_seen(shop: Shop) -> None:
    """What an apply does is planned among all, and the plan after it is empty with what was known before it."""
    EDITS["the column behind a view"](shop)
    workflow.apply(shop.request(), workflow.Terms(given=(), rehearse=True))
    for _ in range(2):
        assert shop.plan().planned.plan.empty
    assert shop.aside() == ROOTS


def test_a_plan_of_a_part_is_rehearsed_on_all(shop: Shop) -> None:
    EDITS["the column behind a view"](shop)
    review = workflow.plan(shop.request(), rehearse=None)
    assert review.rehearsal is not None
    assert review.rehearsal.status == "passed"
    assert len(review.planned.comparison.aside) > 1
