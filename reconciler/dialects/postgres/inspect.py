"""A database in, every object of its managed schemas out, in the server's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.base import Session, Target
from reconciler.dialects.postgres.reading import Rows, read_all, schemas_of
from reconciler.dialects.postgres.reading_rest import rest
from reconciler.dialects.postgres.reading_roots import domains, enums, extensions, schemas
from reconciler.dialects.postgres.reading_sequences import sequences
from reconciler.dialects.postgres.reading_tables import tables
from reconciler.dialects.postgres.reading_views import views
from reconciler.dialects.postgres.session import default_schema
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Object


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the default schema and in `target.schemas`; other schemas are never read.

    The default schema itself is not an object: it is where the addresses without a schema are.
    """
    default = default_schema(target)
    words = {name: name for name in target.schemas} | {default: ""}
    found = schemas_of(session, words)
    if not found:
        return Inspection(model=Model())
    rows = read_all(session, {oid: word for oid, word, _ in found})
    rows.schema_comments = {oid: comment for oid, _, comment in found if comment}
    return Inspection(model=Model(_objects(rows, words)))


def _objects(rows: Rows, words: Mapping[str, str]) -> Iterator[Object]:
    yield from schemas(rows)
    yield from extensions(rows, words)
    yield from enums(rows)
    yield from domains(rows)
    yield from sequences(rows)
    yield from tables(rows)
    yield from views(rows)
    yield from rest(rows)
