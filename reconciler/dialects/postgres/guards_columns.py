"""A column and the fields that matter in, conditions over the catalogs out that say whether it is like that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.guards_words import Lookup, relation, same, truth
from reconciler.dialects.postgres.identity import bounds, settled
from reconciler.dialects.postgres.literals import literal_words, written
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.sql import text_literal
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.values import Default, Identity, Sql

_DEFAULT = (
    "(SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)"
)

_DRAWS = f"coalesce({_DEFAULT} LIKE 'nextval(%', false)"

# A number as the server writes it: bare, in parentheses or quotes, with a cast or without.
_NUMBER = "'^[(]*''?(-?[0-9]+(?:[.][0-9]+)?)''?[)]*(?:::[^'']*)?$'"


def _column_rows(obj: Column, schema: str) -> str:
    """Write where the catalogs have a column."""
    return (
        f"SELECT FROM pg_attribute a WHERE a.attrelid = {relation(obj.ref.top, schema)}"
        f" AND a.attname = {text_literal(obj.ref.name)} AND NOT a.attisdropped"
    )


def column_type(obj: Column) -> str:
    """Return a column's type as format_type spells it: what serial stands for is told."""
    return types.SERIAL.get(obj.type.name, obj.type.name)


def _type(obj: Column, schema: str) -> str:
    """Test the type; serial is told by where the default draws from."""
    name = column_type(obj)
    named = f"format_type(a.atttypid, a.atttypmod) = {text_literal(name)}"
    if isinstance(obj.default, Sql):  # it may draw from a sequence, too
        return named
    return f"{named} AND {truth(_DRAWS, obj.type.name in types.SERIAL)}"


def _default(obj: Column, schema: str) -> str:
    """Test the default; a constant by its value, SQL by the server's own text."""
    if obj.generated is not None or obj.identity is not None or obj.type.name in types.SERIAL:
        return ""
    return f"{_DEFAULT} IS NULL" if obj.default is None else default_is(_DEFAULT, obj.default)


def default_is(found: str, default: Default) -> str:
    """Write the condition that a default, as the server writes it, is this one."""
    if isinstance(default, Sql):
        return same(found, default.text)
    if isinstance(default.value, Decimal | int) and not isinstance(default.value, bool):
        return f"substring({found} FROM {_NUMBER})::numeric = {written(default)}"
    # The server writes other constants bare, or as a string with a cast.
    cast = f"{text_literal(literal_words(default.value))}::"
    return f"({same(found, written(default))} OR starts_with({found}, {text_literal(cast)}))"


def _generated(obj: Column, schema: str) -> str:
    """Test what computes it."""
    if obj.generated is None:
        return "a.attgenerated = ''"
    letter = "s" if obj.generated.stored else "v"
    return f"a.attgenerated = '{letter}' AND {same(_DEFAULT, obj.generated.expression.text)}"


def _identity(obj: Column, schema: str) -> str:
    """Test the identity and the numbers of its sequence."""
    if obj.identity is None:
        return "a.attidentity = ''"
    sequence = (
        f"pg_get_serial_sequence({text_literal(qualified(obj.ref.schema or schema, obj.ref.top.name))}, a.attname)"
    )
    numbers = " AND ".join(f"s.{name} = {number}" for name, number in _numbers(obj.identity, column_type(obj)).items())
    return (
        f"a.attidentity = '{'a' if obj.identity.always else 'd'}' AND EXISTS (SELECT FROM pg_sequence s"
        f" WHERE s.seqrelid = to_regclass({sequence}) AND {numbers} AND {truth('s.seqcycle', obj.identity.cycle)})"
    )


def _numbers(identity: Identity, type_name: str) -> dict[str, int | None]:
    """Return what the catalog has of an identity's sequence."""
    own = settled(identity, type_name)
    usual = bounds(type_name, own.increment or 1)
    return {
        "seqstart": own.start, "seqincrement": own.increment, "seqcache": own.cache or 1,
        "seqmin": usual.minimum if own.minimum is None else own.minimum,
        "seqmax": usual.maximum if own.maximum is None else own.maximum,
    }  # fmt: skip


# What pg_attribute has of a column without a setting, and of one with it (manual, "pg_attribute"); the columns that a
# version lacks are read by way of JSON.
_SETTINGS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "storage": (
        "a.attstorage", "(SELECT t.typstorage FROM pg_type t WHERE t.oid = a.atttypid)",
        {"plain": "'p'", "external": "'e'", "main": "'m'", "extended": "'x'"},
    ),
    "compression": ("coalesce(to_jsonb(a) ->> 'attcompression', '')", "''", {"pglz": "'p'", "lz4": "'l'"}),
    "statistics": ("coalesce(a.attstattarget, -1)", "-1", {}),
}  # fmt: skip


def _settings(obj: Column, schema: str) -> str:
    """Test storage, compression and statistics target."""
    given = dict(obj.options)
    found = []
    for name, (where, usual, words) in _SETTINGS.items():
        value = str(given[name]) if name in given else ""
        found.append(f"{where} = {words.get(value, value) or usual}")
    return " AND ".join(found)


def _collation(obj: Column, schema: str) -> str:
    """Test the collation."""
    own = "(SELECT t.typcollation FROM pg_type t WHERE t.oid = a.atttypid)"
    if obj.collation is None:
        return f"a.attcollation = {own}"
    return f"(SELECT co.collname FROM pg_collation co WHERE co.oid = a.attcollation) = {text_literal(obj.collation)}"


def shape(columns: Sequence[Column], table: Ref, schema: str) -> str:
    """Return the condition that a table has these columns and no others, by name, type and NOT NULL."""
    ordered = sorted(columns, key=lambda column: column.ref.name)
    wanted = [f"{c.ref.name} {column_type(c)}{' not null' if c.not_null else ''}" for c in ordered]
    listed = f"ARRAY[{', '.join(map(text_literal, wanted))}]::text[]"
    return (
        "ARRAY(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod)"
        " || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END FROM pg_attribute a"
        f" WHERE a.attrelid = {relation(table, schema)} AND a.attnum > 0 AND NOT a.attisdropped"
        f' ORDER BY a.attname COLLATE "C") = {listed}'
    )


COLUMN = Lookup(
    _column_rows,
    {
        "type": _type, "default": _default, "generated": _generated, "identity": _identity, "collation": _collation,
        "not_null": lambda obj, _: truth("a.attnotnull", obj.not_null),
        "options": _settings,
        "comment": lambda obj, _: same("col_description(a.attrelid, a.attnum)", obj.comment),
    },
)  # fmt: skip
