"""What would fail for want of a right or a setting: a plan in, problems with the remedy out, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.dialects.base import Session
from reconciler.dialects.mysql.circumstances import account
from reconciler.dialects.mysql.grants import has, has_everywhere, rights_in
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.needs import LOGGED, LOGGED_BY_MARIADB, Head, head_of, rights_for, unpromised
from reconciler.errors import Problem
from reconciler.frozen import frozen_in_order
from reconciler.model.model import Model
from reconciler.model.objects import Table
from reconciler.model.ref import Kind
from reconciler.plan.plan import Plan

# The oldest versions of which a single DDL statement is atomic when the server dies, MySQL's and MariaDB's
# (dev.mysql.com/doc/refman/9.7/en/atomic-ddl.html, mariadb.com/kb/en/atomic-ddl).
_OLDEST: Mapping[bool, tuple[int, int]] = {False: (8, 0), True: (10, 6)}

# Whoever may make programs that are not its own, on MySQL by version and on MariaDB
# (dev.mysql.com/doc/refman/9.7/en/privileges-provided.html, mariadb.com/kb/en/grant).
_FOR_ANOTHER: Mapping[bool, tuple[str, ...]] = {False: ("SET_ANY_DEFINER", "SET_USER_ID"), True: ("SET USER",)}


TRUST = "SET GLOBAL log_bin_trust_function_creators = 1"


@frozen_in_order
class Facts:
    """What the server says of itself and of the user."""

    version: str
    database: str
    user: str
    read_only: bool
    untrusting: bool
    rights: frozenset[str] | None

    @property
    def maria(self) -> bool:
        return "mariadb" in self.version.lower()


def preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """Return what stands in the way of a plan: the server's version and settings, rights that are missing."""
    if plan.empty:
        return ()
    facts = facts_of(session)
    heads = {statement.sql: head_of(statement.sql) for statement in plan.statements}
    return [
        *of_server(facts), *_of_rights(facts, heads), *_of_definers(facts, heads), *_of_log(facts, heads),
        *_of_history(session, plan, actual),
    ]  # fmt: skip


def facts_of(session: Session) -> Facts:
    """Ask the server what it is, and what the user may do there."""
    version, database, user, read_only, untrusting = session.query(
        "SELECT version(), database(), current_user(), @@global.read_only,"
        " @@log_bin AND NOT @@log_bin_trust_function_creators"
    )[0]
    grants = [str(row[0]) for row in session.query("SHOW GRANTS")]
    return Facts(version, database, user, bool(read_only), bool(untrusting), rights_in(grants, database))


def of_server(facts: Facts) -> Iterator[Problem]:
    """Yield what makes a server unfit: its version, or that nobody may write to it."""
    number = tuple(int(part) for part in facts.version.split("-")[0].split(".")[:2])
    oldest = _OLDEST[facts.maria]
    if number < oldest:
        yield Problem(
            code="RUN012", message=f"the server is {facts.version}: it can die in the middle of one statement",
            hint=f"use {'MariaDB' if facts.maria else 'MySQL'} {oldest[0]}.{oldest[1]} or newer",
        )  # fmt: skip
    rights = facts.rights
    privileged = rights is None or has_everywhere(rights, "SUPER") or has_everywhere(rights, "READ_ONLY ADMIN")
    if facts.read_only and not privileged:
        yield Problem(code="RUN011", message="the server is read-only", hint="connect to the one that is written to")


def _of_rights(facts: Facts, heads: Mapping[str, Head]) -> Iterator[Problem]:
    """Tell each right that is missing once; those on single tables are not looked at, nor those of roles."""
    if facts.rights is None:
        return
    needed = {right for text, head in heads.items() for right in rights_for(head, text)}
    for right in sorted(right for right in needed if not has(facts.rights, right)):
        yield Problem(
            code="RUN011", message=f"{facts.user} may not {right} in {facts.database}",
            hint=f"GRANT {right} ON {quoted(facts.database)}.* TO {account(facts.user)}",
        )  # fmt: skip


def _of_definers(facts: Facts, heads: Mapping[str, Head]) -> Iterator[Problem]:
    """Programs of another account are made by whoever may say so (error 1227)."""
    rights = _FOR_ANOTHER[facts.maria]
    if facts.rights is None or any(has_everywhere(facts.rights, right) for right in ("SUPER", *rights)):
        return
    others = sorted({head.definer for head in heads.values() if head.definer} - {facts.user})
    if others:
        hint = f"GRANT {rights[0]} ON *.* TO {account(facts.user)}, or say definer: strip"
        message = f"{facts.user} may not make what has the rights of {', '.join(others)}"
        yield Problem(code="RUN011", message=message, hint=hint)


def _of_log(facts: Facts, heads: Mapping[str, Head]) -> Iterator[Problem]:
    """Errors 1418 and 1419, before they come in the middle of an apply."""
    if facts.untrusting and any(unpromised(head, text) for text, head in heads.items()):
        message = "a function that is not deterministic and may change rows is not taken beside a binary log"
        hint = "say volatility: immutable, or options: {mysql: {data_access: reads sql data}}, where it is true"
        yield Problem(code="RUN011", message=message, hint=f"{hint}; or as an administrator: {TRUST}")
    forbidden = LOGGED_BY_MARIADB if facts.maria else LOGGED
    if facts.untrusting and not trusted(facts) and any(head.words in forbidden for head in heads.values()):
        verb = "create or drop" if facts.maria else "create"
        yield Problem(
            code="RUN011", message=f"{facts.user} may not {verb} triggers and functions while the binary log is on",
            hint=f"as an administrator: {TRUST}",
        )  # fmt: skip


def _of_history(session: Session, plan: Plan, actual: Model) -> Iterator[Problem]:
    """Error 4119: MariaDB alters no column of a table that keeps its history unless it is told what becomes of that
    (mariadb.com/kb/en/system-versioned-tables, system_versioning_alter_history).
    """
    touched = {change.ref.top for step in plan.steps for change in step.changes if change.ref.kind == Kind.COLUMN}
    tables = (obj for ref in sorted(touched) if isinstance(obj := actual.get(ref), Table))
    found = [str(table.ref) for table in tables if "SYSTEM VERSIONING" in table.not_understood]
    if found and session.query("SELECT @@system_versioning_alter_history")[0][0] == "ERROR":
        yield Problem(
            code="RUN011", message=f"{', '.join(found)} keeps its history, and its columns may not be altered here",
            hint="to let the history follow: SET GLOBAL system_versioning_alter_history = KEEP",
        )  # fmt: skip


def trusted(facts: Facts) -> bool:
    """Say whether this user may make triggers and functions beside a binary log, or brings rights that nobody sees."""
    rights = facts.rights
    if rights is None or has_everywhere(rights, "SUPER"):
        return True
    return facts.maria and has_everywhere(rights, "BINLOG ADMIN")
