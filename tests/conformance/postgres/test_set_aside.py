"""What earlier runs found changes nothing but the time: a plan with it is to the letter the plan without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler import workflow
from reconciler.errors import SpecError
from reconciler.workflow import narrowing
from tests.conformance.shop import Shop
from tests.target import Target

DOCUMENTS = {
    "mood": "enum: mood\nvalues: [calm, wild]\n",
    "numbers": "sequence: numbers\n",
    "customers": """\
table: customers
columns:
  id: {type: bigint, identity: true}
  name: {type: varchar(40), not_null: true, default: nobody}
  mood: {type: enum(mood), default: calm}
primary_key: [id]
indexes: {customers_name_idx: [name]}
""",
    "orders": """\
table: orders
columns:
  id: {native: bigserial}
  customer_id: {type: bigint, references: customers.id}
  price: {type: "decimal(12,2)", not_null: true, default: 0}
  number: {type: bigint, default: {sql: "nextval('numbers')"}}
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
    "dear": "view: dear\nquery: select id, price from orders where price > 100\n",
    "dearest": "view: dearest\nquery: select id from dear where price > 1000\n",
    "stored": "view: stored\nmaterialized: true\nquery: select name from customers\nindexes: {stored_idx: [name]}\n",
    "audit": "table: audit.log\ncolumns: {id: {type: int}, what: {type: text}}\nprimary_key: [id]\n",
    "audit_more": "table: audit.more\ncolumns: {id: {type: int}}\n",
}
ROOTS = {
    "table.customers", "table.orders", "table.lines", "table.alone", "table.twin", "table.audit.log",
    "view.dear", "view.dearest", "view.stored",
}  # fmt: skip


@pytest.fixture
def shop(pg: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path, pg, monkeypatch, DOCUMENTS)


def test_all_that_agrees_is_set_aside(shop: Shop) -> None:
    assert shop.aside() == ROOTS
    assert shop.plan().objects == len(shop.plan().whole().desired.model)
    shop.same()


# What somebody does to the database by hand, all of it after everything was found to agree.
BY_HAND = {
    "column": "alter table alone add extra int",
    "column elsewhere": "alter table customers add extra int",
    "no column": "alter table alone drop b cascade",
    "column renamed": "alter table customers rename name to called",
    "key renamed": "alter table customers rename id to number",
    "type": "alter table alone alter b type bigint",
    "not null": "alter table alone alter b set not null",
    "default": "alter table customers alter name set default 'somebody'",
    "no default": "alter table customers alter name drop default",
    "comment": "comment on column alone.a is 'x'",
    "comment of a table": "comment on table alone is 'x'",
    "collation": 'alter table audit.log alter what type text collate "C"',
    "statistics": "alter table alone alter a set statistics 7",
    "parameter": "alter table alone set (fillfactor = 50)",
    "unlogged": "alter table alone set unlogged",
    "index": "create index by_hand on alone (b)",
    "no index": "drop index orders_price_idx",
    "index renamed": "alter index orders_price_idx rename to other_idx",
    "constraint": "alter table alone add constraint by_hand check (a > 0)",
    "no foreign key": "alter table lines drop constraint lines_order_id_fkey",
    "foreign key elsewhere": "alter table lines drop constraint lines_order_id_fkey, add constraint"
    " lines_order_id_fkey foreign key (order_id) references customers (id)",
    "foreign key on delete": "alter table lines drop constraint lines_order_id_fkey, add constraint"
    " lines_order_id_fkey foreign key (order_id) references orders (id) on delete cascade",
    "primary key": "alter table alone add primary key (b)",
    "check": "alter table orders drop constraint orders_price_check, add constraint orders_price_check"
    " check (price > 1)",
    "trigger": "create function f() returns trigger language plpgsql as 'begin return new; end';"
    "create trigger by_hand before insert on alone for each row execute function f()",
    "row security": "alter table alone enable row level security",
    "policy": "create policy by_hand on alone using (a > 0)",
    "rule": "create rule by_hand as on delete to alone do instead nothing",
    "extended statistics": "create statistics by_hand on a, b from alone",
    "grant": "grant select (a) on alone to public",
    "grant on a view": "grant select on dear to public",
    "identity": "alter table customers alter id set increment by 5",
    "serial": "alter sequence orders_id_seq increment by 5",
    "owned sequence": "alter sequence numbers owned by orders.number",
    "function of a row": "create function f(twin) returns int language sql as 'select 1'",
    "sequence owned by a column": "create sequence by_hand owned by alone.b",
    "sequence drawn from": "create sequence by_hand; alter table alone alter b set default nextval('by_hand')",
    "function of a table": "create function f() returns bigint begin atomic select count(*) from twin; end",
    "sequence": "alter sequence numbers increment by 5",
    "sequence renamed": "alter sequence numbers rename to numerals",
    "enum value": "alter type mood add value 'gay'",
    "enum renamed": "alter type mood rename to humour",
    "view": "create or replace view dear as select id, price from orders where price > 99",
    "view option": "alter view dear set (security_barrier = true)",
    "no view": "drop view dearest",
    "view on a view": "create view by_hand as select id from dearest",
    "materialized view": "drop index stored_idx",
    "partition": "create table parts (a int) partition by range (a)",
    "child": "create table child () inherits (alone)",
    "table": "create table by_hand (id bigint references customers (id))",
    "no table": "drop table lines",
    "table renamed": "alter table customers rename to clients",
    "swapped": "alter table alone rename to x; alter table twin rename to alone; alter table x rename to twin",
    "replica identity": "alter table alone replica identity full",
    "other schema": "alter table audit.log add extra int",
    "comment of a schema": "comment on schema audit is 'x'",
    "a function": "create function by_hand() returns int language sql as 'select 1'",
    "a type": "create type by_hand as enum ('a')",
}


