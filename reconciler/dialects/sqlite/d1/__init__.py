"""Cloudflare D1, assembled: SQLite behind HTTP, with its foreign keys always on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

from reconciler.dialects.base import Dialect, Normalized, Session, Target
from reconciler.dialects.sqlite import DIALECT as SQLITE
from reconciler.dialects.sqlite.d1 import closure, limits
from reconciler.dialects.sqlite.d1.asking import first_rows, limited
from reconciler.dialects.sqlite.d1.examine import CLOCK, examine
from reconciler.dialects.sqlite.d1.lease import holders, lock
from reconciler.dialects.sqlite.d1.preflight import preflight
from reconciler.dialects.sqlite.d1.script import script
from reconciler.dialects.sqlite.d1.session import assumed, connect, d1, server, transaction
from reconciler.dialects.sqlite.inspect import QUESTIONS
from reconciler.errors import Problem
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Kind
from reconciler.plan.outcome import Usage

_RULES = {
    **SQLITE.rules,
    # After the tables that are new: where a copy is made, what its foreign keys point at has to be there.
    Kind.TABLE: replace(
        SQLITE.rules[Kind.TABLE], rebuild=closure.rebuild, together=closure.together, rebuild_weight=42
    ),
    # A table that goes deletes its rows first, and what its children are told to do then: they go before it.
    Kind.FOREIGN_KEY: replace(SQLITE.rules[Kind.FOREIGN_KEY], holds=frozenset({"target", "target_columns"})),
}


def _normalize(model: Model) -> Normalized:
    """Bring a model into SQLite's normal form, and refuse what is too large for D1."""
    normal = SQLITE.normalize(model)
    wide = (ref for ref, obj in normal.model.items() if isinstance(obj, Table))
    problems = (_too_wide(len(normal.model.children(ref, Column)), str(ref)) for ref in wide)
    return replace(normal, problems=(*normal.problems, *(problem for problem in problems if problem)))


def _too_wide(columns: int, address: str) -> Problem | None:
    if columns <= limits.COLUMNS:
        return None
    message = f"{address} has {columns} columns, and D1 takes {limits.COLUMNS}"
    return Problem(code="SPEC200", message=message, hint="divide the table", address=address)


def _inspect(session: Session, target: Target) -> Inspection:
    """Look at everything in one request."""
    d1(session).ask_ahead(QUESTIONS)
    return SQLITE.inspect(session, target)


def _capacity(session: Session) -> int | None:
    return limits.BATCH


def _counted(session: Session) -> Sequence[int]:
    return d1(session).counts


def _usage(session: Session) -> Usage | None:
    return d1(session).usage


def _bookmark(session: Session) -> str:
    return d1(session).wire.bookmark()


def _stamp(session: Session) -> str:
    return d1(session).stamp


DIALECT: Dialect = replace(
    SQLITE,
    name="d1",
    fallback=("d1", "sqlite"),
    connect=connect,
    server=server,
    assumed=assumed,
    inspect=_inspect,
    normalize=_normalize,
    rules=_RULES,
    lock=lock,
    transaction=transaction,
    preflight=preflight,
    capacity=_capacity,
    script=script,
    first_rows=first_rows,
    limited=limited,
    reading=lambda session: nullcontext(),  # a pragma would last for one request alone
    stamp=_stamp,
    proofread=lambda model: (),  # its SQLite is newer than the one here may be, and reads more
    rehearsed=True,
    counted=_counted,
    usage=_usage,
    bookmark=_bookmark,
    examine=examine,
    holders=holders,
    clock=CLOCK,
)
