"""What other tools get wrong, each case reproduced on them once: specs and rows in, the database's own words out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.driver import Project
from tests.target import Target

# --- one change that no declarative tool completes --------------------------------------------------------------------

BEFORE = """
enum: order_status
values: [new, paid]
---
table: customers
columns: {id: {type: bigint, identity: true}, email: {type: varchar(100)}}
primary_key: [id]
---
table: orders
columns:
  id: {type: int, identity: true}
  customer_id: {type: bigint}
  status: {type: enum(order_status), default: new}
  total: {type: "decimal(10,2)", default: 0}
  label: {type: varchar(20)}
  legacy: {type: text, default: old}
  n: {type: int}
primary_key: [id]
checks: {orders_total_check: total >= 0}
foreign_keys: {orders_customer_fkey: {columns: [customer_id], references: customers(id)}}
indexes: {orders_label_idx: {columns: [{sql: lower(label)}], where: "status = 'new' and total between 1 and 5"}}
---
view: labels
query: |
  select o.id, o.label, o.status, c.email from orders o join customers c on c.id = o.customer_id
"""

AFTER = """
enum: order_status
values: [new, packed, paid]
---
table: customers
columns: {id: {type: bigint, identity: true}, email: {type: varchar(100)}}
primary_key: [id]
---
table: orders
columns:
  id: {type: bigint, identity: true}
  customer_id: {type: bigint, not_null: true}
  status: {type: enum(order_status), not_null: true, default: packed}
  total: {type: "decimal(14,4)", default: 0}
  label: {type: varchar(40)}
  source: {type: text, not_null: true, default: web}
  n: {type: int}
primary_key: [id]
checks: {orders_total_check: "total >= 0 and status in ('new', 'packed', 'paid')"}
foreign_keys: {orders_customer_fkey: {columns: [customer_id], references: customers(id), on_delete: cascade}}
indexes: {orders_label_idx: {columns: [{sql: lower(label)}, n], where: "status = 'packed' and total between 1 and 5"}}
---
view: labels
query: |
  select o.id, o.label, o.status, c.email from orders o join customers c on c.id = o.customer_id
