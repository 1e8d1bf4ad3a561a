"""What would fail for want of a right or a setting: a plan in, problems with the remedy out, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.dialects.base import Session
from reconciler.dialects.mysql.grants import has, rights_in
from reconciler.dialects.mysql.lexer import quoted
from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.plan.plan import Plan

# The oldest versions of which a single DDL statement is atomic when the server dies, MySQL's and MariaDB's
# (dev.mysql.com/doc/refman/9.7/en/atomic-ddl.html, mariadb.com/kb/en/atomic-ddl).
_OLDEST: Mapping[bool, tuple[int, int]] = {False: (8, 0), True: (10, 6)}

# The beginning of a statement → the rights that it needs (…/en/grant.html, and the pages of the statements).
_NEEDS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("CREATE TABLE", ("CREATE",)),
    ("CREATE VIEW", ("CREATE VIEW",)),
    ("CREATE OR REPLACE", ("CREATE VIEW", "DROP")),
    ("CREATE", ("INDEX",)),
    ("ALTER TABLE", ("ALTER",)),
    ("DROP", ("DROP",)),
    ("RENAME TABLE", ("ALTER", "DROP", "CREATE", "INSERT")),
    ("UPDATE", ("UPDATE", "SELECT")),
)

# Beginnings of statements that a binary log forbids to whoever is not trusted (…/en/stored-programs-logging.html).
_LOGGED = ("CREATE TRIGGER", "CREATE FUNCTION", "CREATE OR REPLACE TRIGGER", "CREATE OR REPLACE FUNCTION")


@dataclass(frozen=True, slots=True)
class _Facts:
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
    facts = _facts(session)
    texts = [statement.sql for statement in plan.statements]
    return [*_of_server(facts), *_of_rights(facts, texts), *_of_log(facts, texts)]


def _facts(session: Session) -> _Facts:
    version, database, user, read_only, untrusting = session.query(
        "SELECT version(), database(), current_user(), @@global.read_only,"
        " @@log_bin AND NOT @@log_bin_trust_function_creators"
    )[0]
    grants = [str(row[0]) for row in session.query("SHOW GRANTS")]
    return _Facts(version, database, user, bool(read_only), bool(untrusting), rights_in(grants, database))


def _of_server(facts: _Facts) -> Iterator[Problem]:
    number = tuple(int(part) for part in facts.version.split("-")[0].split(".")[:2])
    oldest = _OLDEST[facts.maria]
    if number < oldest:
        yield Problem(
            code="RUN012", message=f"the server is {facts.version}: it can die in the middle of one statement",
            hint=f"use {'MariaDB' if facts.maria else 'MySQL'} {oldest[0]}.{oldest[1]} or newer",
        )  # fmt: skip
    privileged = facts.rights is None or has(facts.rights, "SUPER") or has(facts.rights, "READ_ONLY ADMIN")
    if facts.read_only and not privileged:
        yield Problem(code="RUN011", message="the server is read-only", hint="connect to the one that is written to")


def _of_rights(facts: _Facts, texts: Sequence[str]) -> Iterator[Problem]:
    """Tell each right that is missing once; those on single tables are not looked at, nor those of roles."""
    if facts.rights is None:
        return
    needed = {right for text in texts for right in _needs(text)}
    for right in sorted(right for right in needed if not has(facts.rights, right)):
        user = "@".join(quoted(part) for part in facts.user.rsplit("@", 1))
        yield Problem(
            code="RUN011", message=f"{facts.user} may not {right} in {facts.database}",
            hint=f"GRANT {right} ON {quoted(facts.database)}.* TO {user}",
        )  # fmt: skip


def _needs(text: str) -> Iterator[str]:
    yield from next((rights for beginning, rights in _NEEDS if text.startswith(beginning)), ())
    if text.startswith(("ALTER TABLE", "CREATE TABLE")) and " FOREIGN KEY " in text:
        yield "REFERENCES"


def _of_log(facts: _Facts, texts: Sequence[str]) -> Iterator[Problem]:
    """Error 1419, before it comes in the middle of an apply."""
    trusted = facts.rights is None or has(facts.rights, "SUPER")
    if facts.untrusting and not trusted and any(text.startswith(_LOGGED) for text in texts):
        yield Problem(
            code="RUN011", message=f"{facts.user} may not create triggers and functions while the binary log is on",
            hint="as an administrator: SET GLOBAL log_bin_trust_function_creators = 1",
        )  # fmt: skip
