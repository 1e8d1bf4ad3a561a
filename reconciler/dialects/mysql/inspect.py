"""A database in, every object of it out, in the server's own words: SHOW CREATE, and catalogs in bulk for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.base import Session, Target
from reconciler.dialects.mysql.circumstances import OURS
from reconciler.dialects.mysql.ddl import read_table
from reconciler.dialects.mysql.lexer import LexError, quoted
from reconciler.dialects.mysql.mentions import PROGRAMS
from reconciler.dialects.mysql.programs import inspect_programs
from reconciler.dialects.mysql.resolve import resolve
from reconciler.dialects.mysql.sequences import of_its_own_database, read_sequence
from reconciler.dialects.mysql.views import read_view
from reconciler.dialects.sql import ours
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Check, Column, Object, Table, Unmodelled, View
from reconciler.model.ref import Kind, Ref

_RELATIONS = """
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database() ORDER BY table_name
"""

# information_schema.tables.table_type → kind word of relations that are not modelled
_FOREIGN_KINDS = {"SYSTEM VIEW": "view"}


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the target's database; our own tables are left out."""
    defaults = _defaults(session)
    objects = [*_objects(session), *inspect_programs(session, defaults)]
    nameless = frozenset(obj.ref for obj in objects if isinstance(obj, Check) and obj.nameless)
    plain = Model(_plain(objects, defaults))
    # No catalog of both flavors tells what a view or program reads; a rename has to find them by it.
    readers = [obj for obj in plain.values() if isinstance(obj, (View, *PROGRAMS))]
    views = resolve(readers, plain) if readers else []
    return Inspection(model=plain.updated(views) if views else plain, unnamed=nameless, defaults=defaults)


_DEFAULTS = (
    """
SELECT 'engine', lower(@@default_storage_engine) UNION ALL SELECT 'collation', @@collation_database
UNION ALL SELECT concat('charset ', character_set_name), default_collate_name FROM information_schema.character_sets
UNION ALL """
    + OURS
)


def _defaults(session: Session) -> Mapping[str, str]:
    """Return what holds where a table says nothing, and the collation that each character set means."""
    return {str(name): str(value) for name, value in session.query(_DEFAULTS)}


def _plain(objects: Sequence[Object], defaults: Mapping[str, str]) -> Iterator[Object]:
    """Leave out what a table has from its database, and a column from its table; SHOW CREATE says it all the same."""
    collations = {obj.ref: _collation(obj, defaults) for obj in objects if isinstance(obj, Table)}
    own = defaults["database"]
    for obj in (of_its_own_database(each, own) if isinstance(each, Column) else each for each in objects):
        match obj:
            case Table():
                said = {**dict(obj.options), "collation": collations[obj.ref]}
                kept = {
                    name: value
                    for name, value in said.items()
                    if name != "charset" and defaults.get(name) != str(value).lower()
                }
                yield replace(obj, options=tuple(sorted(kept.items())))
            case Column(collation=str() as collation) if collation == collations[obj.ref.top]:
                yield replace(obj, collation=None)
            case _:
                yield obj


def _collation(table: Table, defaults: Mapping[str, str]) -> str:
    """Return a table's collation; MySQL leaves it out where it is the one that the character set means."""
    said = dict(table.options)
    meant = defaults.get(f"charset {said.get('charset')}", defaults["collation"])
    return str(said.get("collation", meant))


def _objects(session: Session) -> Iterator[Object]:
    for name, sort in session.query(_RELATIONS):
        if ours(name):
            continue
        if sort == "VIEW":
            yield read_view(session, Ref.root(Kind.VIEW, name))
        elif sort == "SEQUENCE":
            yield read_sequence(session, name)
        elif sort in ("BASE TABLE", "SYSTEM VERSIONED"):
            yield from _table(session, name)
        else:
            yield Unmodelled(ref=Ref.root(_FOREIGN_KINDS.get(sort, "type"), name))


def _table(session: Session, name: str) -> Iterator[Object]:
    text = session.query(f"SHOW CREATE TABLE {quoted(name)}")[0][1]
    ref = Ref.root(Kind.TABLE, name)
    try:
        yield from read_table(text, ref)
    except LexError as error:
        yield Unmodelled(ref=Ref.root("typed_table", name), definition=f"{error}\n{text}")
