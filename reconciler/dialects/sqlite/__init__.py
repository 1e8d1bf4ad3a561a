"""SQLite, assembled: the dialect value and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.sql import double_quoted
from reconciler.dialects.sqlite import types
from reconciler.dialects.sqlite.align import align, elaborate
from reconciler.dialects.sqlite.ask import ask
from reconciler.dialects.sqlite.inspect import inspect
from reconciler.dialects.sqlite.locks import lock
from reconciler.dialects.sqlite.normalize import normalize
from reconciler.dialects.sqlite.rename import rename
from reconciler.dialects.sqlite.resolve import resolve
from reconciler.dialects.sqlite.rules import RULES
from reconciler.dialects.sqlite.script import script
from reconciler.dialects.sqlite.session import connect, path_of, server, transaction
from reconciler.errors import Problem
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object
from reconciler.plan.plan import Plan


def _portable(obj: Object) -> Object:
    from dataclasses import replace

    return replace(obj, type=types.portable(obj.type)) if isinstance(obj, Column) else obj


def _preflight(session: Session, plan: Plan, actual: Model) -> Sequence[Problem]:
    """A file needs to be writable, and its directory too: the journal is made there."""
    path = session.query("SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0]
    if not path or plan.empty:
        return ()
    places = [place for place in (path, os.path.dirname(path)) if not os.access(place, os.W_OK)]
    return [
        Problem(code="RUN011", message=f"{place} cannot be written", hint=f"chmod u+w {place}, or run as its owner")
        for place in places
    ]


def _no_capacity(session: Session) -> int | None:
    return None


def _ledger_schema(target: Target) -> str:
    return ""


def _stamp(session: Session) -> str:
    """Every change of the schema counts this up (sqlite.org/pragma.html#pragma_schema_version)."""
    return str(session.query("PRAGMA schema_version")[0][0])


DIALECT = Dialect(
    name="sqlite",
    fallback=("sqlite",),
    family="sqlite",
    quote=double_quoted,
    connect=connect,
    server=server,
    inspect=inspect,
    normalize=normalize,
    align=align,
    resolve=resolve,
    rename=rename,
    elaborate=elaborate,
    portable=_portable,
    rules=RULES,
    ask=ask,
    lock=lock,
    transaction=transaction,
    preflight=_preflight,
    capacity=_no_capacity,
    ledger_schema=_ledger_schema,
    script=script,
    stamp=_stamp,
)

__all__ = ["DIALECT", "path_of"]
