"""PostgreSQL, assembled: the dialect value and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.dialects.base import Dialect, Session, Target
from reconciler.dialects.late import late
from reconciler.dialects.postgres.names import DEFAULT_SCHEMA, FAMILY
from reconciler.dialects.postgres.normalize import normalize
from reconciler.dialects.sql import double_quoted, renamer

if TYPE_CHECKING:
    from reconciler.dialects.adoption import Adoption
    from reconciler.dialects.bulk import Bulk
    from reconciler.dialects.dumping import Dump
    from reconciler.dialects.postgres import (
        alone,
        ask,
        asking,
        beside,
        blockers,
        calling,
        chores,
        elaborate,
        examine,
        inspect,
        labels,
        locks,
        preflight,
        resolve,
        scratch,
        script,
        session,
    )  # fmt: skip
    from reconciler.dialects.rows import RowWords
    from reconciler.dialects.upkeep import Upkeep
    from reconciler.plan.rules import RuleTable
else:
    (
        alone, ask, asking, beside, blockers, calling, chores, elaborate, examine, inspect, labels, locks, preflight,
        resolve, scratch, script, session,
    ) = late(
        "reconciler.dialects.postgres",
        "alone", "ask", "asking", "beside", "blockers", "calling", "chores", "elaborate", "examine", "inspect",
        "labels", "locks", "preflight", "resolve", "scratch", "script", "session",
    )  # fmt: skip

default_schema = session.default_schema


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


def _adoption() -> Adoption:
    """Say how files of SQL are read; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.adoption import ADOPTION

    return ADOPTION


def _upkeep() -> Upkeep:
    """Say what health is looked at by; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.upkeep import UPKEEP

    return UPKEEP


def _dump() -> Dump:
    """Say how backups are made; what that takes is loaded only by who asks for it."""
    from reconciler.dialects.postgres.dump import DUMP

    return DUMP


def _rules() -> RuleTable:
    """Say how each change is made; what that takes is loaded only by who plans."""
    from reconciler.dialects.postgres.rules import RULES

    return RULES


def _rows() -> RowWords:
    """Say how rows are written; what that takes is loaded only by who does."""
    from reconciler.dialects.postgres.rows import ROWS

    return ROWS


def _bulk() -> Bulk:
    """Say how data work is done; what that takes is loaded only by who does it."""
    from reconciler.dialects.postgres.bulk import BULK

    return BULK


DIALECT = Dialect(
    name="postgres",
    fallback=("postgres",),
    family=FAMILY,
    default_schema=DEFAULT_SCHEMA,
    quote=double_quoted,
    connect=session.connect,
    server=session.server,
    assumed=session.assumed,
    inspect=inspect.inspect,
    survey=inspect.survey,
    drivers=("sqlalchemy", "psycopg"),
    normalize=normalize,
    align=resolve.align,
    reading=session.reading,
    first_rows=asking.first_rows,
    snapshot=asking.snapshot,
    rows=_rows,
    limited=asking.limited,
    adoption=_adoption,
    upkeep=_upkeep,
    dump=_dump,
    scratch=scratch.scratch,
    other_schemas=_other_schemas,
    foretell=labels.foretell,
    resolve=resolve.resolve,
    rename=renamer(resolve.respell),
    elaborate=elaborate.elaborate,
    portable=resolve.portable,
    rules=_rules,
    ask=ask.ask,
    lock=locks.lock,
    transaction=session.transaction,
    preflight=preflight.preflight,
    capacity=locks.capacity,
    ledger_schema=_ledger_schema,
    script=script.script,
    groundwork=_groundwork,
    call=calling.call,
    examine=examine.examine,
    holders=locks.holders,
    clock="SELECT extract(epoch FROM clock_timestamp())",
    bulk=_bulk,
    chores=chores.chores,
    large=alone.large,
    alone=alone.alone,
    besides=beside.besides,
    blockers=blockers.blockers,
)
