"""A column and the fields that matter in, conditions over the catalogs out that say whether it is like that."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reconciler.dialects.postgres import types
from reconciler.dialects.postgres.literals import literal_words, written
from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.sql import text_literal
from reconciler.model.objects import Column
from reconciler.model.ref import Ref
from reconciler.model.values import Default, Sql


def relation(ref: Ref, schema: str) -> str:
    """Write how the oid of a relation is found, null when there is none."""
    return f"to_regclass({text_literal(qualified(ref.schema or schema, ref.name))})"


def same(expression: str, text: str | None) -> str:
    """Write the condition that a text is this one, or null."""
    return f"{expression} IS NULL" if text is None else f"{expression} = {text_literal(text)}"


def truth(expression: str, value: bool) -> str:
    """Write the condition that a truth value is this one."""
    return expression if value else f"NOT {expression}"


_DEFAULT = (
    "(SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum)"
)

# A number as the server writes it: bare, in parentheses or quotes, with a cast or without.
_NUMBER = "'^[(]*''?(-?[0-9]+(?:[.][0-9]+)?)''?[)]*(?:::[^'']*)?$'"


def column_rows(obj: Column, schema: str) -> str:
    """Write where the catalogs have a column."""
    return (
        f"SELECT FROM pg_attribute a WHERE a.attrelid = {relation(obj.ref.top, schema)}"
        f" AND a.attname = {text_literal(obj.ref.name)} AND NOT a.attisdropped"
    )


def column_type(obj: Column) -> str:
    """Return a column's type as format_type spells it: what serial stands for is told."""
    return types.SERIAL.get(obj.type.name, obj.type.name)


def type_test(obj: Column, schema: str) -> str:
    """Test the type; serial is told by where the default draws from."""
    name = column_type(obj)
    same = f"format_type(a.atttypid, a.atttypmod) = {text_literal(name)}"
    serial = obj.type.name in types.SERIAL
    draws = f"coalesce({_DEFAULT} LIKE 'nextval(%', false)"
    return f"{same} AND {truth(draws, serial)}"


def column_default(obj: Column, schema: str) -> str:
    """Test the default; a constant by its value, SQL by the server's own text."""
    if obj.generated is not None or obj.identity is not None or obj.type.name in types.SERIAL:
        return ""
    return f"{_DEFAULT} IS NULL" if obj.default is None else _default_is(obj.default)


def _default_is(default: Default) -> str:
    if isinstance(default, Sql):
        return same(_DEFAULT, default.text)
    if isinstance(default.value, Decimal | int) and not isinstance(default.value, bool):
        return f"substring({_DEFAULT} FROM {_NUMBER})::numeric = {written(default)}"
    # The server writes other constants bare, or as a string with a cast.
    cast = f"{text_literal(literal_words(default.value))}::"
    return f"({same(_DEFAULT, written(default))} OR starts_with({_DEFAULT}, {text_literal(cast)}))"


def column_generated(obj: Column, schema: str) -> str:
    """Test what computes it."""
    if obj.generated is None:
        return "a.attgenerated = ''"
    letter = "s" if obj.generated.stored else "v"
    return f"a.attgenerated = '{letter}' AND {same(_DEFAULT, obj.generated.expression.text)}"


def column_identity(obj: Column, schema: str) -> str:
    """Test the identity and what its sequence begins and goes on with."""
    if obj.identity is None:
        return "a.attidentity = ''"
    sequence = (
        f"pg_get_serial_sequence({text_literal(qualified(obj.ref.schema or schema, obj.ref.top.name))}, a.attname)"
    )
    return (
        f"a.attidentity = '{'a' if obj.identity.always else 'd'}' AND EXISTS (SELECT FROM pg_sequence s"
        f" WHERE s.seqrelid = to_regclass({sequence}) AND s.seqstart = {obj.identity.start or 1}"
        f" AND s.seqincrement = {obj.identity.increment or 1})"
    )


def column_collation(obj: Column, schema: str) -> str:
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
