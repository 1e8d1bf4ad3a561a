"""The relay's half-made database goes to its specs on MySQL and MariaDB, with the command line alone; rows stay."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.process import ROOT, Reconcile, run_process
from tests.target import Row, Target, fresh

TABLES = """
    account_usage_stats api_keys claude_accounts client_api_keys client_sessions client_usage_logs client_users
    concurrency_leases cost_stats droid_accounts gemini_accounts key_value_store oauth_sessions openai_accounts
    sessions sticky_sessions system_metrics usage_records usage_stats
""".split()
THERE = ("client_users", "client_api_keys", "client_sessions", "key_value_store")
BROUGHT = """
    email_verified email_verified_at email_verification_hash email_verification_expires_at password_reset_hash
    password_reset_expires_at monthly_requests monthly_tokens monthly_cost monthly_token_limit usage_reset_at
""".split()
PROGRAMS = ("trigger", "procedure", "event")
AN_HOUR_FROM_NOW = "current_timestamp(6) + interval 1 hour"


@dataclass(frozen=True, slots=True)
class Relay:
    """The example, its database as it is before, and the command line on both."""

    project: Path
    server: Target
    database: str
    url: str
    _command: Reconcile

    def reconcile(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run the command on the database and return what it says; it has to end with one of these codes."""
        done = self._command(*arguments, cwd=self.project, env={"DATABASE_URL": self.url})
        done.ok(*codes)
        return done.out + done.err

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query; `{db}` in it is the database's quoted name."""
        return self.server.query(sql.replace("{db}", f"`{self.database}`"))

    def execute(self, sql: str) -> None:
        """Run a statement; `{db}` in it is the database's quoted name."""
        self.server.execute(sql.replace("{db}", f"`{self.database}`"))

    def names(self) -> list[str]:
        """Return the tables that there are, but for the ledger's."""
        return [name for (name,) in self.query("show tables from {db}") if not name.startswith("_reconcile_")]

    def shown(self, tables: tuple[str, ...]) -> list[str]:
        """Return tables in the server's words."""
        return [self.query(f"show create table {{db}}.{table}")[0][1] for table in tables]


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.live(name)) for name in ("mysql", "mariadb")])
def relay(request: pytest.FixtureRequest, tmp_path: Path, reconcile: Reconcile) -> Iterator[Relay]:
    """The database as `before.py` builds it, under a name of the test process's own that has to be quoted."""
    project = tmp_path / "relay"
    shutil.copytree(ROOT / "specs" / "relay", project)
    database = f"claude-relay-{os.getpid()}"
    with fresh(request.param, tmp_path) as server:
        server.execute(f"drop database if exists `{database}`")
        url = make_url(server.url).set(database=database).render_as_string(hide_password=False)
        try:
            run_process([sys.executable, "before.py", url], cwd=project).ok()
            yield Relay(project, server, database, url, reconcile)
        finally:
            server.execute(f"drop database if exists `{database}`")


def log_a_request(relay: Relay) -> None:
    """Write one row into the log, as the relay does it, for the one key that there is."""
    ((user, key),) = relay.query("select user_id, id from {db}.client_api_keys")
    relay.execute(
        "insert into {db}.client_usage_logs"
        " (user_id, api_key_id, request_id, endpoint, model, input_tokens, output_tokens, cost, status_code)"
        f" values ({user}, {key}, uuid(), '/v1/messages', 'large', 30, 12, 0.0125, 200)"
    )


def test_the_plan_names_what_is_missing(relay: Relay) -> None:
    assert relay.names() == sorted(THERE)
    text = relay.reconcile("plan", "--detailed-exitcode", codes=(2,))
    missing = sorted(set(TABLES) - set(THERE))
    assert re.findall(r"\+ +table\.(\w+) ", text) == missing
    assert re.findall(r"\+ +table\.client_users\.column\.(\w+) ", text) == sorted(BROUGHT)
    assert "decimal(10,2) → decimal(18,6)" in text
    changes = json.loads(relay.reconcile("plan", "-o", "json"))["result"]["changes"]
    created = [change["address"] for change in changes if change["kind"] == "table" and change["actions"] == ["create"]]
    running = {change["address"] for change in changes if change["kind"] in PROGRAMS}
    assert running == {
        "table.client_usage_logs.trigger.update_user_usage_after_log_insert", "procedure.cleanup_expired_sessions",
        "procedure.reset_monthly_usage", "event.daily_cleanup", "event.monthly_reset",
    }  # fmt: skip
    assert sorted(created) == [f"table.{name}" for name in missing]
    touched = {change["address"].split(".")[1] for change in changes if change["kind"] not in PROGRAMS} - set(missing)
    assert touched == {"client_users"}, "the three others are what the specs say"
    assert relay.names() == sorted(THERE), "a plan changes nothing"


def test_it_converges_and_keeps_every_row(relay: Relay) -> None:
    untouched = relay.shown(THERE[1:])
    relay.reconcile("apply", "--auto-approve")
    assert relay.names() == TABLES
    assert "up to date" in relay.reconcile("plan", "--detailed-exitcode")
    relay.reconcile("check")
    assert relay.shown(THERE[1:]) == untouched
    users = "select username, cast(balance as char), total_tokens, nick, email_verified, monthly_tokens from {db}."
    assert relay.query(f"{users}client_users order by id") == [
        ("ada", "12.500000", 3000, "Countess", 0, 0),
        ("bob", "0.000000", 0, None, 0, 0),
    ]
    assert relay.query("select name, total_tokens from {db}.client_api_keys") == [("laptop", 3000)]
    assert relay.query("select count(*) from {db}.client_sessions") == [(2,)]
    assert relay.query("select `key`, value from {db}.key_value_store order by `key`") == [
        ("Motd", '"hello"'),
        ("motd", '"bye"'),
    ]


