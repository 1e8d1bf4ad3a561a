"""Settings that one family alone has: an object and a family in, the names of those that are another one's out."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.objects import Column, Exclusion, Index, Object, View
from reconciler.model.ref import Kind

# kind → setting → the family that has it; those of an index that are not named are PostgreSQL's storage parameters.
_OWNERS: Mapping[Kind, Mapping[str, str]] = {
    Kind.COLUMN: {
        "compression": "postgres", "statistics": "postgres", "storage": "postgres", "invisible": "mysql",
        "on_update_now": "mysql",
    },
    Kind.INDEX: {"invisible": "mysql", "ignored": "mysql", "parser": "mysql"},
    Kind.VIEW: {"algorithm": "mysql", "security": "mysql", "check_option": ""},
}  # fmt: skip


def foreign_settings(obj: Object, family: str) -> list[str]:
    """Return the names of an object's settings that the family has not got, `length` of a part of an index included.

    Args:
        obj: any object.
        family: `sqlite`, `postgres` or `mysql`.
    """
    found: list[str] = []
    if isinstance(obj, Column | Index | View):
        owners = _OWNERS[obj.kind]
        found = [name for name, _ in obj.options if owners.get(name, "postgres") not in (family, "")]
    if isinstance(obj, Index | Exclusion) and family != "mysql" and any(part.length for part in obj.parts):
        found.append("length")
    return found
