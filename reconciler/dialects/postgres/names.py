"""Addresses and names in, quoted SQL names out; a name without a schema is found by the pinned search path."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.dialects.postgres.lexer import Sort, quoted_if_needed, tokens
from reconciler.dialects.sql import double_quoted, names
from reconciler.model.objects import Column, Domain
from reconciler.model.ref import Kind, Ref

# The sqlglot dialect of its texts.
FAMILY = "postgres"
DEFAULT_SCHEMA = "public"


def qualified(schema: str, name: str) -> str:
    """Write a name, with its schema unless that is the default one ("")."""
    return f"{double_quoted(schema)}.{double_quoted(name)}" if schema else double_quoted(name)


def of(ref: Ref) -> str:
    """Write the full name of a root object, or of an index, which lives beside its table."""
    return qualified(ref.schema, ref.name)


def table(ref: Ref) -> str:
    """Write the full name of the table or view that holds an object, or is it."""
    return qualified(ref.schema, ref.top.name)


def columns(found: Iterable[str]) -> str:
    """Write a list of columns in parentheses."""
    return f"({names(double_quoted, found)})"


def type_name(ref: Ref) -> str:
    """Write an enum's name as format_type does."""
    head = f"{quoted_if_needed(ref.schema)}." if ref.schema else ""
    return head + quoted_if_needed(ref.name)


def enum_behind(column: Column | Domain) -> Ref | None:
    """Return the enum that a column's type, or its elements' one, is; one that only a text of it names is not."""
    name = column.type.name.removesuffix("[]")
    return next((ref for ref in column.uses if ref.kind == Kind.ENUM and type_name(ref) == name), None)


def enum_of(name: str) -> Ref:
    """Read the name of an enum, with or without a schema and double quotes."""
    parts = [token.value if token.sort is Sort.QUOTED else token.text for token in tokens(name) if not token.says(".")]
    return Ref.root(Kind.ENUM, parts[-1], parts[0] if len(parts) > 1 else "")
