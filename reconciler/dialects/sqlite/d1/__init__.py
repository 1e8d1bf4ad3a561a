"""Cloudflare D1, assembled: SQLite behind HTTP, with its foreign keys always on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Normalized, Scratch, Session, Target
from reconciler.dialects.sqlite import DIALECT as SQLITE
from reconciler.dialects.sqlite.chores import optimized
from reconciler.dialects.sqlite.copying import scratch_of
from reconciler.dialects.sqlite.d1 import closure, limits
from reconciler.dialects.sqlite.d1.asking import at_once, first_rows, limited
from reconciler.dialects.sqlite.d1.bulk import BULK
from reconciler.dialects.sqlite.d1.examine import CLOCK, examine
from reconciler.dialects.sqlite.d1.lease import holders, lock
from reconciler.dialects.sqlite.d1.preflight import preflight
from reconciler.dialects.sqlite.d1.rehearsal import late_keys, picture
from reconciler.dialects.sqlite.d1.script import script
from reconciler.dialects.sqlite.d1.session import assumed, connect, d1, server, transaction
from reconciler.dialects.sqlite.inspect import QUESTIONS
from reconciler.dialects.sqlite.usable import unusable
from reconciler.errors import Problem
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Kind
from reconciler.plan.outcome import Usage

if TYPE_CHECKING:
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.upkeep import Upkeep

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


def _dump() -> Dump:
    """Say how backups are made; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.sqlite.d1.dump import DUMP

    return DUMP


def _scratch(dialect: Dialect, session: Session, target: Target) -> AbstractContextManager[Scratch]:
    copy = replace(SQLITE, name=dialect.name, normalize=_normalize, transaction=late_keys)
    return scratch_of(picture(d1(session).wire).objects, copy, target)


def _upkeep() -> Upkeep:
    """Count fewer rows, each of which is paid for; foreign keys always hold here.

    developers.cloudflare.com/d1/platform/pricing, developers.cloudflare.com/d1/sql-api/foreign-keys
    """
    from reconciler.dialects.sqlite.upkeep import UPKEEP

    return replace(UPKEEP, most=1_000, doubtful=lambda session, target: frozenset())


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
    at_once=at_once,
    snapshot=lambda session: nullcontext(),  # a request is one by itself
    limited=limited,
    scratch=_scratch,
    dump=_dump,
    reading=lambda session: nullcontext(),  # a pragma would last for one request alone
    stamp=_stamp,
    unusable=unusable,
    proofread=lambda model: (),  # its SQLite is newer than the one here may be, and reads more
    rehearsed=True,
    counted=_counted,
    usage=_usage,
    bookmark=_bookmark,
    chores=optimized,
    examine=examine,
    holders=holders,
    clock=CLOCK,
    bulk=BULK,
    upkeep=_upkeep,
)
