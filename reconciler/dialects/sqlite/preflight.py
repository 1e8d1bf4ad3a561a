"""A plan and an open session in, what would stop it for want of a right or a collation out; it changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from reconciler.dialects.base import Session
from reconciler.dialects.sqlite.lexer import LexError, tokens
from reconciler.dialects.sqlite.names import fold
from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.plan.plan import Plan


def preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """Return what is missing, each with the remedy; nothing for a plan that does nothing."""
    if plan.empty:
        return []
    known = {fold(name) for (name,) in session.query("SELECT name FROM pragma_collation_list")}
    return [*_unwritable(session), *unknown_collations(plan, known)]


def _unwritable(session: Session) -> Iterator[Problem]:
    """A file needs to be writable, and its directory too: the journal is made there."""
    path = session.query("SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0]
    for place in (path, os.path.dirname(path)) if path else ():
        if not os.access(place, os.W_OK):
            hint = f"chmod u+w {place}, or run as its owner"
            yield Problem(code="RUN011", message=f"{place} cannot be written", hint=hint)


def unknown_collations(plan: Plan, known: AbstractSet[str]) -> Iterator[Problem]:
    """Yield the collations that a plan names and that are not known, in lower case.

    A collation that an application defines is not there on a connection of ours (sqlite.org/c3ref/create_collation).

    Only a statement that says its name needs it.
    """
    seen = set(known)
    for step in plan.steps:
        for name in (name for statement in step.statements for name in _collations(statement.sql)):
            if fold(name) not in seen:
                seen.add(fold(name))
                yield Problem(
                    code="RUN012", message=f"{step.subject} needs the collation {name}, which an application defines",
                    hint=f"SQLite itself has {', '.join(sorted(known)).upper()}: change what uses it by hand, "
                    "from the application", address=str(step.subject),
                )  # fmt: skip


def _collations(sql: str) -> Iterator[str]:
    try:
        found = tokens(sql)
    except LexError:
        return
    for word, name in pairwise(found):
        if word.word == "COLLATE":
            yield name.value
