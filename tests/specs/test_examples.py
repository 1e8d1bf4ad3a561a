"""Every example project goes from its "before" to its specs with the command line alone, and keeps its rows."""

from __future__ import annotations

import runpy
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reconciler import workflow
from tests.process import ROOT, Reconcile, run_process
from tests.target import Target

SPECS = ROOT / "specs"
FAX = "DS103:table.customers.column.fax"


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of an example project, without databases that a reader made in the original."""
    copy = tmp_path / str(request.param)
    shutil.copytree(SPECS / request.param, copy, ignore=shutil.ignore_patterns("*.db*"))
    return copy


def build(project: Path, *arguments: str) -> None:
    """Run the project's `before.py`."""
    run_process([sys.executable, "before.py", *arguments], cwd=project).ok()


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query to a SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_every_example_is_tested() -> None:
    assert {path.parent.name for path in SPECS.glob("*/reconcile.yaml")} == {
        "platform", "qcat", "quickstart", "quota", "relay", "tokens",
    }  # fmt: skip


@pytest.mark.parametrize("example", ["platform", "qcat", "quickstart", "quota", "relay", "tokens"], indirect=True)
def test_the_specs_are_valid(example: Path, reconcile: Reconcile) -> None:
    reconcile("validate", cwd=example).ok()


# --- quickstart -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", ["quickstart"], indirect=True)
def test_quickstart_converges(example: Path, installed: Reconcile) -> None:
    build(example)
    installed("plan", "--detailed-exitcode", cwd=example).ok(2)
    installed("apply", "--auto-approve", "--allow", FAX, cwd=example).ok()
    installed("check", cwd=example).ok()
    assert "up to date" in installed("plan", "--detailed-exitcode", cwd=example).ok().out


@pytest.mark.parametrize("example", ["quickstart"], indirect=True)
def test_quickstart_keeps_every_row(example: Path, reconcile: Reconcile) -> None:
    build(example)
    reconcile("apply", "--auto-approve", "--allow", FAX, cwd=example).ok()
    shop = example / "shop.db"
    assert rows(shop, "select id, email, name, newsletter from customers order by id") == [
        (1, "Ada@example.com", "Ada", 0),
        (2, "grace@example.com", "Grace", 0),
        (3, "edsger@example.com", "Edsger", 0),
    ]
    assert rows(shop, "select id, customer_id, typeof(customer_id) from orders order by id") == [
        (1, 1, "integer"),
        (2, 1, "integer"),
        (3, 2, "integer"),
        (4, 3, "integer"),
    ]
    assert rows(shop, "select id, total from order_totals order by id") == [(1, 1260.5), (2, 45), (3, 99), (4, 1)]
    assert rows(shop, "select note from audit_notes") == [("counted by hand",)]
    assert rows(shop, "pragma foreign_key_check") == []


@pytest.mark.parametrize("example", ["quickstart"], indirect=True)
def test_quickstart_drops_nothing_unasked(example: Path, reconcile: Reconcile) -> None:
    """A first apply does not take the spec's word for what destroys data: the command line has to say so too."""
    build(example)
    reconcile("apply", "--auto-approve", cwd=example).ok(3)
    assert rows(example / "shop.db", "select count(fax) from customers") == [(1,)]


@pytest.mark.parametrize("example", ["quickstart"], indirect=True)
def test_quickstart_compiles_for_postgres(example: Path, reconcile: Reconcile, postgres: Target) -> None:
    reconcile("apply", "--auto-approve", "--url", postgres.url, cwd=example).ok()
    postgres.execute("insert into customers (email, name) values ('a@example.com', 'A')")
    postgres.execute("insert into orders (customer_id) values (1)")
    postgres.execute("insert into order_lines (order_id, article, quantity, unit_price) values (1, 'x', 3, 1.5)")
    assert postgres.query("select id, status::text, total::text from order_totals") == [(1, "new", "4.50")]
    reconcile("plan", "--detailed-exitcode", "--url", postgres.url, cwd=example).ok()


# --- quota ------------------------------------------------------------------------------------------------------------


MOVED = (
    "select quota_type, count(*), sum(amount), sum(expires_at like '% 23:59:59') from user_quota_balances"
    " group by quota_type order by quota_type"
)


def is_ours(row: tuple[object, ...]) -> bool:
    return "_reconcile_" in str(row) or "__rc_rejects" in str(row)


@pytest.mark.parametrize("example", ["quota"], indirect=True)
def test_quota_gets_its_missing_table(example: Path, reconcile: Reconcile) -> None:
    build(example)
    mail = example / "mail.db"
    others = "select name, sql from sqlite_schema where tbl_name not like '%balances' order by name"
    before = rows(mail, others)
    plan = reconcile("plan", "--detailed-exitcode", cwd=example).ok(2).out
    for name in ("user_quota_balances", "idx_user_quota_balances_user_id", "idx_user_quota_balances_expires_at"):
        assert name in plan
    assert "quota_logs_to_balances" in plan
    told = reconcile("apply", "-e", "local", "--auto-approve", cwd=example).ok().out
    assert "8 rows read, 8 written" in told
    assert "daily 7, permanent 1" in told
    reconcile("apply", "-e", "local", "--auto-approve", cwd=example).ok()
    before_all = mail.read_bytes()
    request = workflow.Request(directory=example, environment="local")
    for _ in range(100):
        assert workflow.apply(request).outcome is None
    assert mail.read_bytes() == before_all, "not a byte of the database has changed"
    assert rows(mail, MOVED) == [("daily", 7, 7, 7), ("permanent", 1, 5, None)]
    reconcile("check", cwd=example).ok()
    reconcile("plan", "--detailed-exitcode", cwd=example).ok()
    assert [row for row in rows(mail, others) if not is_ours(row)] == before
    columns = [row[1:3] for row in rows(mail, "pragma table_info(user_quota_balances)")]
    assert columns == [
        ("id", "INTEGER"),
        ("user_id", "INTEGER"),
        ("quota_type", "TEXT"),
        ("amount", "INTEGER"),
        ("expires_at", "TIMESTAMP"),
        ("source", "TEXT"),
        ("source_id", "INTEGER"),
        ("created_at", "TIMESTAMP"),
        ("updated_at", "TIMESTAMP"),
    ]


