"""A root object, or who owns a sequence, and the fields that matter in, conditions over the catalogs out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.dialects.postgres.guards_columns import default_is
from reconciler.dialects.postgres.guards_words import (
    Lookup,
    Test,
    name_is_free,
    names_array,
    parameters_are,
    relation,
    same,
    truth,
    type_oid,
)
from reconciler.dialects.postgres.rules.sequences import bounds, first
from reconciler.dialects.sql import text_literal
from reconciler.model.objects import Domain, Enum, Extension, NumberSequence, Object, OwnedBy, Table, View
from reconciler.model.ref import Kind

# --- relations --------------------------------------------------------------------------------------------------------


def _relation_rows(obj: Object, schema: str) -> str:
    return f"SELECT FROM pg_class c WHERE c.oid = {relation(obj.ref, schema)}"


def _relation_comment(obj: Any, schema: str) -> str:
    return same("obj_description(c.oid, 'pg_class')", obj.comment)


_BLANK = r"E' \n\t;'"


def _view_rows(obj: View, schema: str) -> str:
    return f"{_relation_rows(obj, schema)} AND c.relkind IN ('v', 'm')"


def _view_query(obj: View, schema: str) -> str:
    """Test a view's query, without blanks and semicolons around it."""
    return same(f"btrim(pg_get_viewdef(c.oid), {_BLANK})", obj.query.text.strip(" \n\t;"))


_STORAGE = "storage."


def _view_options(obj: View, schema: str) -> str:
    """Test the options; those of a view that stores nothing may say that they are off, as they are by themselves."""
    options = tuple((name.removeprefix(_STORAGE), value) for name, value in obj.options)
    rows = "(SELECT o.* FROM pg_options_to_table(c.reloptions) o"
    return parameters_are(
        f"{rows} WHERE c.relkind = 'm' OR lower(o.option_value) NOT IN ('false', 'off', 'no', '0'))", options
    )


def _table_options(obj: Table, schema: str) -> str:
    unlogged = ("unlogged", True) in obj.options
    options = tuple((name.removeprefix(_STORAGE), value) for name, value in obj.options if name.startswith(_STORAGE))
    rows = (
        "(SELECT o.* FROM pg_options_to_table(c.reloptions) o UNION ALL"
        " SELECT 'toast.' || o.option_name, o.option_value FROM pg_class x"
        " CROSS JOIN pg_options_to_table(x.reloptions) o WHERE x.oid = c.reltoastrelid)"
    )
    return f"c.relpersistence {'=' if unlogged else '<>'} 'u' AND {parameters_are(rows, options)}"


# --- sequences --------------------------------------------------------------------------------------------------------


def _sequence_rows(obj: NumberSequence, schema: str) -> str:
    return f"SELECT FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.oid = {relation(obj.ref, schema)}"


_SEQUENCE: Mapping[str, Test] = {
    "type": lambda obj, _: f"format_type(s.seqtypid, NULL) = {text_literal(obj.type.name)}",
    "start": lambda obj, _: f"s.seqstart = {first(obj)}",
    "increment": lambda obj, _: f"s.seqincrement = {obj.increment}",
    "minimum": lambda obj, _: f"s.seqmin = {bounds(obj)[0]}",
    "maximum": lambda obj, _: f"s.seqmax = {bounds(obj)[1]}",
    "cache": lambda obj, _: f"s.seqcache = {obj.cache}",
    "cycle": lambda obj, _: truth("s.seqcycle", obj.cycle),
    "comment": _relation_comment,
}


def _owner_rows(obj: OwnedBy, schema: str) -> str:
    return (
        "SELECT FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
        " WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'"
        f" AND d.objid = {relation(obj.ref.top, schema)}"
    )


def _owner(obj: OwnedBy, schema: str) -> str:
    return f"a.attrelid = {relation(obj.column.top, schema)} AND a.attname = {text_literal(obj.column.name)}"


# --- types ------------------------------------------------------------------------------------------------------------


