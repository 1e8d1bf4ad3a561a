"""Catalog rows in, schemas, extensions, enums and domains out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.reading import Rows
from reconciler.model.objects import Check, Domain, Enum, Extension, Object, Schema
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql


def schemas(rows: Rows) -> Iterator[Schema]:
    """Yield the managed schemas, but not the default one: it is where the addresses without a schema are."""
    for oid, name in rows.schemas.items():
        if name:
            yield Schema(ref=Ref.root(Kind.SCHEMA, name), comment=rows.schema_comments.get(oid))


def extensions(rows: Rows, words: Mapping[str, str]) -> Iterator[Extension]:
    """Yield the extensions; `words` leads from a schema's name to its word in an address."""
    for oid, _, namespace, version, comment in rows.extensions:
        ref = rows.address[catalog.PG_EXTENSION, oid, 0]
        yield Extension(ref=ref, namespace=words.get(namespace, namespace), version=version, comment=comment)


def enums(rows: Rows) -> Iterator[Enum]:
    """Yield the enumerated types."""
    for oid, _, _, _, comment, values in rows.enums:
        yield Enum(ref=rows.address[catalog.PG_TYPE, oid, 0], values=tuple(values), comment=comment)


def domains(rows: Rows) -> Iterator[Object]:
    """Yield the domains and their checks."""
    for oid, _, _, _, words, not_null, default, collation, comment in rows.domains:
        ref = rows.address[catalog.PG_TYPE, oid, 0]
        yield Domain(
            ref=ref, type=Type(words, native=True), not_null=not_null,
            default=None if default is None else Sql(default, "postgres"),
            collation=collation, comment=comment, uses=rows.uses((catalog.PG_TYPE, oid, 0), own=ref),
        )  # fmt: skip
    for oid, domain, name, text, valid, comment in rows.domain_checks:
        owner = rows.address.get((catalog.PG_TYPE, domain, 0))
        if owner is not None:
            ref = owner.child(Kind.CHECK, name)
            uses = rows.uses((catalog.PG_CONSTRAINT, oid, 0), own=ref) - {owner}
            yield Check(
                ref=ref, expression=Sql(text, "postgres"), comment=comment, not_valid=not valid,
                uses=uses,
            )  # fmt: skip
