"""What other dialects have and MySQL and MariaDB have not: kinds, and fields with the values that say nothing."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.objects import Object
from reconciler.model.ref import Kind
from reconciler.model.values import Deferrable

ABSENT: Mapping[str, str] = {
    Kind.SCHEMA: "schemas inside a database", Kind.EXTENSION: "extensions", Kind.DOMAIN: "domains",
    Kind.OWNED_BY: "owned sequences",
    Kind.EXCLUSION: "exclusion constraints",
}  # fmt: skip

_KEY: Mapping[str, object] = {"include": (), "on_conflict": "", "deferrable": Deferrable.NO}
_ELSEWHERE: Mapping[Kind, Mapping[str, object]] = {
    Kind.COLUMN: {"on_conflict": ""},
    Kind.PRIMARY_KEY: _KEY,
    Kind.UNIQUE: {**_KEY, "nulls_not_distinct": False},
    Kind.CHECK: {"no_inherit": False, "not_valid": False},
    Kind.FOREIGN_KEY: {
        "on_delete_columns": (), "match_full": False, "enforced": True, "not_valid": False, "deferrable": Deferrable.NO,
    },
    Kind.INDEX: {"where": None, "include": (), "nulls_not_distinct": False},
    Kind.VIEW: {"materialized": False},
}  # fmt: skip

# What a message calls a field, where that is another word.
NOUNS: Mapping[str, str] = {
    "where": "condition", "include": "columns beside its key", "deferrable": "deferred checking",
    "match_full": "match: full", "enforced": "enforced: false", "nulls_not_distinct": "nulls that are alike",
    "on_conflict": "conflict clause", "materialized": "rows of its own",
}  # fmt: skip


def beyond(obj: Object) -> Mapping[str, object]:
    """Return the fields of an object that say what no flavor can have, each with the value that says nothing."""
    return {name: usual for name, usual in _ELSEWHERE.get(obj.kind, {}).items() if getattr(obj, name) != usual}
