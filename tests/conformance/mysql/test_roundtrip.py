"""Everything that a table can have on MySQL and MariaDB: made, read back without a difference, imported, made again."""

from __future__ import annotations

import pytest

from reconciler import workflow
from tests.conformance.driver import Project
from tests.target import Target

TYPES = """
table: types
columns:
  id: {type: bigint, identity: true, primary_key: true}
  flag: {type: bool, not_null: true, default: true}
  small: {type: smallint, default: -3}
  whole: {type: int, default: 0}
  big: {type: bigint, default: 5000000000}
  tiny: {native: tinyint unsigned, default: 200}
  medium: {native: mediumint}
  filled: {native: int(5) zerofill, default: 7}
  price: {type: "decimal(12,2)", not_null: true, default: 1.5}
  ratio: {type: float}
  rate: {type: double, default: -2.5}
  code: {type: char(3), default: EUR}
  name: {type: varchar(100), default: "it's \\\\ 100 % :ok"}
  note: {type: text, default: "a 'note'"}
  day: {type: date, default: "2020-01-02"}
  at: {type: time, default: "10:11:12"}
  made: {type: timestamp, not_null: true, default: {sql: current_timestamp}}
  seen: {type: timestamptz, default: {sql: now()}, on_update_now: true}
  plain: {native: datetime, default: "2020-01-02 03:04:05"}
  key: {type: uuid}
  data: {type: bytes}
  doc: {type: json}
  bits: {native: bit(4), default: {sql: "b'101'"}}
  born: {native: year}
  mood: {native: "enum('calm','it''s','wild')", default: calm}
  tags: {native: "set('a','b')"}
  raw: {native: varbinary(16)}
  place: {native: point}
  hidden: {type: int, invisible: true, comment: "nobody's; 100 %"}
  doubled: {type: "decimal(14,2)", generated: {sql: price * 2}}
  shouted: {type: varchar(200), generated: {sql: "concat(upper(name), '!')", stored: false}}
  random: {type: varchar(40), default: {sql: "concat('a', 'b')"}}
  latin: {type: varchar(20), collation: latin1_swedish_ci}
"""

KEYS = """
table: "odd `name`"
comment: "What; a 'table' \\\\ of 100 %"
options:
  mysql:
    {engine: InnoDB, charset: utf8mb4, collation: utf8mb4_bin, row_format: dynamic, max_rows: 5000000,
     avg_row_length: 90, min_rows: 2, stats_sample_pages: 30}
columns:
  "select": {type: bigint, identity: true}
  "a `b`": {type: varchar(200), not_null: true}
  parent: {type: bigint}
  amount: {type: int, not_null: true, default: 0}
  words: {type: text}
  shape: {native: point, not_null: true}
primary_key: ["select"]
unique: {odd_key: {columns: [parent, amount], comment: "one each"}}
indexes:
  odd_prefix: [{column: words, length: 20}, "amount desc"]
  odd_text: {columns: [words], method: fulltext}
  odd_shape: {columns: [shape], method: spatial}
  odd_hidden: {columns: [amount], invisible: true, comment: "not used"}
foreign_keys:
  odd_self: {columns: [parent], references: "odd `name`(select)", on_delete: set null, on_update: cascade}
checks:
  odd_positive: "amount >= 0 and amount < 1000"
  odd_words: "char_length(words) > 2 or words like 'a%'"
"""

VIEWS = """
view: cheap
query: select id, name, price from types where price between 1 and 10 and name in ('a', 'b')
---
view: cheaper
options: {security: invoker, algorithm: merge, check_option: local}
query: |
  select c.*, upper(name) as loud from cheap c where price < 5
"""

# MySQL alone indexes expressions; MariaDB wants a generated column.
FUNCTIONAL = """
table: functional
columns: {id: {type: bigint, primary_key: true}, name: {type: varchar(50)}, n: {type: int, default: {sql: "1 + 1"}}}
indexes: {functional_idx: {columns: [{sql: lower(name)}, id], dialect: {mariadb: {omit: true}}}}
checks: {functional_open: {sql: n > 0, enforced: true}}
"""


def test_what_was_made_is_read_back_without_a_difference(project: Project, my: Target) -> None:
    project.apply(TYPES, KEYS, VIEWS, FUNCTIONAL)
    made = my.observe()
    project.apply(TYPES, KEYS, VIEWS, FUNCTIONAL)
    assert my.observe() == made


