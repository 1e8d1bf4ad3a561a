"""A session on MySQL or MariaDB in, the signs of its server, rights and settings out; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.dialects.health import Sign, ok, problem, warn
from reconciler.dialects.mysql.circumstances import account
from reconciler.dialects.mysql.grants import has
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.preflight import TRUST, Facts, facts_of, of_server, trusted

# What every apply needs, and what it needs for some kinds of object.
_NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES")
_KINDS = ("CREATE VIEW", "SHOW VIEW", "TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT")

_SETTINGS = """
SELECT @@global.sql_mode, @@global.foreign_key_checks, @@global.event_scheduler, @@lower_case_table_names,
       (SELECT count(*) FROM information_schema.events WHERE event_schema = database())
"""


def examine(session: Session, target: Target) -> Sequence[Sign]:
    """Return what is to be known of a server: its version, what this user may do there, and settings that matter."""
    facts = facts_of(session)
    refusals = [problem("server", one.message, one.hint) for one in of_server(facts)]
    name = f"MariaDB {facts.version}" if facts.maria else f"MySQL {facts.version}"
    return [*(refusals or [ok("server", f"{name}, supported")]), *_rights(facts), *_settings(session, facts)]


def _rights(facts: Facts) -> Iterator[Sign]:
    if facts.rights is None:
        yield ok("privileges", f"{facts.user} has some by a role; a plan that lacks one says so before it runs")
        return
    for rights, make in ((_NEEDED, problem), (_KINDS, warn)):
        missing = ", ".join(right for right in rights if not has(facts.rights, right))
        if missing:
            yield make("privileges", f"{facts.user} may not {missing} in {facts.database}",
                       f"GRANT {missing} ON {quoted(facts.database)}.* TO {account(facts.user)}")  # fmt: skip
    if all(has(facts.rights, right) for right in (*_NEEDED, *_KINDS)):
        yield ok("privileges", f"{facts.user} may do in {facts.database} what any plan needs")
    if facts.untrusting and not trusted(facts):
        yield warn("privileges", f"{facts.user} may not create triggers and functions while it logs (error 1419)",
                   f"as an administrator: {TRUST}")  # fmt: skip


def _settings(session: Session, facts: Facts) -> Iterator[Sign]:
    mode, keys, scheduler, lower, events = session.query(_SETTINGS)[0]
    strict = "STRICT_TRANS_TABLES" in mode or "STRICT_ALL_TABLES" in mode
    if not strict:
        yield warn("settings", "sql_mode is not strict on this server: applications may store values that do not fit,"
                   " cut to size; reconcile's own sessions are strict",
                   "SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',STRICT_TRANS_TABLES')")  # fmt: skip
    if not keys:
        yield warn("settings", "foreign_key_checks is off for every new session: rows may refer to what is not there",
                   "SET GLOBAL foreign_key_checks = 1")  # fmt: skip
    if events and str(scheduler).upper() not in ("ON", "1"):
        yield warn("settings", f"event_scheduler is {scheduler}: the events of {facts.database} do not run",
                   "SET GLOBAL event_scheduler = ON")  # fmt: skip
    if strict and keys:
        yield ok("settings", f"sql_mode is strict, foreign keys are checked, lower_case_table_names is {lower}")
