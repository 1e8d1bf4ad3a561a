"""A database in, all that it says of itself out as it says it: SHOW CREATE of each relation, and catalogs in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.dialects.base import DatabaseError, Session
from reconciler.dialects.mysql.circumstances import OURS
from reconciler.dialects.mysql.events import inspect_events
from reconciler.dialects.mysql.lexer import quoted
from reconciler.dialects.mysql.routines_read import inspect_routines
from reconciler.dialects.mysql.session import queried
from reconciler.dialects.mysql.triggers import trigger_rows
from reconciler.dialects.sql import ours
from reconciler.frozen import frozen
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref

Row = tuple[Any, ...]
# A question with its answer, None where there was none.
Asked = tuple[str, list[Row] | None]

_RELATIONS = """
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database() ORDER BY table_name
"""
_DEFAULTS = (
    """
SELECT 'engine', lower(@@default_storage_engine) UNION ALL SELECT 'collation', @@collation_database
UNION ALL SELECT concat('charset ', character_set_name), default_collate_name FROM information_schema.character_sets
UNION ALL """
    + OURS
)

# information_schema.tables.table_type → kind, and what SHOW CREATE calls it
_SHOWN: Mapping[str, tuple[str, str]] = {
    "BASE TABLE": (Kind.TABLE, "TABLE"), "SYSTEM VERSIONED": (Kind.TABLE, "TABLE"), "VIEW": (Kind.VIEW, "VIEW"),
    "SEQUENCE": (Kind.SEQUENCE, "SEQUENCE"),
}  # fmt: skip
# The same of relations that are not modelled; nobody shows them.
_FOREIGN_KINDS = {"SYSTEM VIEW": "view"}


@frozen
class Rows:
    """One reading of a database, in the order of names; our own tables are left out.

    `defaults` is what holds where a table says nothing, and the collation that each character set means. `texts` are
    what the server shows of relations, `triggers` rows with their tables (`TRIGGER_TABLE`). `others` is what no table
    or view owns, `asked` every question behind that.
    """

    defaults: Mapping[str, str]
    relations: Sequence[Ref]
    texts: Mapping[Ref, Row]
    triggers: Sequence[Row]
    others: Sequence[Object]
    asked: Sequence[Asked]


# Which value of a trigger's row is the name of its table.
TRIGGER_TABLE = 1


def read(session: Session) -> Rows:
    """Return everything in the database of a session."""
    defaults = {str(name): str(value) for name, value in session.query(_DEFAULTS)}
    found = [(name, sort) for name, sort in session.query(_RELATIONS) if not ours(name)]
    shown = {Ref.root(_SHOWN[sort][0], name): _SHOWN[sort][1] for name, sort in found if sort in _SHOWN}
    answers = queried(session, [f"SHOW CREATE {word} {quoted(ref.name)}" for ref, word in shown.items()])
    asked: list[Asked] = []
    ask = partial(_noted, session, asked)
    others = [*inspect_routines(ask, defaults), *inspect_events(ask, defaults)]
    return Rows(
        defaults=defaults, relations=[_address(name, sort) for name, sort in found],
        texts={ref: rows[0] for ref, rows in zip(shown, answers, strict=True)},
        triggers=trigger_rows(session), others=others, asked=asked,
    )  # fmt: skip


def _address(name: str, sort: str) -> Ref:
    return Ref.root(_SHOWN[sort][0] if sort in _SHOWN else _FOREIGN_KINDS.get(sort, "type"), name)


def _noted(session: Session, asked: list[Asked], sql: str) -> list[Row]:
    try:
        rows = session.query(sql)
    except DatabaseError:
        asked.append((sql, None))
        raise
    asked.append((sql, rows))
    return rows


def without(rows: Rows, aside: AbstractSet[Ref]) -> Rows:
    """Return a reading without what belongs to some tables and views."""
    if not aside:
        return rows
    gone = {ref.name for ref in aside if ref.kind == Kind.TABLE}
    return replace(
        rows, relations=[ref for ref in rows.relations if ref not in aside],
        triggers=[row for row in rows.triggers if row[TRIGGER_TABLE] not in gone],
    )  # fmt: skip
