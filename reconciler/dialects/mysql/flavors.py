"""A flavor's name in, the dialect of its family assembled out; nothing else is decided here."""

from __future__ import annotations

from functools import partial

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.mysql.align import align, foretell
from reconciler.dialects.mysql.ask import ask
from reconciler.dialects.mysql.asking import first_rows, limited
from reconciler.dialects.mysql.calling import call
from reconciler.dialects.mysql.elaborate import elaborate
from reconciler.dialects.mysql.examine import CLOCK, examine
from reconciler.dialects.mysql.inspect import inspect
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.locks import holders, lock, transaction
from reconciler.dialects.mysql.normalize import FAMILY, normalizer
from reconciler.dialects.mysql.preflight import preflight
from reconciler.dialects.mysql.resolve import portable, rename, resolve
from reconciler.dialects.mysql.rules import RULES
from reconciler.dialects.mysql.session import assumed, connect, reading, server
from reconciler.dialects.script import Order, Script
from reconciler.errors import PlanError, Problem


def _ledger_schema(target: Target) -> str:
    return ""


def _no_capacity(session: Session) -> int | None:
    return None


def _script(order: Order) -> Script:
    raise PlanError(
        [Problem(code="RUN042", message="no script is written for MySQL and MariaDB", hint="use `reconcile apply`")]
    )


def flavor(name: str, fallback: tuple[str, ...]) -> Dialect:
    """Return the dialect of a flavor; `fallback` are the spec's dialect keys that apply, nearest first."""
    return Dialect(
        name=name,
        fallback=fallback,
        family=FAMILY,
        quote=quoted,
        connect=connect,
        server=server,
        assumed=partial(assumed, name),
        inspect=inspect,
        normalize=normalizer(name),
        align=align,
        resolve=resolve,
        rename=rename,
        elaborate=elaborate,
        portable=portable,
        rules=RULES,
        ask=ask,
        lock=lock,
        transaction=transaction,
        preflight=preflight,
        capacity=_no_capacity,
        ledger_schema=_ledger_schema,
        script=_script,
        reading=reading,
        foretell=foretell,
        first_rows=first_rows,
        limited=partial(limited, name),
        ledger_text="LONGTEXT",
        ledger_options=" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        transactional=False,
        call=call,
        examine=examine,
        holders=holders,
        clock=CLOCK,
    )  # fmt: skip
