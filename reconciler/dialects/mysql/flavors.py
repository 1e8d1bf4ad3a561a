"""A flavor's name in, the dialect of its family assembled out; nothing else is decided here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.late import late
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.normalize import FAMILY, normalizer

if TYPE_CHECKING:
    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.mysql import (
        align,
        ask,
        asking,
        beside,
        blockers,
        bulk,
        calling,
        chores,
        dump,
        elaborate,
        examine,
        inspect,
        locks,
        preflight,
        resolve,
        scratch,
        script,
        session,
        sizes,
    )  # fmt: skip
    from reconciler.dialects.rows import RowWords
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.plan.rules import RuleTable
else:
    (
        align, ask, asking, beside, blockers, bulk, calling, chores, dump, elaborate, examine, inspect, locks,
        preflight, resolve, scratch, script, session, sizes,
    ) = late(
        "reconciler.dialects.mysql",
        "align", "ask", "asking", "beside", "blockers", "bulk", "calling", "chores", "dump", "elaborate", "examine",
        "inspect", "locks", "preflight", "resolve", "scratch", "script", "session", "sizes",
    )  # fmt: skip


def _ledger_schema(target: Target) -> str:
    return ""


def _no_capacity(session: Session) -> int | None:
    return None


def _adoption() -> Adoption:
    """Say how files of SQL are read; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.adoption import ADOPTION

    return ADOPTION


def _upkeep() -> Upkeep:
    """Say what health is looked at by; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.mysql.upkeep import UPKEEP

    return UPKEEP


def _rules() -> RuleTable:
    """Say how each change is made; what that takes is loaded only by who plans."""
    from reconciler.dialects.mysql.rules import RULES

    return RULES


def _rows() -> RowWords:
    """Say how rows are written; what that takes is loaded only by who does."""
    from reconciler.dialects.mysql.rows import ROWS

    return ROWS


def flavor(name: str, fallback: tuple[str, ...]) -> Dialect:
    """Return the dialect of a flavor; `fallback` are the spec's dialect keys that apply, nearest first."""
    return Dialect(
        name=name,
        fallback=fallback,
        family=FAMILY,
        quote=quoted,
        connect=session.connect,
        server=session.server,
        assumed=partial(session.assumed, name),
        inspect=inspect.inspect, survey=inspect.survey, drivers=("sqlalchemy", "pymysql"),
        normalize=normalizer(name),
        align=align.align,
        resolve=resolve.resolve,
        rename=resolve.rename,
        elaborate=elaborate.elaborate,
        portable=resolve.portable,
        rules=_rules,
        ask=ask.ask,
        lock=locks.lock,
        transaction=locks.transaction,
        preflight=preflight.preflight,
        capacity=_no_capacity,
        ledger_schema=_ledger_schema,
        script=partial(script.script, name),
        reading=session.reading,
        foretell=align.foretell,
        large=partial(sizes.large, name), besides=beside.besides,
        first_rows=asking.first_rows, snapshot=asking.snapshot, rows=_rows,
        limited=partial(asking.limited, name),
        adoption=_adoption, upkeep=_upkeep, chores=chores.chores, blockers=blockers.blockers,
        dump=partial(dump.dump, name),
        scratch=scratch.scratch, ledger_text="LONGTEXT",
        ledger_options=" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
        transactional=False,
        call=calling.call,
        examine=examine.examine,
        holders=locks.holders, clock="SELECT unix_timestamp(now(6))",
        bulk=partial(bulk.bulk, name),
    )  # fmt: skip
