"""An object and the fields that matter in, a condition over the catalogs out that says whether it is there like that.

A text in SQL is tested in the server's own spelling, so it is known of what was inspected and not of what is declared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reconciler.dialects.postgres.guards_columns import COLUMN
from reconciler.dialects.postgres.guards_constraints import CONSTRAINTS
from reconciler.dialects.postgres.guards_indexes import INDEX
from reconciler.dialects.postgres.guards_programs import PROGRAMS, spelled_by_server
from reconciler.dialects.postgres.guards_roots import ROOTS
from reconciler.dialects.postgres.guards_words import Lookup
from reconciler.model.fields import compared
from reconciler.model.objects import Object
from reconciler.model.ref import Kind
from reconciler.model.values import Sql

LOOKUPS: Mapping[Kind, Lookup] = {**ROOTS, **CONSTRAINTS, **PROGRAMS, Kind.COLUMN: COLUMN, Kind.INDEX: INDEX}


def there(obj: Object, fields: Collection[str], schema: str) -> str:
    """Return the condition that an object exists and has these fields. Raises KeyError for a kind without a lookup."""
    lookup = LOOKUPS[Kind(obj.ref.kind)]
    found = [lookup.tests[name](obj, schema) for name in compared(type(obj)) if name in fields and name in lookup.tests]
    return f"EXISTS ({' AND '.join([lookup.rows(obj, schema), *(words for words in found if words)])})"


def absent(obj: Object, schema: str) -> str:
    """Return the condition that nothing has the object's name. Raises KeyError for a kind without a lookup."""
    lookup = LOOKUPS[Kind(obj.ref.kind)]
    return lookup.named(obj, schema) if lookup.named else f"NOT EXISTS ({lookup.rows(obj, schema)})"


def tested(obj: Object) -> tuple[str, ...]:
    """Return the fields of an object that can be tested."""
    lookup = LOOKUPS.get(Kind(obj.ref.kind)) if known(obj) else None
    return tuple(name for name in compared(type(obj)) if lookup and name in lookup.tests)


def known(obj: Object | None) -> bool:
    """Say whether the catalogs can be asked for such an object here."""
    return obj is not None and obj.ref.kind in LOOKUPS


def has_text(obj: Object, name: str) -> bool:
    """Say whether a field of an object holds SQL, which the server spells in its own way."""
    if name == "body":
        return spelled_by_server(obj)
    value = getattr(obj, name)
    parts = value if isinstance(value, tuple) else (value,)
    inside = ((part, getattr(part, "expression", None), getattr(part, "default", None)) for part in parts)
    return any(isinstance(text, Sql) for texts in inside for text in texts)
