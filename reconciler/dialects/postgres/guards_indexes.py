"""An index or exclusion constraint and the fields that matter in, conditions over the catalogs out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.dialects.postgres.catalog import DEFAULT_COLLATION
from reconciler.dialects.postgres.guards_words import Lookup, Test, names_array, parameters_are, relation, same, truth
from reconciler.dialects.sql import text_literal
from reconciler.model.objects import Exclusion, Index, PrimaryKey, Unique
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Deferrable, IndexPart


def _index_rows(obj: Index, schema: str) -> str:
    return (
        "SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
        f" WHERE i.indrelid = {relation(obj.ref.top, schema)} AND c.relname = {text_literal(obj.ref.name)}"
    )


def _exclusion_rows(obj: Exclusion, schema: str) -> str:
    return (
        "SELECT FROM pg_constraint k JOIN pg_index i ON i.indexrelid = k.conindid"
        " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam"
        f" WHERE k.conrelid = {relation(obj.ref.top, schema)} AND k.contype = 'x'"
        f" AND k.conname = {text_literal(obj.ref.name)}"
    )


def _parts(obj: Index | Exclusion, schema: str) -> str:
    found = [f"i.indnkeyatts = {len(obj.parts)}"]
    for number, part in enumerate(obj.parts):
        found += _part(part, number)
    return " AND ".join(found)


def _part(part: IndexPart, number: int) -> list[str]:
    text = f"pg_get_indexdef(i.indexrelid, {number + 1}, false)"
    what = f"quote_ident({text_literal(part.column)})" if part.column is not None else ""
    if part.expression is not None:
        what = text_literal(part.expression.text)
    first = part.nulls_first if part.nulls_first is not None else part.descending
    return [
        f"{text} = {what}", f"i.indoption[{number}] = {part.descending + 2 * first}", _opclass(part, number),
        _collation(part, number), *_operator(part, number),
    ]  # fmt: skip


def _opclass(part: IndexPart, number: int) -> str:
    """Test an operator class, and its parameters, which stand with the index's own column."""
    of = f"FROM pg_opclass o WHERE o.oid = i.indclass[{number}]"
    own = f"FROM pg_attribute p WHERE p.attrelid = i.indexrelid AND p.attnum = {number + 1}"
    given = f"(SELECT array_to_string(p.attoptions, ', ') {own})"
    if not part.opclass:
        return f"(SELECT o.opcdefault {of}) AND {given} IS NULL"
    name, _, parameters = part.opclass.partition("(")
    return f"(SELECT o.opcname {of}) = {text_literal(name)} AND {same(given, parameters.removesuffix(')') or None)}"


def _collation(part: IndexPart, number: int) -> str:
    """Test a collation; without one it is that of the column, or of a column in the expression."""
    own = f"i.indcollation[{number}]"
    if part.collation is not None:
        return f"(SELECT co.collname FROM pg_collation co WHERE co.oid = {own}) = {text_literal(part.collation)}"
    one = f" AND a.attname = {text_literal(part.column)}" if part.column is not None else ""
    inherited = f"SELECT a.attcollation FROM pg_attribute a WHERE a.attrelid = i.indrelid{one}"
    return f"({own} IN (0, {DEFAULT_COLLATION}) OR {own} IN ({inherited}))"


def _operator(part: IndexPart, number: int) -> list[str]:
    """Test by what an exclusion constraint compares; one beyond the search path is told with its schema."""
    if part.operator is None:
        return []
    name = (
        "(SELECT CASE WHEN o.oprnamespace = 'pg_catalog'::regnamespace OR pg_operator_is_visible(o.oid) THEN o.oprname"
        " ELSE format('OPERATOR(%I.%s)', o.oprnamespace::regnamespace, o.oprname) END"
        f" FROM pg_operator o WHERE o.oid = k.conexclop[{number + 1}])"
    )
    return [f"{name} = {text_literal(part.operator)}"]


def included(index: str, names: Sequence[str]) -> str:
    """Write the condition that an index, given by its oid, has these columns beside its key."""
    found = (
        "ARRAY(SELECT t.attname FROM pg_index x CROSS JOIN unnest(x.indkey::int2[]) WITH ORDINALITY u (num, at)"
        " JOIN pg_attribute t ON t.attrelid = x.indrelid AND t.attnum = u.num"
        f" WHERE x.indexrelid = {index} AND u.at > x.indnkeyatts ORDER BY u.at)"
    )
    return f"{found} = {names_array(names)}"


def nulls_not_distinct(index: str, value: bool) -> str:
    """Write the condition on the nulls of an index; by way of JSON, because versions before 15 have no such column."""
    row = f"(SELECT to_jsonb(x) FROM pg_index x WHERE x.indexrelid = {index})"
    return truth(f"coalesce(({row} ->> 'indnullsnotdistinct')::boolean, false)", value)


def deferrable(obj: Any, schema: str) -> str:
    """Write the condition on when a constraint is checked."""
    may = truth("k.condeferrable", obj.deferrable is not Deferrable.NO)
    return f"{may} AND {truth('k.condeferred', obj.deferrable is Deferrable.DEFERRED)}"


def constraint_comment(obj: Any, schema: str) -> str:
    """Write the condition on the comment of a constraint."""
    return same("obj_description(k.oid, 'pg_constraint')", obj.comment)


def key_included(obj: PrimaryKey | Unique, schema: str) -> str:
    """Write the condition on the columns that a key's index has beside it."""
    return included("k.conindid", obj.include)


def _method(obj: Index | Exclusion, schema: str) -> str:
    method = obj.method or "btree"
    return f"i.indisvalid AND m.amname = {text_literal(method)}" if " " not in method else "NOT i.indisvalid"


def _name_is_free(obj: Index, schema: str) -> str:
    """An index has its name in the schema of its table."""
    return f"{relation(Ref.root(Kind.TABLE, obj.ref.name, obj.ref.schema), schema)} IS NULL"


_COMMON: dict[str, Test] = {
    "parts": _parts, "method": _method,
    "include": lambda obj, _: included("i.indexrelid", obj.include),
    "where": lambda obj, _: same("pg_get_expr(i.indpred, i.indrelid)", obj.where and obj.where.text),
}  # fmt: skip

INDEX = Lookup(
    _index_rows,
    {
        **_COMMON,
        "unique": lambda obj, _: truth("i.indisunique", obj.unique),
        "nulls_not_distinct": lambda obj, _: nulls_not_distinct("i.indexrelid", obj.nulls_not_distinct),
        "options": lambda obj, _: parameters_are("pg_options_to_table(c.reloptions)", obj.options),
        "comment": lambda obj, _: same("obj_description(c.oid, 'pg_class')", obj.comment),
    },
    _name_is_free,
)

EXCLUSION = Lookup(_exclusion_rows, {**_COMMON, "deferrable": deferrable, "comment": constraint_comment})
