"""SQLite, assembled: the dialect value and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.align import align, elaborate
from reconciler.dialects.sqlite.ask import ask
from reconciler.dialects.sqlite.asking import first_rows, limited, reading
from reconciler.dialects.sqlite.examine import examine
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.locks import holders, lock
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.preflight import preflight
from reconciler.dialects.sqlite.proofread import proofread
from reconciler.dialects.sqlite.rename import rename
from reconciler.dialects.sqlite.resolve import resolve
from reconciler.dialects.sqlite.rules import RULES
from reconciler.dialects.sqlite.session import assumed, connect, path_of, server, transaction
from reconciler.model.objects import Column, Object

if TYPE_CHECKING:
    from reconciler.dialects.script import Order, Script


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
    limited=limited,
    reading=reading,
    stamp=_stamp,
    examine=examine,
    holders=holders,
)

__all__ = ["DIALECT", "path_of"]