def test_what_is_imported_makes_the_same(project: Project, my: Target) -> None:
    project.apply(TYPES, KEYS, VIEWS, FUNCTIONAL)
    made = my.observe()
    text = project.imported("tables/types.yaml")
    assert "on_update_now: true" in text
    folder = project.folder.with_name("imported")
    documents = [path.read_text() for path in sorted(folder.rglob("*.yaml")) if path.name != "reconcile.yaml"]
    for view in ("cheaper", "cheap"):
        my.execute(f"drop view {view}")
    for table in ("types", "functional", "`odd ``name```"):
        my.execute(f"drop table {table}")
    project.apply(*documents)
    assert my.observe() == made


def test_a_table_of_somebody_s_own_hand_is_read(project: Project, my: Target) -> None:
    my.execute(HAND)
    before = my.observe()
    project.imported("tables/parent.yaml")
    assert my.observe() == before


def test_an_import_leaves_out_nothing_that_the_server_makes_again(project: Project, my: Target) -> None:
    """The index that comes with a foreign key is no loss; half a key is one, and MariaDB's place of a check is told."""
    my.execute(
        "create table a (id int primary key, n int check (n > 0));"
        "create table b (a_id int, name varchar(20), primary key (name(5)),"
        " constraint b_a foreign key (a_id) references a (id))"
    )
    folder = project.folder.with_name("imported")
    imported = workflow.import_(project.request, folder)
    beside = ["table.a.check.a_n_check: `n`"] if my.dialect == "mariadb" else []
    assert list(imported.unmodelled) == [*beside, "table.b.constraint.PRIMARY"]
    assert workflow.plan(workflow.Request(directory=folder)).planned.plan.empty


HAND = """
create table parent (a int, b int, c varchar(20) charset latin1, d json, e text, f timestamp null,
  g int generated always as (a + 1) virtual, h int as (b * 2) stored, i int(10) unsigned default '4',
  primary key (a, b), key (c(5)), unique key (b, c), fulltext key words (e), check (a > 0)) engine=innodb
  default charset=latin1 comment='by hand';
create table child (id int auto_increment primary key, a int, b int, x int,
  foreign key (a, b) references parent (a, b) on delete cascade, constraint `named` check (b <> 3)) auto_increment=100;
create table parted (id int not null, y int not null) partition by range (y)
  (partition p0 values less than (10), partition p1 values less than maxvalue);
create algorithm=temptable sql security invoker view v as select a, count(*) as n from parent group by a;
create trigger t before insert on child for each row set new.x = 1;
create procedure p() select 1;
create event e on schedule every 1 day disable do delete from child;
"""


@pytest.mark.parametrize("charset", ["latin1", "utf8mb4"])
def test_a_collation_is_written_only_where_it_differs(project: Project, my: Target, charset: str) -> None:
    my.execute(f"alter database character set {charset}")
    text = (
        "table: t\ncolumns: {id: {type: int, primary_key: true}, a: {type: varchar(9)},"
        " b: {type: varchar(9), collation: %s}}\n"
    )
    own = {"latin1": "latin1_swedish_ci", "utf8mb4": "utf8mb4_general_ci"}[charset]
    project.apply(text % own)
    project.apply(text % "utf8mb4_bin")
    assert "utf8mb4_bin" in my.observe()
    my.execute("alter database character set utf8mb4 collate utf8mb4_unicode_ci")
    project.apply(text % "utf8mb4_bin", "table: u\ncolumns: {id: {type: int, primary_key: true}, a: {type: text}}")


def test_a_character_set_of_a_table_s_own_is_imported(project: Project, my: Target) -> None:
    """MySQL says nothing of a collation that the character set means."""
    my.execute(
        "create table t (id int primary key, a varchar(9), b varchar(9) character set utf8mb4,"
        " c varchar(9) collate utf8mb3_general_ci, d varchar(9) character set utf8mb3) character set utf8mb3"
    )
    made, before = my.observe(), my.query(COLLATIONS)
    text = project.imported("tables/t.yaml")
    project.apply(text)
    assert my.observe() == made
    my.execute("drop table t")
    project.apply(text)
    assert my.query(COLLATIONS) == before


COLLATIONS = (
    "select column_name, collation_name from information_schema.columns"
    " where table_schema = database() and table_name = 't' and collation_name is not null order by column_name"
)
