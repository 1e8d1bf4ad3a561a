"""A key, check or foreign key and the fields that matter in, conditions over the catalogs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.dialects.postgres.guards_indexes import (
    EXCLUSION,
    constraint_comment,
    deferrable,
    key_included,
    nulls_not_distinct,
)
from reconciler.dialects.postgres.guards_words import Lookup, Test, names_array, relation, same, truth, type_oid
from reconciler.dialects.postgres.rules.keys import key_name
from reconciler.dialects.sql import text_literal
from reconciler.model.objects import Check, ForeignKey, Object, PrimaryKey
from reconciler.model.ref import Kind
from reconciler.model.values import Action

_LETTERS: Mapping[Action, str] = {
    Action.NO_ACTION: "a", Action.RESTRICT: "r", Action.CASCADE: "c", Action.SET_NULL: "n", Action.SET_DEFAULT: "d",
}  # fmt: skip


def _rows(letter: str) -> Test:
    def rows(obj: Object, schema: str) -> str:
        name = "" if isinstance(obj, PrimaryKey) else f" AND k.conname = {text_literal(obj.ref.name)}"
        owner = f"k.conrelid = {relation(obj.ref.top, schema)}"
        if obj.ref.top.kind == Kind.DOMAIN:
            owner = f"k.contypid = {type_oid(obj.ref.top, schema)}"
        return f"SELECT FROM pg_constraint k WHERE {owner} AND k.contype = '{letter}'{name}"

    return rows


def _numbers(columns: Sequence[str], owner: str) -> str:
    """Write the numbers of columns in the order in which they are named."""
    named = names_array(columns)
    return (
        f"(SELECT array_agg(a.attnum ORDER BY array_position({named}, a.attname)) FROM pg_attribute a"
        f" WHERE a.attrelid = {owner} AND a.attname = ANY ({named}))"
    )


def _columns(obj: Any, schema: str) -> str:
    return f"k.conkey = {_numbers(obj.columns, 'k.conrelid')}"


def _only(obj: ForeignKey, schema: str) -> str:
    """Test which columns a deletion changes; versions before 15 have no such list."""
    found = "nullif(to_jsonb(k) -> 'confdelsetcols', 'null')"
    if not obj.on_delete_columns:
        return f"{found} IS NULL"
    return f"{found} = to_jsonb({_numbers(obj.on_delete_columns, 'k.conrelid')})"


def _enforced(obj: Check | ForeignKey, schema: str) -> str:
    """Test whether a constraint is enforced; versions before 18 enforce each."""
    return truth("coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)", obj.enforced)


def _not_valid(obj: Check | ForeignKey, schema: str) -> str:
    """Test whether all rows were looked at; of one that is not enforced nobody asks."""
    return truth("k.convalidated", not obj.not_valid) if obj.enforced else ""


_DOUBTS: Mapping[str, Test] = {"enforced": _enforced, "not_valid": _not_valid, "comment": constraint_comment}
_KEY: Mapping[str, Test] = {
    "columns": _columns, "include": key_included, "deferrable": deferrable, "comment": constraint_comment,
}  # fmt: skip

CONSTRAINTS: Mapping[Kind, Lookup] = {
    Kind.PRIMARY_KEY: Lookup(
        _rows("p"), {**_KEY, "name": lambda obj, _: f"k.conname = {text_literal(key_name(obj))}"}
    ),
    Kind.UNIQUE: Lookup(
        _rows("u"),
        {**_KEY, "nulls_not_distinct": lambda obj, _: nulls_not_distinct("k.conindid", obj.nulls_not_distinct)},
    ),
    Kind.CHECK: Lookup(
        _rows("c"),
        {
            **_DOUBTS,
            "expression": lambda obj, _: same("pg_get_expr(k.conbin, k.conrelid)", obj.expression.text),
            "no_inherit": lambda obj, _: truth("k.connoinherit", obj.no_inherit),
        },
    ),
    Kind.EXCLUSION: EXCLUSION,
    Kind.FOREIGN_KEY: Lookup(
        _rows("f"),
        {
            **_DOUBTS,
            "columns": _columns,
            "deferrable": deferrable,
            "target": lambda obj, schema: f"k.confrelid = {relation(obj.target, schema)}",
            "target_columns": lambda obj, _: f"k.confkey = {_numbers(obj.target_columns, 'k.confrelid')}",
            "on_delete": lambda obj, _: f"k.confdeltype = '{_LETTERS[obj.on_delete]}'",
            "on_delete_columns": _only,
            "on_update": lambda obj, _: f"k.confupdtype = '{_LETTERS[obj.on_update]}'",
            "match_full": lambda obj, _: f"k.confmatchtype = '{'f' if obj.match_full else 's'}'",
        },
    ),
}  # fmt: skip