def test_a_second_apply_does_nothing(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    everything = relay.shown(tuple(TABLES))
    relay.reconcile("apply", "--auto-approve")
    assert relay.shown(tuple(TABLES)) == everything


def test_the_tables_do_what_they_are_for(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    log_a_request(relay)
    assert relay.query("select total_tokens from {db}.client_usage_logs") == [(42,)]
    relay.execute("delete from {db}.client_api_keys")
    assert relay.query("select api_key_id from {db}.client_usage_logs") == [(None,)]
    relay.execute("delete from {db}.client_users where username = 'ada'")
    assert relay.query("select count(*) from {db}.client_usage_logs") == [(0,)]
    assert relay.query("select count(*) from {db}.client_sessions") == [(1,)]
    relay.execute("insert into {db}.claude_accounts (id, name) values (uuid(), 'first')")
    relay.execute(
        "insert into {db}.api_keys (id, name, key_hash, claude_account_id)"
        " select uuid(), 'key', sha2('key', 256), id from {db}.claude_accounts"
    )
    relay.execute(
        "insert into {db}.concurrency_leases (lease_id, api_key_id, expires_at)"
        f" select uuid(), id, {AN_HOUR_FROM_NOW} from {{db}}.api_keys"
    )
    relay.execute("delete from {db}.claude_accounts")
    assert relay.query("select claude_account_id from {db}.api_keys") == [(None,)]
    relay.execute("delete from {db}.api_keys")
    assert relay.query("select count(*) from {db}.concurrency_leases") == [(0,)]


def test_a_row_of_the_log_counts_for_its_user_and_its_key(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    figures = "total_requests, total_tokens, cast(total_cost as char)"
    query = f"select {figures} from {{db}}.client_users union all select {figures} from {{db}}.client_api_keys"
    before = relay.query(query)
    log_a_request(relay)
    counted = [(requests + 1, tokens + 42, "0.012500") for requests, tokens, _ in before]
    assert relay.query(query) == [counted[0], before[1], counted[2]]
    assert relay.query("select monthly_requests, monthly_tokens from {db}.client_users order by id")[0] == (1, 42)
    relay.reconcile("call", "reset_monthly_usage")
    assert relay.query("select max(monthly_requests), max(monthly_tokens) from {db}.client_users") == [(0, 0)]
    assert relay.query(query)[0] == counted[0]


def test_sessions_that_are_over_are_taken_away(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    relay.execute("update {db}.client_sessions set expires_at = '2000-01-01' order by id limit 1")
    relay.reconcile("call", "cleanup_expired_sessions")
    assert relay.query("select count(*) from {db}.client_sessions") == [(1,)]
    relay.execute(f"update {{db}}.client_sessions set expires_at = {AN_HOUR_FROM_NOW}")
    relay.reconcile("call", "cleanup_expired_sessions")
    assert relay.query("select count(*) from {db}.client_sessions") == [(1,)]


def test_the_events_call_the_procedures(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    found = relay.query(
        "select event_name, interval_value, interval_field, cast(starts as char), status"
        f" from information_schema.events where event_schema = '{relay.database}' order by 1"
    )
    assert found == [
        ("daily_cleanup", "1", "DAY", "2026-01-01 03:00:00", "ENABLED"),
        ("monthly_reset", "1", "MONTH", "2026-01-01 00:00:00", "ENABLED"),
    ]


def test_a_trigger_changed_by_hand_is_found_and_mended(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    name = "{db}.update_user_usage_after_log_insert"
    relay.execute(f"drop trigger {name}")
    assert "update_user_usage_after_log_insert" in relay.reconcile("check", codes=(2,))
    relay.execute(f"create trigger {name} after insert on {{db}}.client_usage_logs for each row set @x = 1")
    assert "update_user_usage_after_log_insert" in relay.reconcile("check", codes=(2,))
    relay.reconcile("apply", "--auto-approve")
    relay.reconcile("check")


def test_two_users_with_one_address_are_counted_before_anything_is_done(relay: Relay) -> None:
    relay.execute(
        "insert into {db}.client_users (username, email, password_hash) values ('eve', 'ada@example.com', 'z')"
    )
    before = relay.shown(THERE)
    said = relay.reconcile("apply", "--auto-approve", codes=(3,))
    assert "client_users_email_key" in said
    assert relay.names() == sorted(THERE)
    assert relay.shown(THERE) == before


def test_drift_by_hand_is_found_and_mended(relay: Relay) -> None:
    relay.reconcile("apply", "--auto-approve")
    relay.execute("alter table {db}.usage_records drop index idx_usage_records_created_at")
    relay.execute("alter table {db}.system_metrics modify column value double")
    found = relay.reconcile("check", codes=(2,))
    assert "idx_usage_records_created_at" in found
    assert "table.system_metrics.column.value" in found
    relay.reconcile("apply", "--auto-approve")
    relay.reconcile("check")


def test_a_database_that_is_not_there_is_told_by_its_name(relay: Relay) -> None:
    relay.execute("drop database {db}")
    said = relay.reconcile("plan", codes=(1,))
    assert "the database does not exist" in said
    assert relay.database in said
