"""SQLite, assembled: the dialect value and nothing else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Scratch, Session, Target
from reconciler.dialects.late import late
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.proofread import proofread
from reconciler.model.objects import Column, Object

if TYPE_CHECKING:
    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.bulk import Bulk
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.rows import RowWords
    from reconciler.dialects.sqlite import (
        align,
        ask,
        asking,
        chores,
        copying,
        examine,
        inspect,
        locks,
        preflight,
        rename,
        resolve,
        script,
        session,
        types,
        usable,
    )  # fmt: skip
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.plan.rules import RuleTable
else:
    (
        align, ask, asking, chores, copying, examine, inspect, locks, preflight, rename, resolve, script, session,
        types, usable,
    ) = late(
        "reconciler.dialects.sqlite",
        "align", "ask", "asking", "chores", "copying", "examine", "inspect", "locks", "preflight", "rename", "resolve",
        "script", "session", "types", "usable",
    )  # fmt: skip


def _portable(obj: Object) -> Object:
    from dataclasses import replace

    return replace(obj, type=types.portable(obj.type)) if isinstance(obj, Column) else obj


def _no_capacity(session: Session) -> int | None:
    return None


def _ledger_schema(target: Target) -> str:
    return ""


def _stamp(session: Session) -> str:
    """Every change of the schema counts this up (sqlite.org/pragma.html#pragma_schema_version)."""
    return str(session.query("PRAGMA schema_version")[0][0])


def _adoption() -> Adoption:
    """Say how files of SQL are read; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.sqlite.adoption import ADOPTION

    return ADOPTION


def _upkeep() -> Upkeep:
    """Say what health is looked at by; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.sqlite.upkeep import UPKEEP

    return UPKEEP


def _dump() -> Dump:
    """Say how backups are made; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.sqlite.dump import DUMP

    return DUMP


def _scratch(dialect: Dialect, session: Session, target: Target) -> AbstractContextManager[Scratch]:
    return copying.scratch_of(copying.texts(session), dialect, target)


def _rules() -> RuleTable:
    """Say how each change is made; what that takes is loaded only by who plans."""
    from reconciler.dialects.sqlite.rules import RULES

    return RULES


def _rows() -> RowWords:
    """Say how rows are written; what that takes is loaded only by who does."""
    from reconciler.dialects.sqlite.rows import ROWS

    return ROWS


def _bulk() -> Bulk:
    """Say how data work is done; what that takes is loaded only by who does it."""
    from reconciler.dialects.sqlite.bulk import BULK

    return BULK


# A copy of so many objects and a look at it take less than a second.
TRIES = 2_000

DIALECT = Dialect(
    name="sqlite",
    fallback=("sqlite",),
    family="sqlite",
    quote=double_quoted,
    connect=session.connect,
    server=session.server,
    assumed=session.assumed,
    inspect=inspect.inspect,
    survey=inspect.survey,
    normalize=normalize,
    proofread=proofread,
    unusable=usable.unusable,
    align=align.align,
    resolve=resolve.resolve,
    rename=rename.rename,
    elaborate=align.elaborate,
    portable=_portable,
    rules=_rules,
    ask=ask.ask,
    lock=locks.lock,
    transaction=session.transaction,
    preflight=preflight.preflight,
    capacity=_no_capacity,
    ledger_schema=_ledger_schema,
    script=script.script,
    first_rows=asking.first_rows,
    snapshot=asking.snapshot,
    rows=_rows,
    limited=asking.limited,
    adoption=_adoption,
    upkeep=_upkeep,
    dump=_dump,
    scratch=_scratch,
    tries=TRIES,
    reading=asking.reading,
    stamp=_stamp,
    examine=examine.examine,
    holders=locks.holders,
    bulk=_bulk,
    chores=chores.chores,
)
