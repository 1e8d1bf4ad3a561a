"""What would fail for want of a right or a setting: a plan in, problems with the remedy out, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.dialects.base import Session
from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.plan.plan import Plan

# What a plan's steps need at least, by the first word of their statements.
_NEEDS = {"CREATE": "CREATE", "ALTER": "ALTER", "DROP": "DROP", "RENAME": "ALTER"}


def preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """Return what stands in the way of a plan: a read-only server, rights that are missing."""
    if plan.empty:
        return ()
    problems = []
    if session.query("SELECT @@global.read_only")[0][0]:
        problems.append(
            Problem(code="RUN011", message="the server is read-only", hint="connect to the one that is written to")
        )
    held = _privileges(session)
    needed = {_NEEDS[word] for s in plan.statements if (word := s.sql.split(None, 1)[0]) in _NEEDS}
    for right in sorted(needed - held) if held else ():
        database, user = session.query("SELECT database(), current_user()")[0]
        problems.append(
            Problem(
                code="RUN011", message=f"{user} may not {right} in {database}",
                hint=f"GRANT {right} ON `{database}`.* TO {user}",
            )
        )  # fmt: skip
    return problems


def _privileges(session: Session) -> set[str]:
    """Return the rights that hold for the whole database; empty when they come by a role or cannot be told."""
    rows = session.query(
        "SELECT privilege_type FROM information_schema.user_privileges"
        " WHERE replace(grantee, '''', '') = current_user()"
        " UNION SELECT privilege_type FROM information_schema.schema_privileges"
        " WHERE replace(grantee, '''', '') = current_user() AND database() LIKE table_schema"
    )
    found = {str(right) for (right,) in rows}
    return found if found - {"USAGE"} else set()
