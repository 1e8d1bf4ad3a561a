"""An object and the fields that matter in, a condition over the catalogs out that says whether it is there like that.

A text in SQL is tested in the server's own spelling, so it is known of what was inspected and not of what is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.dialects.postgres.guards_columns import (
    column_collation,
    column_default,
    column_generated,
    column_identity,
    column_rows,
    relation,
    same,
    truth,
    type_test,
)
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.rules.keys import key_name
from reconciler.dialects.sql import text_literal
from reconciler.model.fields import compared
from reconciler.model.objects import Enum, ForeignKey, Index, Object, PrimaryKey, Unique, View
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Action, Deferrable, IndexPart, Sql

# A condition on one field of an object, "" when there is nothing that can be tested; the schema is the default one.
Test = Callable[[Any, str], str]


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where the catalogs have a kind: `rows` are those of one object, `named` is what else may take its name."""

    rows: Test
    tests: Mapping[str, Test]
    named: Test | None = None


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


# --- names ------------------------------------------------------------------------------------------------------------


def _type(ref: Ref, schema: str) -> str:
    return f"to_regtype({text_literal(qualified(ref.schema or schema, ref.name))})"


def _names(columns: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(text_literal, columns))}]::name[]"


def _numbers(columns: Sequence[str], owner: str) -> str:
    """Write the numbers of columns in the order in which they are named."""
    return (
        f"(SELECT array_agg(a.attnum ORDER BY array_position({_names(columns)}, a.attname)) FROM pg_attribute a"
        f" WHERE a.attrelid = {owner} AND a.attname = ANY ({_names(columns)}))"
    )


# --- constraints and indexes ------------------------------------------------------------------------------------------

_LETTERS: Mapping[Action, str] = {
    Action.NO_ACTION: "a", Action.RESTRICT: "r", Action.CASCADE: "c", Action.SET_NULL: "n", Action.SET_DEFAULT: "d",
}  # fmt: skip


def _constraint_rows(letter: str) -> Test:
    def rows(obj: Object, schema: str) -> str:
        name = "" if isinstance(obj, PrimaryKey) else f" AND k.conname = {text_literal(obj.ref.name)}"
        owner = relation(obj.ref.top, schema)
        return f"SELECT FROM pg_constraint k WHERE k.conrelid = {owner} AND k.contype = '{letter}'{name}"

    return rows


def _key_columns(obj: Any, schema: str) -> str:
    return f"k.conkey = {_numbers(obj.columns, 'k.conrelid')}"


def _deferrable(obj: Unique | ForeignKey, schema: str) -> str:
    deferrable = truth("k.condeferrable", obj.deferrable is not Deferrable.NO)
    return f"{deferrable} AND {truth('k.condeferred', obj.deferrable is Deferrable.DEFERRED)}"


def _nulls(obj: Unique, schema: str) -> str:
    # By way of JSON, because versions before 15 have no such column.
    row = "(SELECT to_jsonb(i) FROM pg_index i WHERE i.indexrelid = k.conindid)"
    return truth(f"coalesce(({row} ->> 'indnullsnotdistinct')::boolean, false)", obj.nulls_not_distinct)


def _constraint_comment(obj: Any, schema: str) -> str:
    return same("obj_description(k.oid, 'pg_constraint')", obj.comment)


def _constraint(letter: str, **tests: Test) -> Lookup:
    common = {"columns": _key_columns, "deferrable": _deferrable, "comment": _constraint_comment}
    return Lookup(_constraint_rows(letter), {**common, **tests})


def _index_rows(obj: Index, schema: str) -> str:
    return (
        "SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
        f" WHERE i.indrelid = {relation(obj.ref.top, schema)} AND c.relname = {text_literal(obj.ref.name)}"
    )


def _index_parts(obj: Index, schema: str) -> str:
    found = [f"i.indnkeyatts = {len(obj.parts)}"]
    for number, part in enumerate(obj.parts):
        found += _index_part(part, number)
    return " AND ".join(found)


def _index_part(part: IndexPart, number: int) -> list[str]:
    text = f"pg_get_indexdef(i.indexrelid, {number + 1}, false)"
    what = f"quote_ident({text_literal(part.column)})" if part.column is not None else ""
    if part.expression is not None:
        what = text_literal(part.expression.text)
    first = part.nulls_first if part.nulls_first is not None else part.descending
    opclass = f"(SELECT o.opcdefault FROM pg_opclass o WHERE o.oid = i.indclass[{number}])"
    if part.opclass:
        opclass = (
            f"(SELECT o.opcname FROM pg_opclass o WHERE o.oid = i.indclass[{number}]) = {text_literal(part.opclass)}"
        )
    return [f"{text} = {what}", f"i.indoption[{number}] = {part.descending + 2 * first}", opclass]


