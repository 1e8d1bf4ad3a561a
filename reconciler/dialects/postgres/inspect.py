"""A database in, every object of its managed schemas out, in the server's own words."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.base import Session, Target
from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.reading import Rows, read_all, schemas_of
from reconciler.dialects.postgres.reading_rest import rest
from reconciler.dialects.postgres.reading_tables import tables
from reconciler.dialects.postgres.reading_views import views
from reconciler.dialects.postgres.session import default_schema
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Enum, Object, Schema
from reconciler.model.ref import Kind, Ref


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the default schema and in `target.schemas`; other schemas are never read.

    The default schema itself is not an object: it is where the addresses without a schema are.
    """
    default = default_schema(target)
    words = {name: name for name in target.schemas} | {default: ""}
    found = schemas_of(session, words)
    if not found:
        return Inspection(model=Model())
    return Inspection(model=Model(_objects(read_all(session, found))))


def _objects(rows: Rows) -> Iterator[Object]:
    yield from (Schema(ref=Ref.root(Kind.SCHEMA, name)) for name in rows.schemas.values() if name)
    yield from enums(rows)
    yield from tables(rows)
    yield from views(rows)
    yield from rest(rows)


def enums(rows: Rows) -> Iterator[Enum]:
    """Yield the enumerated types."""
    for oid, _, _, _, comment, values in rows.enums:
        yield Enum(ref=rows.address[catalog.PG_TYPE, oid, 0], values=tuple(values), comment=comment)