@pytest.mark.parametrize("words", BY_HAND.values(), ids=BY_HAND.keys())
def test_what_is_done_by_hand_is_seen(shop: Shop, words: str) -> None:
    before = shop.told()
    shop.target.execute(words)
    after = shop.same()
    assert after != before or words.startswith("grant"), "nobody saw it"


# What an author may write once everything is known: the file, and what it says then.
EDITS: dict[str, Callable[[Shop], None]] = {
    "a column": lambda shop: shop.write("alone", DOCUMENTS["alone"].replace("b: {type: int}", "b: {type: bigint}")),
    "the column behind a view": lambda shop: shop.write("orders", DOCUMENTS["orders"].replace("12,2", "14,2")),
    "a key that others refer to": lambda shop: shop.write(
        "orders", DOCUMENTS["orders"].replace("primary_key: [id]", "primary_key: {columns: [id], name: orders_key}")
    ),
    "a table renamed": lambda shop: shop.write(
        "alone", DOCUMENTS["alone"].replace("table: alone", "table: single\nrenamed_from: alone")
    ),
    "a column renamed": lambda shop: shop.write(
        "customers",
        DOCUMENTS["customers"].replace("  name: {", "  called: {renamed_from: name, ").replace("[name]", "[called]"),
    ),
    "a table less": lambda shop: (shop.folder / "schema/lines.yaml").unlink(),
    "a table that is referred to, less": lambda shop: (shop.folder / "schema/customers.yaml").unlink(),
    "a table more": lambda shop: shop.write(
        "more", "table: more\ncolumns: {id: {type: bigint, references: customers.id}}\nprimary_key: [id]\n"
    ),
    "a name that is taken": lambda shop: shop.write(
        "more", "table: more\ncolumns: {id: {type: int}}\nindexes: {orders_price_idx: [id]}\n"
    ),
    "a table twice": lambda shop: shop.write("more", DOCUMENTS["alone"]),
    "a view": lambda shop: shop.write("dear", DOCUMENTS["dear"].replace("100", "200")),
    "a circle of views": lambda shop: shop.write("dear", "view: dear\nquery: select id, 1 price from dearest\n"),
    "a view more": lambda shop: shop.write("more", "view: more\nquery: select a from alone\n"),
    "a view of a star": lambda shop: shop.write("more", "view: more\nquery: select * from alone\n"),
    "an enum": lambda shop: shop.write("mood", "enum: mood\nvalues: [calm, wild, gay]\n"),
    "an enum less": lambda shop: (shop.folder / "schema/mood.yaml").unlink(),
    "an enum renamed": lambda shop: shop.write(
        "mood", "enum: mood\nvalues: [calm, mad]\nrenamed_values: {wild: mad}\n"
    ),
    "a sequence owned": lambda shop: shop.write("numbers", "sequence: numbers\nowned_by: alone.b\n"),
    "removed": lambda shop: shop.write("gone", "removed: table.lines\nreason: nobody reads it\n"),
    "removed and declared no more": lambda shop: shop.write("lines", "removed: table.lines\nreason: nobody reads it\n"),
    "a column that is not there": lambda shop: shop.write(
        "lines", DOCUMENTS["lines"].replace("orders.id", "orders.nowhere")
    ),
    "a key less": lambda shop: shop.write("customers", DOCUMENTS["customers"].replace("primary_key: [id]\n", "")),
    "protected": lambda shop: shop.write("alone", DOCUMENTS["alone"] + "protect: true\n"),
    "a variable": lambda shop: shop.write("alone", DOCUMENTS["alone"] + "comment: ${var.nobody}\n"),
    "another schema": lambda shop: shop.write("audit", DOCUMENTS["audit"].replace("audit.log", "audits.log")),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_is_written_is_seen(shop: Shop, edit: Callable[[Shop], None]) -> None:
    before = shop.told()
    edit(shop)
    assert shop.same() != before


def test_a_change_is_planned_with_little_more_than_what_it_touches(shop: Shop) -> None:
    EDITS["a column"](shop)
    review = shop.plan()
    assert set(map(str, review.planned.comparison.aside)) == ROOTS - {"table.alone"}
    live = {ref.top for ref in review.planned.comparison.live if ref.top.kind == "table"}
    # One table of a schema is always looked at: it declares the schema.
    assert set(map(str, live)) == {"table.alone", "table.audit.more"}


def test_what_reads_a_table_is_looked_at_with_it(shop: Shop) -> None:
    EDITS["the column behind a view"](shop)
    assert shop.aside() == ROOTS - {"table.orders", "table.customers", "table.lines", "view.dear", "view.dearest"}


def test_what_is_asserted_is_asked_and_masked_all_the_same(shop: Shop) -> None:
    shop.write("secrets", "table: secrets\ncolumns: {id: {type: int}, word: {type: text, sensitive: true}}\n")
    shop.write("asserted", "assertion: no_secrets\nquery: select id, word as w from secrets\n")
    workflow.apply(shop.request())
    shop.plan()
    assert shop.aside() == ROOTS | {"table.secrets"}
    shop.target.execute("insert into secrets values (1, 'key')")
    (found,) = workflow.check(shop.request()).asserted
    assert found.sample == ((1, "(sensitive)"),)
    shop.same()
    shop.write("asserted", "assertion: no_secrets\nquery: select id, wrod from secrets\n")
    with pytest.raises(SpecError, match="'wrod'"):
        workflow.check(shop.request())
    shop.same()


def test_a_plan_that_is_saved_holds_everything(shop: Shop, tmp_path: Path) -> None:
    from reconciler.report.plan_file import read_plan, write_plan

    EDITS["a column"](shop)
    write_plan(tmp_path / "plan.json", shop.plan())
    saved = read_plan(tmp_path / "plan.json")
    assert {ref.top.name for ref in saved.desired.model} >= set(DOCUMENTS) - {"audit", "audit_more"}
    done = workflow.apply(shop.request(), workflow.Terms(saved=tmp_path / "plan.json"))
    assert done.review.planned.plan.id == saved.id
    assert shop.plan().planned.plan.empty


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "gone": lambda raw: b"",
    "short": lambda raw: raw[: len(raw) // 2],
    "a bit": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
    "another program": lambda raw: b"x" + raw,
    "noise": lambda raw: bytes(range(256)) * 4,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_costs_time_alone(shop: Shop, damage: Callable[[bytes], bytes]) -> None:
    shop.target.execute("alter table alone add extra int")
    wanted = shop.without()
    files = sorted((shop.folder / "cache").rglob("*.kept"))
    assert len(files) >= 5
    before = {path: path.read_bytes() for path in files}
    for path in files:
        for other, raw in before.items():
            other.write_bytes(raw)
        path.write_bytes(damage(before[path]))
        assert shop.told() == wanted


def test_what_is_kept_of_one_project_is_no_word_on_another_policy(shop: Shop) -> None:
    project = shop.folder / "reconcile.yaml"
    shop.target.execute("create table by_hand (a int)")
    project.write_text(project.read_text().replace("approve: never", "approve: never, undeclared: drop"))
    assert "by_hand" in str(shop.same()[0]["steps"])


def test_a_table_that_the_ledger_knows_and_nobody_declares_is_dropped(shop: Shop) -> None:
    (shop.folder / "schema/lines.yaml").unlink()
    steps = shop.same()[0]["steps"]
    assert [step["address"] for step in steps] == ["table.lines"]


def test_nothing_is_taken_from_a_database_that_is_not_looked_at(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any mark of the live side nothing is set aside."""
    monkeypatch.setattr(narrowing, "_pairs", lambda outlines, rows, circumstances: {})
    assert shop.aside() == set()
