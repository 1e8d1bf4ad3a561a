"""Catalog rows in, schemas, extensions, enums and domains out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.dialects.postgres import catalog
from reconciler.dialects.postgres.names import of
from reconciler.dialects.postgres.reading import Row, Rows
from reconciler.dialects.sql import double_quoted
from reconciler.model.objects import Check, Domain, Enum, Extension, Object, Schema
from reconciler.model.ref import Kind, Ref
from reconciler.model.types import Type
from reconciler.model.values import Sql

# What a new database says of its schema `public`: nobody's own words (src/include/catalog/pg_namespace.dat).
_AS_MADE = "standard public schema"


def schemas(rows: Rows) -> Iterator[Schema]:
    """Yield the managed schemas, but not the default one: it is where the addresses without a schema are."""
    for oid, name in rows.schemas.items():
        if name:
            comment = rows.schema_comments.get(oid)
            yield Schema(ref=Ref.root(Kind.SCHEMA, name), comment=None if comment == _AS_MADE else comment)


def extensions(rows: Rows, words: Mapping[str, str]) -> Iterator[Extension]:
    """Yield the extensions; `words` leads from a schema's name to its word in an address."""
    for oid, _, namespace, version, comment in rows.extensions:
        ref = rows.address[catalog.PG_EXTENSION, oid, 0]
        yield Extension(ref=ref, namespace=words.get(namespace, namespace), version=version, comment=comment)


def enums(rows: Rows) -> Iterator[Enum]:
    """Yield the enumerated types."""
    for row in rows.enums:
        ref = rows.address[catalog.PG_TYPE, row[0], 0]
        yield Enum(ref=ref, values=tuple(row[5]), comment=row[4], carried=tuple(_carried(ref, row, rows)))


def _carried(ref: Ref, row: Row, rows: Rows) -> Iterator[str]:
    """Yield what gives an enum that is made anew back what it had: who may use it, and, last, whose it is."""
    oid, owner, is_own, has_grants = row[0], *row[6:9]
    grants = rows.other_grants.get((oid, 0), ())
    if has_grants and not any(grantee is None for _, _, _, grantee, _ in grants):
        yield f"REVOKE ALL ON TYPE {of(ref)} FROM PUBLIC"
    for _, _, privilege, grantee, grantable in grants:
        if grantee is not None:
            further = " WITH GRANT OPTION" if grantable else ""
            yield f"GRANT {privilege} ON TYPE {of(ref)} TO {double_quoted(grantee)}{further}"
    if not is_own:
        yield f"ALTER TYPE {of(ref)} OWNER TO {double_quoted(owner)}"


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
        if owner is not None and owner.kind == Kind.DOMAIN:
            ref = owner.child(Kind.CHECK, name)
            uses = rows.uses((catalog.PG_CONSTRAINT, oid, 0), own=ref) - {owner}
            yield Check(
                ref=ref, expression=Sql(text, "postgres"), comment=comment, not_valid=not valid,
                uses=uses,
            )  # fmt: skip
