"""A database in, every object of it out, in the server's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.dialects.base import Session, Survey, Target
from reconciler.dialects.mysql.ddl import read_table
from reconciler.dialects.mysql.lexer import LexError
from reconciler.dialects.mysql.marks import surveyed
from reconciler.dialects.mysql.mentions import PROGRAMS
from reconciler.dialects.mysql.reading import Rows, read, without
from reconciler.dialects.mysql.resolve import resolve
from reconciler.dialects.mysql.sequences import of_its_own_database, sequence_of
from reconciler.dialects.mysql.triggers import triggers_of
from reconciler.dialects.mysql.views import view_of
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Check, Column, Object, Table, Unmodelled, View
from reconciler.model.ref import Kind, Ref


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the target's database; our own tables are left out."""
    return _made(read(session))


def survey(session: Session, target: Target) -> Survey:
    """Return the same before any object is made, with a mark for each table and view."""
    rows = read(session)
    return surveyed(rows, lambda aside: _made(without(rows, aside)))


def _made(rows: Rows) -> Inspection:
    defaults = rows.defaults
    objects = [*_objects(rows), *triggers_of(rows.triggers, defaults), *rows.others]
    nameless = frozenset(obj.ref for obj in objects if isinstance(obj, Check) and obj.nameless)
    plain = Model(_plain(objects, defaults))
    # No catalog of both flavors tells what a view or program reads; a rename has to find them by it.
    readers = [obj for obj in plain.values() if isinstance(obj, (View, *PROGRAMS))]
    views = resolve(readers, plain) if readers else []
    return Inspection(model=plain.updated(views) if views else plain, unnamed=nameless, defaults=defaults)


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


def _objects(rows: Rows) -> Iterator[Object]:
    for ref in rows.relations:
        if ref.kind == Kind.VIEW and ref in rows.texts:
            yield view_of(rows.texts[ref][1], ref, rows.defaults["database"])
        elif ref.kind == Kind.SEQUENCE:
            yield sequence_of(rows.texts[ref][1], ref)
        elif ref.kind == Kind.TABLE:
            yield from _table(rows.texts[ref][1], ref)
        else:
            yield Unmodelled(ref=ref)


def _table(text: str, ref: Ref) -> Iterator[Object]:
    try:
        yield from read_table(text, ref)
    except LexError as error:
        yield Unmodelled(ref=Ref.root("typed_table", ref.name), definition=f"{error}\n{text}")