"""


@pytest.fixture
def postgres_project(postgres: Target, tmp_path: Path) -> Project:
    return Project(tmp_path, postgres)


@pytest.fixture
def sqlite_project(sqlite: Target, tmp_path: Path) -> Project:
    return Project(tmp_path, sqlite)


def test_everything_in_one_change_with_rows(postgres_project: Project, postgres: Target) -> None:
    """An enum value used as a default, a column under a view, types, a check, keys and a partial index at once."""
    postgres_project.apply(BEFORE)
    postgres.execute(
        "insert into customers (email) values ('a@b'); "
        "insert into orders (customer_id, status, total, label, n) "
        "values (1, 'new', 3, 'Abc', 1), (1, 'paid', 7, 'x', 2)"
    )
    postgres_project.apply(AFTER)
    rows = postgres.query("select id, customer_id, status::text, total::text, label, source, n from orders order by id")
    assert rows == [(1, 1, "new", "3.0000", "Abc", "web", 1), (2, 1, "paid", "7.0000", "x", "web", 2)]
    assert postgres.query("select label, email from labels order by id") == [("Abc", "a@b"), ("x", "a@b")]
    postgres.execute("insert into orders (customer_id) values (1)")
    assert postgres.query("select status::text from orders where id = 3") == [("packed",)]


# --- plans that never become empty ------------------------------------------------------------------------------------

# Each is applied, and `apply` holds that nothing is left to plan; each is what one of the tools plans for ever.
POSTGRES_FOREVER = {
    "a collation": 'table: t\ncolumns: {a: {type: text, collation: C}, b: {type: text, collation: {postgres: POSIX}}}',
    "an array's default": 'table: t\ncolumns: {a: {type: array(int), default: {sql: "array[1, 2]"}}, '
    "b: {type: array(text), default: {sql: \"'{}'\"}}}",
    "a generated column": "table: t\ncolumns: {a: {type: int}, "
    'b: {type: int, generated: {sql: "a * 2 + 1", stored: true}}}',
    "the current time in two spellings": "table: t\ncolumns: {a: {type: timestamp, default: {sql: now()}}, "
    "b: {type: timestamp, default: {sql: CURRENT_TIMESTAMP}}, c: {type: timestamptz, default: {sql: now()}}}",
    "a view with between": "table: t\ncolumns: {a: {type: int}}\n---\nview: v\nquery: |\n"
    "  select a from t where a between 1 and 5 and a not in (2, 3) and a::text like 'x%'",
    "a default with a cast": "table: t\ncolumns: {a: {type: varchar(9), default: {sql: \"'x'::character varying\"}}, "
    "b: {type: date, default: {sql: \"'2020-01-01'::date\"}}, c: {native: jsonb, default: {sql: \"'{}'::jsonb\"}}}",
}  # fmt: skip

SQLITE_FOREVER = {
    "a collation": "table: t\ncolumns: {id: {type: int}, a: {type: text, collation: NOCASE}}\nprimary_key: [id]",
    "a blob as default": "table: t\ncolumns: {a: {type: bytes, default: {sql: x'00ff'}}, b: {type: int}}",
    "an expression as default": "table: t\ncolumns: {a: {type: timestamp, default: {sql: current_timestamp}}, "
    "b: {type: text, default: {sql: \"lower('X') || 'y'\"}}, c: {type: text, default: \"it's\"}}",
    "a view with between": "table: t\ncolumns: {a: {type: int}}\n---\nview: v\nquery: |\n"
    "  select a from t where a between 1 and 5",
    "every index": "table: t\ncolumns: {a: {type: int}, b: {type: text}}\nunique: {t_b_key: [b]}\nindexes: {t_a_idx: "
    "[a desc], t_low_idx: {columns: [{sql: lower(b)}], where: a > 1}}",
}  # fmt: skip


@pytest.mark.parametrize("case", POSTGRES_FOREVER)
def test_postgres_plans_nothing_after_apply(case: str, postgres_project: Project) -> None:
    applied = postgres_project.apply(POSTGRES_FOREVER[case])
    assert not applied.review.planned.plan.empty
    assert postgres_project.apply(POSTGRES_FOREVER[case]).review.planned.plan.empty


@pytest.mark.parametrize("case", SQLITE_FOREVER)
def test_sqlite_plans_nothing_after_apply(case: str, sqlite_project: Project) -> None:
    applied = sqlite_project.apply(SQLITE_FOREVER[case])
    assert not applied.review.planned.plan.empty
    assert sqlite_project.apply(SQLITE_FOREVER[case]).review.planned.plan.empty


# --- what is lost, missed or not understood ---------------------------------------------------------------------------


def test_a_deferrable_unique_constraint_stays_one(postgres_project: Project, postgres: Target) -> None:
    table = "table: t\ncolumns: {a: {type: int}, b: {type: int}}\n"
    for columns in ("a", "a, b"):
        postgres_project.apply(f"{table}unique: {{t_a_key: {{columns: [{columns}], deferrable: true}}}}")
        wanted = [(f"UNIQUE ({columns}) DEFERRABLE",)]
        assert postgres.query("select pg_get_constraintdef(oid) from pg_constraint where conname = 't_a_key'") == wanted


def test_a_view_over_a_generated_column(postgres_project: Project, postgres: Target) -> None:
    document = (
        "table: t\ncolumns: {{a: {{type: int}}, b: {{type: bigint, generated: {{sql: a * {}, stored: true}}}}}}\n---\n"
        "view: v\nquery: select b + 1 as c from t"
    )
    postgres_project.apply(document.format(2))
    postgres.execute("insert into t (a) values (10)")
    postgres_project.apply(document.format(3))
    assert postgres.query("select c from v") == [(31,)]


MISSED = {
    "an enum": ("values: [a, b]", "values: [a, b, c]", {"enum.mood"}),
    "a check": ("checks: {t_n_check: n > 0}", "checks: {t_n_check: n > 1}", {"table.t.check.t_n_check"}),
    "a default": ("n: {type: int, default: 1}", "n: {type: int, default: 2}", {"table.t.column.n"}),
}
ENUM_AND_TABLE = (
    "enum: mood\nvalues: [a, b]\n---\ntable: t\ncolumns: {m: {type: enum(mood)}, n: {type: int, default: 1}}\n"
    "checks: {t_n_check: n > 0}"
)


@pytest.mark.parametrize("case", MISSED)
def test_every_change_is_seen(case: str, postgres_project: Project) -> None:
    old, new, subjects = MISSED[case]
    assert old in ENUM_AND_TABLE
    postgres_project.apply(ENUM_AND_TABLE)
    applied = postgres_project.apply(ENUM_AND_TABLE.replace(old, new))
    assert {str(step.subject) for step in applied.review.planned.plan.steps} == subjects


def test_an_index_that_falls_with_its_column_is_seen(project_on_each: Project) -> None:
    table = "table: t\ncolumns: {{a: {{type: int}}{}}}\n{}"
    project_on_each.apply(table.format(", b: {type: int}", "indexes: {t_b_idx: [b]}"))
    applied = project_on_each.apply(table.format("", ""))
    changes = {str(change.ref) for step in applied.review.planned.plan.steps for change in step.changes}
    assert changes == {"table.t.column.b", "table.t.index.t_b_idx"}


@pytest.fixture
def project_on_each(target: Target, tmp_path: Path) -> Project:
    return Project(tmp_path, target)


def test_a_rebuild_keeps_collations_and_blobs(sqlite_project: Project, sqlite: Target) -> None:
    """A rebuild that one tool makes loses NOCASE and turns the default into text, and says that all is well."""
    sqlite.execute(
        "create table t (id integer primary key, name text collate nocase, raw blob default x'00ff', n int); "
        "insert into t (name, n) values ('Ann', 1)"
    )
    document = (
        "table: t\ncolumns: {id: {type: bigint, identity: true}, name: {type: text, collation: NOCASE}, "
        "raw: {type: bytes, default: {sql: x'00ff'}}, n: {type: bigint, not_null: true}}\nprimary_key: [id]"
    )
    sqlite_project.apply(document)
    sqlite.execute("insert into t (name, n) values ('Bob', 2)")
    assert sqlite.query("select name, hex(raw), typeof(raw), n from t where name in ('ANN', 'BOB') order by id") == [
        ("Ann", "00FF", "blob", 1), ("Bob", "00FF", "blob", 2),
    ]  # fmt: skip


def test_one_nullable_column_is_no_rebuild(sqlite_project: Project, sqlite: Target) -> None:
    sqlite_project.apply("table: t\ncolumns: {a: {type: int}}")
    applied = sqlite_project.apply("table: t\ncolumns: {a: {type: int}, b: {type: text}}")
    statements = [statement.sql for statement in applied.review.planned.plan.statements]
    assert statements == ['ALTER TABLE "t" ADD COLUMN "b" TEXT']
