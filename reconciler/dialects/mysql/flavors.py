"""A flavor's name in, the dialect of its family assembled out; nothing else is decided here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.mysql.align import align, foretell
from reconciler.dialects.mysql.ask import ask
from reconciler.dialects.mysql.asking import first_rows, limited, snapshot
from reconciler.dialects.mysql.blockers import blockers
from reconciler.dialects.mysql.bulk import bulk
from reconciler.dialects.mysql.calling import call
from reconciler.dialects.mysql.chores import chores
from reconciler.dialects.mysql.elaborate import elaborate
from reconciler.dialects.mysql.examine import CLOCK, examine
from reconciler.dialects.mysql.inspect import inspect
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.locks import holders, lock, transaction
from reconciler.dialects.mysql.normalize import FAMILY, normalizer
from reconciler.dialects.mysql.preflight import preflight
from reconciler.dialects.mysql.resolve import portable, rename, resolve
from reconciler.dialects.mysql.rows import ROWS
from reconciler.dialects.mysql.rules import RULES
from reconciler.dialects.mysql.scratch import scratch
from reconciler.dialects.mysql.session import assumed, connect, reading, server
from reconciler.dialects.mysql.sizes import large

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.script import Order, Script
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.model.change import Change
    from reconciler.plan.rules import Besides, States


def _ledger_schema(target: Target) -> str:
    return ""


def _no_capacity(session: Session) -> int | None:
    return None


def _script(name: str, order: Order) -> Script:
    """Write a script; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.script import script

    return script(name, order)


def _adoption() -> Adoption:
    """Say how files of SQL are read; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.adoption import ADOPTION

    return ADOPTION


def _upkeep() -> Upkeep:
    """Say what health is looked at by; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.upkeep import UPKEEP

    return UPKEEP


def _besides(session: Session, changes: Sequence[Change], states: States) -> Besides:
    """Say what is filled beside; few plans have a change of that sort."""
    from reconciler.dialects.mysql.beside import besides

    return besides(session, changes, states)


def _dump(name: str) -> Dump:
    """Say how backups are made; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.dump import dump

    return dump(name)


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
        script=partial(_script, name),
        reading=reading,
        foretell=foretell,
        large=partial(large, name), besides=_besides,
        first_rows=first_rows, snapshot=snapshot, rows=ROWS,
        limited=partial(limited, name),
        adoption=_adoption, upkeep=_upkeep, chores=chores, blockers=blockers, dump=partial(_dump, name),
        scratch=scratch,
        ledger_text="LONGTEXT",
        ledger_options=" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        transactional=False,
        call=call,
        examine=examine,
        holders=holders, clock=CLOCK,
        bulk=bulk(name),
    )  # fmt: skip
