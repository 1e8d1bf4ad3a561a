"""Names in, those that will trouble somebody out: against the project's naming, reserved, alike but for their case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.lint.kinds import Finding
from reconciler.model.model import Model
from reconciler.model.objects import Column, Object, Table
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Literal

# What a project gives a pattern for, in its word, with the code of a name that does not match.
PATTERNS: Mapping[str, tuple[str, str]] = {
    "schema": (Kind.SCHEMA, "NM101"), "table": (Kind.TABLE, "NM102"), "column": (Kind.COLUMN, "NM103"),
    "index": (Kind.INDEX, "NM104"), "foreign_key": (Kind.FOREIGN_KEY, "NM105"), "check": (Kind.CHECK, "NM106"),
}  # fmt: skip


def against_naming(model: Model, naming: Mapping[str, str], unnamed: frozenset[Ref]) -> Iterator[Finding]:
    """Yield the names that do not match the project's pattern for their kind; who gave none is not asked."""
    rules = {PATTERNS[word][0]: (PATTERNS[word][1], re.compile(text), text) for word, text in naming.items()}
    for ref in model:
        if ref.kind in rules and ref not in unnamed:
            code, pattern, text = rules[ref.kind]
            if not pattern.fullmatch(ref.name):
                yield Finding(
                    code=code, ref=ref, message=f"{ref.name!r} does not match {text}",
                    hint="give it another name; renamed_from keeps what is there",
                )  # fmt: skip


# Measured: `CREATE TABLE word (…)` or `CREATE TABLE t (word int)` fails on SQLite 3.40; PostgreSQL 18 lists its own in
# pg_get_keywords().
_SQLITE = frozenset(
    """
    add all alter and as autoincrement between case check collate commit constraint create default deferrable delete
    distinct drop else escape except exists foreign from group having if in index insert intersect into is isnull join
    limit not notnull null on or order primary references returning select set table then to transaction union unique
    update using values when where
""".split()
)
_POSTGRES = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign from grant group having in initially intersect into lateral
    leading limit localtime localtimestamp not null offset on only or order placing primary references returning select
    session_user some symmetric system_user table then to trailing true union unique user using variadic when where
    window with
""".split()
)


def _reserved(dialect: str) -> frozenset[str]:
    if dialect in ("mysql", "mariadb"):
        from sqlalchemy.dialects.mysql import reserved_words

        found = {"mysql": reserved_words.RESERVED_WORDS_MYSQL, "mariadb": reserved_words.RESERVED_WORDS_MARIADB}
        return frozenset(found[dialect])
    return _POSTGRES if dialect == "postgres" else _SQLITE


_WRITTEN_BY_HAND = frozenset({Kind.TABLE, Kind.VIEW, Kind.COLUMN})


def reserved_words(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the names that everybody has to put in quotes who writes a query by hand."""
    words = _reserved(dialect)
    for ref in model:
        if ref.kind in _WRITTEN_BY_HAND and ref.name.lower() in words:
            yield Finding(
                code="NM107", ref=ref, message=f"{ref.name!r} is a reserved word",
                hint="take another name: whoever writes a query by hand forgets the quotes",
            )  # fmt: skip


def alike_but_for_case(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the second of two tables, views or columns whose names a person takes for one."""
    seen: dict[tuple[str, Ref | None, str], Ref] = {}
    for ref in model:
        if ref.kind not in _WRITTEN_BY_HAND:
            continue
        other = seen.setdefault((ref.schema, ref.parent, ref.name.lower()), ref)
        if other.name != ref.name:
            yield Finding(
                code="NM109", ref=ref, message=f"differs from {other} in upper and lower case alone",
                hint="without quotes both are the same name",
            )  # fmt: skip


def mysql_oddities(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield what depends on how a server of MySQL was set up, or on who is there."""
    for obj in model.values():
        if isinstance(obj, Table) and obj.ref.name != obj.ref.name.lower():
            yield Finding(
                code="MY142", ref=obj.ref, message="has capitals in its name, which lower_case_table_names may lose",
                hint="write it in lower case",
            )  # fmt: skip
        if isinstance(obj, Column) and isinstance(obj.default, Literal) and str(obj.default.value).startswith("0000-"):
            yield Finding(
                code="MY142", ref=obj.ref, part="default", message="has a date that is none as its default",
                hint="a strict session refuses it: let it be null",
            )  # fmt: skip
        if definer := _definer(obj):
            yield Finding(
                code="MY142", ref=obj.ref, part="definer", message=f"runs with the rights of {definer}",
                hint="where that account is missing it fails; leave definer out",
            )  # fmt: skip


def _definer(obj: Object) -> str:
    return str(getattr(obj, "definer", None) or "")
