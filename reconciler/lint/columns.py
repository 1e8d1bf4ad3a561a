"""Columns and domains in, what is unwise about their types out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.lint.kinds import Finding
from reconciler.lint.sorts import base_name
from reconciler.model.model import Model
from reconciler.model.objects import Check, Column, Domain, ForeignKey, PrimaryKey, Table
from reconciler.model.ref import Kind

# What a counter of a type counts to.
_ENDS: Mapping[str, int] = {
    "tinyint": 2**7 - 1, "smallint": 2**15 - 1, "smallserial": 2**15 - 1, "mediumint": 2**23 - 1,
    "integer": 2**31 - 1, "int": 2**31 - 1, "serial": 2**31 - 1, "tinyint unsigned": 2**8 - 1,
    "smallint unsigned": 2**16 - 1, "mediumint unsigned": 2**24 - 1, "int unsigned": 2**32 - 1,
}  # fmt: skip


def small_counters(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the columns that number rows and can run out of numbers."""
    for column in _columns(model):
        end = _ENDS.get(base_name(column.type))
        if end is not None and _numbers_rows(column, model):
            yield Finding(
                code="TY101", ref=column.ref, part="type", hint="take bigint while the table is small",
                message=f"it ends at {end:,}, and to change its type then writes the table anew",
            )  # fmt: skip


def _numbers_rows(column: Column, model: Model) -> bool:
    """Say whether a column is counted up: an identity, or a primary key of its own that refers to nothing."""
    table = column.ref.top
    if column.identity is not None or "serial" in column.type.name:
        return True
    alone = any(key.columns == (column.ref.name,) for key in model.children(table, PrimaryKey))
    return alone and not any(column.ref.name in key.columns for key in model.children(table, ForeignKey))


_BETTER: Mapping[str, tuple[str, str]] = {
    "character": ("pads what is shorter with blanks, and is no quicker than text", "take text, with a check"),
    "timestamp without time zone": ("does not say which moment is meant", "take timestamptz"),
    "serial": ("grants and dumps do not go with its sequence", "take identity: true"),
    "bigserial": ("grants and dumps do not go with its sequence", "take identity: true"),
    "smallserial": ("grants and dumps do not go with its sequence", "take identity: true"),
    "character varying": ("to widen it is a change of the schema, and it is no quicker than text",
                          "take text, with a check where the length matters"),
}  # fmt: skip


def outdone_types(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the columns of a type beside which PostgreSQL has a better one (wiki.postgresql.org/wiki/Don't_Do_This)."""
    for column in _columns(model):
        if found := _BETTER.get(base_name(column.type)):
            yield Finding(code="TY102", ref=column.ref, part="type", message=f"{column.type} {found[0]}", hint=found[1])


_FLOATS = frozenset({"float", "double", "real", "double precision", "float unsigned", "double unsigned"})
_MONEY = re.compile(
    r"(^|_)(amount|balance|cost|fee|price|revenue|salary|subtotal|tax|total|money|paid|debit|credit)s?(_|$)"
)


def floating_money(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the columns that are called like money and cannot hold a tenth."""
    for column in _columns(model):
        if base_name(column.type) in _FLOATS and _MONEY.search(column.ref.name.lower()):
            yield Finding(
                code="TY104", ref=column.ref, part="type", hint="take decimal(p,s), or whole cents",
                message="a floating-point number cannot hold 0.10 exactly, and the name sounds like money",
            )  # fmt: skip


def json_columns(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the columns of PostgreSQL's type json, which has no equality: DISTINCT and UNION fail on it."""
    for column in _columns(model):
        if base_name(column.type) == "json":
            yield Finding(
                code="PG317", ref=column.ref, part="type", hint="dialect: {postgres: {native: jsonb}}",
                message="json is parsed at each use and cannot be compared",
            )  # fmt: skip


def constrained_domains(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the domains with a rule: to change it looks through every table that uses one."""
    for domain in (obj for obj in model.values() if isinstance(obj, Domain)):
        if domain.not_null or model.children(domain.ref, Check):
            yield Finding(
                code="PG315", ref=domain.ref, hint="a check of the table can be changed by itself",
                message="a change of its rules reads all rows of all its columns at once",
            )  # fmt: skip


# Sizes of values that have one; each stands at a multiple of it (postgresql.org/docs/current/catalog-pg-type.html).
_SIZES: Mapping[str, int] = {
    "boolean": 1, "smallint": 2, "smallserial": 2, "integer": 4, "serial": 4, "real": 4, "date": 4, "bigint": 8,
    "bigserial": 8, "double precision": 8, "timestamp without time zone": 8, "timestamp with time zone": 8,
    "time without time zone": 8,
}  # fmt: skip
_WORTH_TELLING = 8


def wasted_room(model: Model, dialect: str) -> Iterator[Finding]:
    """Yield the tables of which each row is larger than it has to be, for the order of its columns of one size."""
    for table in (ref for ref, obj in model.items() if isinstance(obj, Table)):
        columns = sorted(model.children(table, Column), key=lambda column: column.position)
        sizes = [_SIZES[name] for name in (base_name(column.type) for column in columns) if name in _SIZES]
        lost = _padding(sizes) - _padding(sorted(sizes, reverse=True))
        if lost >= _WORTH_TELLING:
            yield Finding(
                code="AR110", ref=table, message=f"each row loses {lost} bytes between columns of different sizes",
                hint="in a new table, put columns of 8 bytes first, then those of 4, 2 and 1",
            )  # fmt: skip


def _padding(sizes: list[int]) -> int:
    at = lost = 0
    for size in (*sizes, 8):
        gap = -at % size
        at, lost = at + gap + size, lost + gap
    return lost


def _columns(model: Model) -> Iterator[Column]:
    return (obj for obj in model.values() if isinstance(obj, Column) and obj.ref.top.kind == Kind.TABLE)
