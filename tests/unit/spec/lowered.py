"""Specs as text in, what they declare for a dialect out: for tests of lowering."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import spec
from reconciler.model.model import Desired
from reconciler.model.objects import Column, Object
from reconciler.model.ref import Ref
from reconciler.spec.scalars import Scalar


def lower(text: str, *words: str, variables: Mapping[str, Scalar] | None = None, schema: str = "") -> Desired:
    """Return what a text declares for a dialect, postgres unless others are named."""
    chain = words or ("postgres",)
    return spec.lower(
        spec.load_text(text, "a.yaml"),
        dialect=chain[0],
        fallback=chain,
        sql="postgres",
        variables=variables or {},
        default_schema=schema,
    )


def get(desired: Desired, address: str) -> Object:
    """Return the object at an address."""
    return desired.model[Ref.parse(address)]


def column(text: str, *words: str, variables: Mapping[str, Scalar] | None = None) -> Column:
    """Return the column that a text in braces declares."""
    found = get(lower(f"table: t\ncolumns:\n  a: {text}\n", *words, variables=variables), "table.t.column.a")
    assert isinstance(found, Column)
    return found
