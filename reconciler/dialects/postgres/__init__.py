"""PostgreSQL, assembled: the dialect value and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.postgres.alone import alone, large
from reconciler.dialects.postgres.ask import ask
from reconciler.dialects.postgres.asking import first_rows, limited, snapshot
from reconciler.dialects.postgres.blockers import blockers
from reconciler.dialects.postgres.bulk import BULK
from reconciler.dialects.postgres.calling import call
from reconciler.dialects.postgres.chores import chores
from reconciler.dialects.postgres.elaborate import elaborate
from reconciler.dialects.postgres.examine import CLOCK, examine
from reconciler.dialects.postgres.inspect import inspect, survey
from reconciler.dialects.postgres.labels import foretell
from reconciler.dialects.postgres.locks import capacity, holders, lock
from reconciler.dialects.postgres.names import FAMILY
from reconciler.dialects.postgres.normalize import normalize
from reconciler.dialects.postgres.preflight import preflight
from reconciler.dialects.postgres.resolve import align, portable, resolve, respell
from reconciler.dialects.postgres.rows import ROWS
from reconciler.dialects.postgres.rules import RULES
from reconciler.dialects.postgres.scratch import scratch
from reconciler.dialects.postgres.session import (
    DEFAULT_SCHEMA,
    assumed,
    connect,
    default_schema,
    reading,
    server,
    transaction,
)
from reconciler.dialects.sql import double_quoted, renamer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.script import Order, Script
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.model.change import Change
    from reconciler.plan.rules import Besides, States


def _ledger_schema(target: Target) -> str:
    return double_quoted(default_schema(target)) + "."


def _groundwork(session: Session, target: Target) -> Sequence[str]:
    """A default schema that is missing has to be made first: the ledger lives in it."""
    name = default_schema(target)
    found = session.query("SELECT 1 FROM pg_namespace WHERE nspname = :name", {"name": name})
    return () if found else (f"CREATE SCHEMA {double_quoted(name)}",)


_OTHER_SCHEMAS = """
SELECT n.nspname FROM pg_namespace n
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
)
ORDER BY 1
"""


def _other_schemas(session: Session) -> Sequence[str]:
    return [name for (name,) in session.query(_OTHER_SCHEMAS)]


def _script(order: Order) -> Script:
    """Write a script; what that takes is loaded only by who asks for one."""
    from reconciler.dialects.postgres.script import script

    return script(order)


def _adoption() -> Adoption:
    """Say how files of SQL are read; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.adoption import ADOPTION

    return ADOPTION


def _upkeep() -> Upkeep:
    """Say what health is looked at by; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.upkeep import UPKEEP

    return UPKEEP


def _besides(session: Session, changes: Sequence[Change], states: States) -> Besides:
    """Say what is filled beside; few plans have a change of that sort."""
    from reconciler.dialects.postgres.beside import besides

    return besides(session, changes, states)


def _dump() -> Dump:
    """Say how backups are made; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.dump import DUMP

    return DUMP


DIALECT = Dialect(
    name="postgres",
    fallback=("postgres",),
    family=FAMILY,
    default_schema=DEFAULT_SCHEMA,
    quote=double_quoted,
    connect=connect,
    server=server,
    assumed=assumed,
    inspect=inspect,
    survey=survey,
    normalize=normalize,
    align=align,
    reading=reading,
    first_rows=first_rows,
    snapshot=snapshot,
    rows=ROWS,
    limited=limited,
    adoption=_adoption,
    upkeep=_upkeep,
    dump=_dump,
    scratch=scratch,
    other_schemas=_other_schemas,
    foretell=foretell,
    resolve=resolve,
    rename=renamer(respell),
    elaborate=elaborate,
    portable=portable,
    rules=RULES,
    ask=ask,
    lock=lock,
    transaction=transaction,
    preflight=preflight,
    capacity=capacity,
    ledger_schema=_ledger_schema,
    script=_script,
    groundwork=_groundwork,
    call=call,
    examine=examine,
    holders=holders,
    clock=CLOCK,
    bulk=BULK,
    chores=chores,
    large=large,
    alone=alone,
    besides=_besides,
    blockers=blockers,
)
