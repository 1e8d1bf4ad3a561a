"""Cloudflare D1, assembled: SQLite behind HTTP, with its foreign keys always on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Normalized, Scratch, Session, Survey, Target
from reconciler.dialects.late import late
from reconciler.dialects.sqlite.d1 import limits
from reconciler.dialects.sqlite.dialect import DIALECT as SQLITE
from reconciler.errors import Problem
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Column, Table

if TYPE_CHECKING:
    from reconciler.dialects.bulk import Bulk
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.sqlite import chores, copying, inspect, usable
    from reconciler.dialects.sqlite.d1 import (
        asking,
        examine,
        lease,
        preflight,
        rehearsal,
        script,
        session,
    )  # fmt: skip
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.plan.outcome import Usage
    from reconciler.plan.rules import RuleTable
else:
    (
        asking, examine, lease, preflight, rehearsal, script, session,
    ) = late(
        "reconciler.dialects.sqlite.d1",
        "asking", "examine", "lease", "preflight", "rehearsal", "script", "session",
    )  # fmt: skip
    chores, copying, inspect, usable = late("reconciler.dialects.sqlite", "chores", "copying", "inspect", "usable")

d1 = session.d1


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


def _in_one_request(session: Session) -> None:
    """Ask everything that a look asks at once."""
    from reconciler.dialects.sqlite.reading import QUESTIONS

    d1(session).ask_ahead(QUESTIONS)


def _inspect(session: Session, target: Target) -> Inspection:
    _in_one_request(session)
    return SQLITE.inspect(session, target)


def _survey(session: Session, target: Target) -> Survey:
    _in_one_request(session)
    return inspect.survey(session, target)


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
    copy = replace(SQLITE, name=dialect.name, normalize=_normalize, transaction=rehearsal.late_keys)
    return copying.scratch_of(rehearsal.picture(d1(session).wire).objects, copy, target)


def _upkeep() -> Upkeep:
    """Count fewer rows, each of which is paid for; foreign keys always hold here.

    developers.cloudflare.com/d1/platform/pricing, developers.cloudflare.com/d1/sql-api/foreign-keys
    """
    from reconciler.dialects.sqlite.upkeep import UPKEEP

    return replace(UPKEEP, most=1_000, doubtful=lambda session, target: frozenset())


def _bulk() -> Bulk:
    """Say how data work is done; what that takes is loaded only by who does it."""
    from reconciler.dialects.sqlite.d1.bulk import BULK

    return BULK


def _rules() -> RuleTable:
    """Say how each change is made; what that takes is loaded only by who plans."""
    from reconciler.dialects.sqlite.d1.rules import RULES

    return RULES


DIALECT: Dialect = replace(
    SQLITE,
    name="d1",
    fallback=("d1", "sqlite"),
    connect=session.connect,
    server=session.server,
    assumed=session.assumed,
    inspect=_inspect,
    survey=_survey,
    normalize=_normalize,
    rules=_rules,
    lock=lease.lock,
    transaction=session.transaction,
    preflight=preflight.preflight,
    capacity=_capacity,
    script=script.script,
    first_rows=asking.first_rows,
    at_once=asking.at_once,
    snapshot=lambda session: nullcontext(),  # a request is one by itself
    limited=asking.limited,
    scratch=_scratch,
    dump=_dump,
    reading=lambda session: nullcontext(),  # a pragma would last for one request alone
    stamp=_stamp,
    unusable=usable.unusable,
    proofread=lambda model: (),  # its SQLite is newer than the one here may be, and reads more
    rehearsed=True,
    counted=_counted,
    usage=_usage,
    bookmark=_bookmark,
    chores=chores.optimized,
    examine=examine.examine,
    holders=lease.holders,
    clock="SELECT unixepoch()",
    bulk=_bulk,
    upkeep=_upkeep,
)