def _index_include(obj: Index, schema: str) -> str:
    words = " AND ".join(
        f"pg_get_indexdef(i.indexrelid, {len(obj.parts) + number}, false) = quote_ident({text_literal(name)})"
        for number, name in enumerate(obj.include, 1)
    )
    return f"i.indnatts = {len(obj.parts) + len(obj.include)}{f' AND {words}' if words else ''}"


def _index_method(obj: Index, schema: str) -> str:
    method = obj.method or "btree"
    return f"i.indisvalid AND m.amname = {text_literal(method)}" if " " not in method else "NOT i.indisvalid"


# --- everything else --------------------------------------------------------------------------------------------------


def _view_rows(obj: View, schema: str) -> str:
    letter = "m" if obj.materialized else "v"
    return f"SELECT FROM pg_class c WHERE c.oid = {relation(obj.ref, schema)} AND c.relkind = '{letter}'"


def _table_rows(obj: Object, schema: str) -> str:
    return f"SELECT FROM pg_class c WHERE c.oid = {relation(obj.ref, schema)} AND c.relkind = 'r'"


def _no_relation(obj: Object, schema: str) -> str:
    return f"{relation(obj.ref, schema)} IS NULL"


def _no_index(obj: Object, schema: str) -> str:
    """An index has its name in the schema of its table."""
    return f"{relation(Ref.root(Kind.TABLE, obj.ref.name, obj.ref.schema), schema)} IS NULL"


def _relation_comment(obj: Any, schema: str) -> str:
    return same("obj_description(c.oid, 'pg_class')", obj.comment)


_BLANK = r"E' \n\t;'"


def view_text(text: str) -> str:
    """Return a view's query as it is compared: without blanks and semicolons around it."""
    return text.strip(" \n\t;")


def _view_query(obj: View, schema: str) -> str:
    return same(f"btrim(pg_get_viewdef(c.oid), {_BLANK})", view_text(obj.query.text))


def _type_rows(letter: str) -> Test:
    def rows(obj: Object, schema: str) -> str:
        return f"SELECT FROM pg_type t WHERE t.oid = {_type(obj.ref, schema)} AND t.typtype = '{letter}'"

    return rows


def _enum_values(obj: Enum, schema: str) -> str:
    labels = "ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)"
    return f"{labels} = {_names(obj.values)}"


LOOKUPS: Mapping[Kind, Lookup] = {
    Kind.SCHEMA: Lookup(
        lambda obj, _: f"SELECT FROM pg_namespace n WHERE n.nspname = {text_literal(obj.ref.name)}", {}
    ),
    Kind.ENUM: Lookup(
        _type_rows("e"),
        {"values": _enum_values, "comment": lambda obj, _: same("obj_description(t.oid, 'pg_type')", obj.comment)},
        lambda obj, schema: f"{_type(obj.ref, schema)} IS NULL",
    ),
    Kind.TABLE: Lookup(_table_rows, {"comment": _relation_comment}, _no_relation),
    Kind.VIEW: Lookup(
        _view_rows, {"query": _view_query, "comment": _relation_comment}, _no_relation
    ),
    Kind.COLUMN: Lookup(
        column_rows,
        {
            "type": type_test, "default": column_default, "generated": column_generated,
            "identity": column_identity, "collation": column_collation,
            "not_null": lambda obj, _: truth("a.attnotnull", obj.not_null),
            "comment": lambda obj, _: same("col_description(a.attrelid, a.attnum)", obj.comment),
        },
    ),
    Kind.PRIMARY_KEY: _constraint("p", name=lambda obj, _: f"k.conname = {text_literal(key_name(obj))}"),
    Kind.UNIQUE: _constraint("u", nulls_not_distinct=_nulls),
    Kind.CHECK: _constraint(
        "c", expression=lambda obj, _: same("pg_get_expr(k.conbin, k.conrelid)", obj.expression.text)
    ),
    Kind.FOREIGN_KEY: _constraint(
        "f",
        target=lambda obj, schema: f"k.confrelid = {relation(obj.target, schema)}",
        target_columns=lambda obj, _: f"k.confkey = {_numbers(obj.target_columns, 'k.confrelid')}",
        on_delete=lambda obj, _: f"k.confdeltype = '{_LETTERS[obj.on_delete]}'",
        on_update=lambda obj, _: f"k.confupdtype = '{_LETTERS[obj.on_update]}'",
    ),
    Kind.INDEX: Lookup(
        _index_rows,
        {
            "parts": _index_parts, "include": _index_include, "method": _index_method,
            "unique": lambda obj, _: truth("i.indisunique", obj.unique),
            "where": lambda obj, _: same("pg_get_expr(i.indpred, i.indrelid)", obj.where and obj.where.text),
            "comment": lambda obj, _: same("obj_description(c.oid, 'pg_class')", obj.comment),
        },
        _no_index,
    ),
}  # fmt: skip


def has_text(obj: Object, name: str) -> bool:
    """Say whether a field of an object holds SQL, which the server spells in its own way."""
    value = getattr(obj, name)
    parts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(part, Sql) or isinstance(getattr(part, "expression", None), Sql) for part in parts)
