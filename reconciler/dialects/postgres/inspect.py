"""A database in, every object of its managed schemas out, in the server's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.base import Session, Survey, Target
from reconciler.dialects.postgres.marks import marked, without
from reconciler.dialects.postgres.reading import Rows, addressed, read_all, schemas_of
from reconciler.dialects.postgres.reading_programs import routines, triggers
from reconciler.dialects.postgres.reading_rest import rest
from reconciler.dialects.postgres.reading_roots import domains, enums, extensions, schemas
from reconciler.dialects.postgres.reading_sequences import sequences
from reconciler.dialects.postgres.reading_tables import tables
from reconciler.dialects.postgres.reading_views import views
from reconciler.dialects.postgres.session import default_schema, features
from reconciler.dialects.postgres.understanding import marked as marked_beyond
from reconciler.model.model import Inspection, Model
from reconciler.model.objects import Object


def inspect(session: Session, target: Target) -> Inspection:
    """Return everything in the default schema and in `target.schemas`; other schemas are never read.

    The default schema itself is not an object: it is where the addresses without a schema are.
    """
    words = _words(target)
    return _made(_read(session, words), words)


def survey(session: Session, target: Target) -> Survey:
    """Return the same before any object is made, with a mark for each table and view."""
    words = _words(target)
    rows = _read(session, words)
    found = marked(rows, ",".join(sorted(features(session))))
    return Survey(
        marks=found.marks, names=found.names, pinned=found.pinned, read=lambda aside: _made(without(rows, aside), words)
    )  # fmt: skip


def _words(target: Target) -> Mapping[str, str]:
    """Return the word in an address for each schema that is read."""
    return {name: name for name in target.schemas} | {default_schema(target): ""}


def _read(session: Session, words: Mapping[str, str]) -> Rows:
    found = schemas_of(session, words)
    rows = read_all(session, {oid: word for oid, word, _ in found}) if found else Rows(schemas={})
    rows.schema_comments = {oid: comment for oid, _, comment in found if comment}
    return rows


def _made(rows: Rows, words: Mapping[str, str]) -> Inspection:
    return Inspection(model=marked_beyond(Model(_objects(addressed(rows), words)), rows))


def _objects(rows: Rows, words: Mapping[str, str]) -> Iterator[Object]:
    yield from schemas(rows)
    yield from extensions(rows, words)
    yield from enums(rows)
    yield from domains(rows)
    yield from sequences(rows)
    yield from tables(rows)
    yield from triggers(rows)
    yield from views(rows)
    yield from routines(rows)
    yield from rest(rows)