@pytest.mark.live("d1")
@pytest.mark.parametrize("example", ["quota"], indirect=True)
def test_quota_gets_its_missing_table_on_d1(example: Path, reconcile: Reconcile, d1: Target) -> None:
    before = runpy.run_path(str(example / "before.py"))
    d1.execute(before["TABLES"] + before["ROWS"])
    others = (
        "select name, sql from sqlite_schema"
        " where tbl_name not like '%balances' and tbl_name not like '\\_%' escape '\\' order by name"
    )
    schema = d1.query(others)
    surroundings = {"DATABASE_URL": d1.url}
    plan = reconcile("plan", "-e", "production", "--detailed-exitcode", cwd=example, env=surroundings).ok(2).out
    for name in ("user_quota_balances", "idx_user_quota_balances_user_id", "idx_user_quota_balances_expires_at"):
        assert name in plan
    applied = reconcile("apply", "-e", "production", "--auto-approve", cwd=example, env=surroundings).ok().out
    assert "rows written" in applied or " written; it is" in applied
    assert "8 rows read, 8 written" in applied
    assert "daily 7, permanent 1" in applied
    reconcile("apply", "-e", "production", "--auto-approve", cwd=example, env=surroundings).ok()
    assert [row[:3] for row in d1.query(MOVED)] == [("daily", 7, 7), ("permanent", 1, 5)]
    reconcile("check", "-e", "production", cwd=example, env=surroundings).ok()
    assert d1.query(others) == schema
    assert d1.query("select count(*), sum(amount) from quota_logs") == [(8, 12)]
    names = [name for (name,) in d1.query("select name from pragma_table_info('user_quota_balances')")]
    assert names == [
        "id", "user_id", "quota_type", "amount", "expires_at", "source", "source_id", "created_at", "updated_at",
    ]  # fmt: skip


@pytest.mark.parametrize("example", ["quota"], indirect=True)
def test_the_paper_s_numbers_are_there(example: Path) -> None:
    build(example)
    mail = example / "mail.db"
    assert rows(mail, "select source, count(*), sum(amount) from quota_logs group by source order by source") == [
        ("checkin", 7, 7),
        ("register", 1, 5),
    ]
    with pytest.raises(sqlite3.OperationalError, match="no such table: user_quota_balances"):
        rows(mail, "select count(*) from user_quota_balances")


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", ["tokens"], indirect=True)
@pytest.mark.parametrize("state", ["pristine", "users", "logs", "complete"])
def test_tokens_converges_from_every_state(example: Path, state: str, reconcile: Reconcile, postgres: Target) -> None:
    surroundings = {"DATABASE_URL": postgres.url, "ENV": "development"}
    build(example, state, postgres.url)
    pending = 0 if state == "complete" else 2
    reconcile("plan", "--detailed-exitcode", cwd=example, env=surroundings).ok(pending)
    reconcile("apply", "--auto-approve", cwd=example, env=surroundings).ok()
    reconcile("check", cwd=example, env=surroundings).ok()
    after = postgres.observe()
    reconcile("apply", "--auto-approve", cwd=example, env=surroundings).ok()
    assert postgres.observe() == after
    assert postgres.query("select username, role from users order by id") == [
        ("ada", "user" if state == "pristine" else "admin"),
        ("bob", "user"),
        ("eve", "user"),
    ]
    columns = "select column_name from information_schema.columns where table_name = 'token_logs'"
    assert ("assistant_name",) in postgres.query(columns)


@pytest.mark.parametrize("example", ["tokens"], indirect=True)
def test_tokens_moves_its_rows_from_sqlite(example: Path, reconcile: Reconcile, postgres: Target) -> None:
    """Into a half-made database: every row arrives with what it held, or is named with the reason; none twice."""
    surroundings = {"DATABASE_URL": postgres.url, "ENV": "cutover"}
    build(example, "legacy", "legacy.db")
    build(example, "logs", postgres.url)
    reconcile("plan", "--detailed-exitcode", cwd=example, env=surroundings).ok(2)
    reconcile("apply", "--auto-approve", cwd=example, env=surroundings).ok()
    old = rows(
        example / "legacy.db",
        "select name, secret, role, tokens, datetime(created, 'unixepoch') from accounts where name <> 'zoe'"
        " order by name",
    )
    moved = "select username, password_hash, role, token_balance, created_at::text from users where id > 3 order by 1"
    assert [*map(tuple, postgres.query(moved))] == old
    assert len(old) == 250
    assert postgres.query("select source_key, reason from __rc_rejects") == [
        ("zoe", "the value for token_balance is no number")
    ]
    codes = "select code, tokens, expires_at::text, created_at::text from invite_codes order by code"
    assert postgres.query(codes) == [
        ("OLD-1", 1000000, "2030-01-01 00:00:00", "2024-01-31 12:00:00"),
        ("OLD-2", 5, None, "2024-02-29 23:59:59"),
    ]
    reconcile("apply", "--auto-approve", cwd=example, env=surroundings).ok()
    assert "up to date" in reconcile("plan", "--detailed-exitcode", cwd=example, env=surroundings).ok().out
    assert postgres.query("select count(*) from users") == [(253,)]
    postgres.execute("insert into users (username, password_hash) values ('new', 'x')")