def _type_rows(letter: str) -> Test:
    def rows(obj: Object, schema: str) -> str:
        return f"SELECT FROM pg_type t WHERE t.oid = {type_oid(obj.ref, schema)} AND t.typtype = '{letter}'"

    return rows


def _type_name_is_free(obj: Object, schema: str) -> str:
    return f"{type_oid(obj.ref, schema)} IS NULL"


def _type_comment(obj: Any, schema: str) -> str:
    return same("obj_description(t.oid, 'pg_type')", obj.comment)


def _enum_values(obj: Enum, schema: str) -> str:
    labels = "ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)"
    return f"{labels} = {names_array(obj.values)}"


def _domain_default(obj: Domain, schema: str) -> str:
    found = "pg_get_expr(t.typdefaultbin, 0)"
    return f"{found} IS NULL" if obj.default is None else default_is(found, obj.default)


def _domain_collation(obj: Domain, schema: str) -> str:
    if obj.collation is None:
        return "t.typcollation = (SELECT b.typcollation FROM pg_type b WHERE b.oid = t.typbasetype)"
    return f"(SELECT co.collname FROM pg_collation co WHERE co.oid = t.typcollation) = {text_literal(obj.collation)}"


# --- schemas and extensions -------------------------------------------------------------------------------------------


def _extension_namespace(obj: Extension, schema: str) -> str:
    """Test where an extension's objects are; of one without a word on it, that is nobody's concern."""
    if obj.namespace is None:
        return ""
    name = text_literal(obj.namespace or schema)
    return f"(SELECT n.nspname FROM pg_namespace n WHERE n.oid = e.extnamespace) = {name}"


def _extension_version(obj: Extension, schema: str) -> str:
    return "" if obj.version is None else f"e.extversion = {text_literal(obj.version)}"


def _extension_comment(obj: Extension, schema: str) -> str:
    """Test the comment; the one that an extension brings along is none."""
    found = "obj_description(e.oid, 'pg_extension')"
    own = "(SELECT v.comment FROM pg_available_extensions v WHERE v.name = e.extname)"
    return f"({found} IS NULL OR {found} = {own})" if obj.comment is None else same(found, obj.comment)


ROOTS: Mapping[Kind, Lookup] = {
    Kind.SCHEMA: Lookup(
        lambda obj, _: f"SELECT FROM pg_namespace n WHERE n.nspname = {text_literal(obj.ref.name)}",
        {"comment": lambda obj, _: same("obj_description(n.oid, 'pg_namespace')", obj.comment)},
    ),
    Kind.EXTENSION: Lookup(
        lambda obj, _: f"SELECT FROM pg_extension e WHERE e.extname = {text_literal(obj.ref.name)}",
        {"namespace": _extension_namespace, "version": _extension_version, "comment": _extension_comment},
    ),
    Kind.ENUM: Lookup(_type_rows("e"), {"values": _enum_values, "comment": _type_comment}, _type_name_is_free),
    Kind.DOMAIN: Lookup(
        _type_rows("d"),
        {
            "type": lambda obj, _: f"format_type(t.typbasetype, t.typtypmod) = {text_literal(obj.type.name)}",
            "not_null": lambda obj, _: truth("t.typnotnull", obj.not_null),
            "default": _domain_default,
            "collation": _domain_collation,
            "comment": _type_comment,
        },
        _type_name_is_free,
    ),
    Kind.SEQUENCE: Lookup(_sequence_rows, _SEQUENCE, name_is_free),
    Kind.OWNED_BY: Lookup(_owner_rows, {"column": _owner}),
    Kind.TABLE: Lookup(
        lambda obj, schema: f"{_relation_rows(obj, schema)} AND c.relkind = 'r'",
        {"comment": _relation_comment, "options": _table_options},
        name_is_free,
    ),
    Kind.VIEW: Lookup(
        _view_rows,
        {
            "query": _view_query,
            "materialized": lambda obj, _: f"c.relkind = '{'m' if obj.materialized else 'v'}'",
            "options": _view_options,
            "comment": _relation_comment,
        },
        name_is_free,
    ),
}
