"""What other dialects have and SQLite has not: kinds, and fields of objects with the values that say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from reconciler.model.objects import Object
from reconciler.model.ref import Kind
from reconciler.model.values import Deferrable

ABSENT: Mapping[str, str] = {
    Kind.EXTENSION: "extensions", Kind.DOMAIN: "domains", Kind.SEQUENCE: "sequences", Kind.FUNCTION: "functions",
    Kind.PROCEDURE: "procedures", Kind.EVENT: "events",
}  # fmt: skip

_ELSEWHERE: Mapping[Kind, Mapping[str, object]] = {
    Kind.COLUMN: {"options": ()},
    Kind.PRIMARY_KEY: {"include": (), "deferrable": Deferrable.NO},
    Kind.UNIQUE: {"include": (), "deferrable": Deferrable.NO, "nulls_not_distinct": False},
    Kind.CHECK: {"no_inherit": False, "enforced": True, "not_valid": False},
    Kind.FOREIGN_KEY: {"on_delete_columns": (), "match_full": False, "enforced": True, "not_valid": False},
    Kind.INDEX: {"nulls_not_distinct": False, "options": ()},
}  # fmt: skip

# The same, to be read and compared at once; the name of the object keeps them several.
_READ = {kind: attrgetter("kind", *usual) for kind, usual in _ELSEWHERE.items()}
_USUAL = {kind: (kind, *usual.values()) for kind, usual in _ELSEWHERE.items()}

# Fields that a message calls otherwise.
NOUNS: Mapping[str, str] = {
    "options": "storage settings", "match_full": "match: full", "enforced": "enforced: false",
}  # fmt: skip


def beyond(obj: Object) -> Mapping[str, object]:
    """Return the fields of an object that say what SQLite cannot have, each with the value that says nothing."""
    usual = _ELSEWHERE.get(obj.kind, {})
    if not usual or _READ[obj.kind](obj) == _USUAL[obj.kind]:
        return {}
    return {name: value for name, value in usual.items() if getattr(obj, name) != value}
