"""How MySQL's identifiers are written in statements: addresses and names in, quoted text out."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.dialects.mysql.lexer import quoted
from reconciler.model.ref import Kind, Ref

# Longest identifier in characters (dev.mysql.com/doc/refman/9.7/en/identifier-length.html).
LONGEST = 64


def of(ref: Ref) -> str:
    """Write the name of an object."""
    return quoted(ref.name)


def table(ref: Ref) -> str:
    """Write the name of the table that an object is in, or of the table itself."""
    return quoted(ref.top.name)


def columns(names: Iterable[str]) -> str:
    """Write a list of columns in parentheses."""
    return f"({', '.join(map(quoted, names))})"


def enum_ref(name: str) -> Ref:
    """Return the address of the enum that a type names."""
    schema, _, last = name.rpartition(".")
    return Ref.root(Kind.ENUM, last, schema)
