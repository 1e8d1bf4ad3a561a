"""An import is the same bytes whoever runs it and in whatever order things were made; repeated, it keeps comments."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from reconciler import workflow
from tests.process import ROOT, run_process
from tests.target import Target, fresh

# In the one order and, as far as one rests on another, in the opposite one.
MADE = (
    "create table customers (id bigint not null primary key, name varchar(40) default 'x' not null)",
    "create table regions (code char(2) not null primary key)",
    "create table orders (id bigint not null primary key, customer_id bigint not null, region char(2),"
    " note varchar(20), total decimal(10,2), constraint orders_total check (total >= 0),"
    " constraint orders_region_fk foreign key (region) references regions (code),"
    " constraint orders_customer_fk foreign key (customer_id) references customers (id))",
    "create index orders_customer on orders (customer_id, total)",
    "create index orders_region on orders (region)",
    "create unique index orders_note on orders (note)",
    "create view totals as select customer_id, total from orders",
    "create view named as select id, name from customers",
)  # fmt: skip
OTHERWISE = (1, 0, 7, 2, 6, 5, 4, 3)
# What a person makes of two imported files: (in the file, what stands there, what is written).
BY_HAND = (
    ("customers.yaml", "table: customers\n", "# Who buys; see the manual.\ntable: customers   # not the leads\n\n"),
    ("customers.yaml", "  id: {type: bigint}\n", "  # never given twice\n  id:  { type: bigint }\n"),
    ("orders.yaml", "table: orders\n", "table: \"orders\"\n\n# ---- columns\n"),
    ("orders.yaml", "  total: ", "  # in cents? no: in euros\n  total: "),
    ("orders.yaml", "  orders_note: ", "  # for support\n  orders_note: "),
)  # fmt: skip
# Then the database changes in between.
CHANGED = """
alter table customers add column mail varchar(60);
alter table orders add column placed date;
create index orders_placed on orders (placed);
create table tmp_x (a int);
"""


def imported(url: str, out: Path, **env: str) -> Mapping[str, bytes]:
    """Import in a process of its own, and return the files, but for the project's, which names the database."""
    command = [sys.executable, "-m", "reconciler", "import", "--url", url, "--out", str(out)]
    run_process(command, cwd=out.parent, env={"PYTHONPATH": str(ROOT), **env}).ok()
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.yaml") if path.name != "reconcile.yaml"
    }


def test_it_is_the_same_whatever_the_order_and_keeps_what_a_person_wrote(target: Target, tmp_path: Path) -> None:
    for text in MADE:
        target.execute(text)
    first = imported(target.url, tmp_path / "first", PYTHONHASHSEED="1")
    assert {"tables/customers.yaml", "tables/orders.yaml", "views/totals.yaml"} < first.keys()
    (tmp_path / "elsewhere").mkdir()
    with fresh(target.server, tmp_path / "elsewhere") as other:
        for position in OTHERWISE:
            other.execute(MADE[position])
        there = imported(other.url, tmp_path / "other", PYTHONHASHSEED="2", TZ="Pacific/Apia", LC_ALL="C")
    assert there == first
    assert imported(target.url, tmp_path / "first") == first, "again over its own files"

    keeps_what_a_person_wrote(target, tmp_path / "first")


def keeps_what_a_person_wrote(target: Target, out: Path) -> None:
    for file, found, written in BY_HAND:
        path = out / "tables" / file
        assert found in path.read_text(), path.read_text()
        path.write_text(path.read_text().replace(found, written))
    mine = imported(target.url, out)
    for _, _, written in BY_HAND:
        assert any(written.encode() in text for text in mine.values()), "nothing differs: nothing is written"

    target.execute(CHANGED)
    after = imported(target.url, out)
    assert after.keys() - mine.keys() == {"tables/tmp_x.yaml"}
    assert {name for name in mine if mine[name] != after[name]} == {"tables/customers.yaml", "tables/orders.yaml"}
    for name, text in mine.items():
        lines = after[name].decode().splitlines()
        assert [line for line in text.decode().splitlines() if line not in lines] == [], "only lines come"
    request = workflow.Request(directory=out, url=target.url)
    assert workflow.plan(request).planned.plan.empty
