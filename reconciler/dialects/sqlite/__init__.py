"""SQLite, assembled: the dialect value and nothing else."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Scratch, Session, Target
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite import copying, types
from reconciler.dialects.sqlite.align import align, elaborate
from reconciler.dialects.sqlite.ask import ask
from reconciler.dialects.sqlite.asking import first_rows, limited, reading, snapshot
from reconciler.dialects.sqlite.bulk import BULK
from reconciler.dialects.sqlite.chores import chores
from reconciler.dialects.sqlite.examine import examine
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.locks import holders, lock
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.preflight import preflight
from reconciler.dialects.sqlite.proofread import proofread
from reconciler.dialects.sqlite.rename import rename
from reconciler.dialects.sqlite.resolve import resolve
from reconciler.dialects.sqlite.rows import ROWS
from reconciler.dialects.sqlite.rules import RULES
from reconciler.dialects.sqlite.session import assumed, connect, path_of, server, transaction
from reconciler.dialects.sqlite.usable import unusable
from reconciler.model.objects import Column, Object

if TYPE_CHECKING:
    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.script import Order, Script
    from reconciler.dialects.upkeep import Upkeep


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


def _script(order: Order) -> Script:
    """Write a script; what that takes is loaded only by who asks for one."""
    from reconciler.dialects.sqlite.script import script

    return script(order)


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


# A copy of so many objects and a look at it take less than a second.
TRIES = 2_000

DIALECT = Dialect(
    name="sqlite",
    fallback=("sqlite",),
    family="sqlite",
    quote=double_quoted,
    connect=connect,
    server=server,
    assumed=assumed,
    inspect=inspect,
    normalize=normalize,
    proofread=proofread,
    unusable=unusable,
    align=align,
    resolve=resolve,
    rename=rename,
    elaborate=elaborate,
    portable=_portable,
    rules=RULES,
    ask=ask,
    lock=lock,
    transaction=transaction,
    preflight=preflight,
    capacity=_no_capacity,
    ledger_schema=_ledger_schema,
    script=_script,
    first_rows=first_rows,
    snapshot=snapshot,
    rows=ROWS,
    limited=limited,
    adoption=_adoption,
    upkeep=_upkeep,
    dump=_dump,
    scratch=_scratch,
    tries=TRIES,
    reading=reading,
    stamp=_stamp,
    examine=examine,
    holders=holders,
    bulk=BULK,
    chores=chores,
)

__all__ = ["DIALECT", "path_of"]
