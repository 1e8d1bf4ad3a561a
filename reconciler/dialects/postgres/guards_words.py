"""Names, texts, truth values and parameters in, conditions over the catalogs out; knows no kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.dialects.postgres.names import qualified
from reconciler.dialects.postgres.parameters import settled
from reconciler.dialects.sql import as_number, text_literal
from reconciler.frozen import frozen_in_order
from reconciler.model.objects import Options
from reconciler.model.ref import Ref

# A condition on one field of an object, "" when there is nothing that can be tested; the schema is the default one.
Test = Callable[[Any, str], str]


@frozen_in_order
class Lookup:
    """Where the catalogs have a kind: `rows` are those of one object, `named` is what else may take its name."""

    rows: Test
    tests: Mapping[str, Test]
    named: Test | None = None


def relation(ref: Ref, schema: str) -> str:
    """Write how the oid of a relation is found, null when there is none."""
    return f"to_regclass({text_literal(qualified(ref.schema or schema, ref.name))})"


def same(expression: str, text: str | None) -> str:
    """Write the condition that a text is this one, or null."""
    return f"{expression} IS NULL" if text is None else f"{expression} = {text_literal(text)}"


def truth(expression: str, value: bool) -> str:
    """Write the condition that a truth value is this one."""
    return expression if value else f"NOT {expression}"


def type_oid(ref: Ref, schema: str) -> str:
    """Write how the oid of a type is found, null when there is none."""
    return f"to_regtype({text_literal(qualified(ref.schema or schema, ref.name))})"


def name_is_free(obj: Any, schema: str) -> str:
    """Write the condition that no relation has the name of an object."""
    return f"{relation(obj.ref, schema)} IS NULL"


def names_array(names: Sequence[str]) -> str:
    """Write names as an array."""
    return f"ARRAY[{', '.join(map(text_literal, names))}]::name[]"


# How a server of any version keeps the truth, and a number.
_TRUTHS = {"true": "('true', 'on', 'yes')", "false": "('false', 'off', 'no')"}
_NUMBER = r"'^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$'"


def parameters_are(rows: str, options: Options) -> str:
    """Write the condition that these are the parameters in rows of `option_name` and `option_value`, and no others."""
    number = len(options)
    if not number:
        return f"NOT EXISTS (SELECT FROM {rows} o)"
    each = " OR ".join(f"o.option_name = {text_literal(name)} AND {_has(value)}" for name, value in options)
    return f"(SELECT count(*) = {number} AND count(*) FILTER (WHERE {each}) = {number} FROM {rows} o)"


def _has(value: str | int | bool) -> str:
    text = settled(value)
    if text in _TRUTHS:
        return f"lower(o.option_value) IN {_TRUTHS[text]}"
    if as_number(text) is None:
        return f"o.option_value = {text_literal(text)}"
    return f"CASE WHEN o.option_value ~ {_NUMBER} THEN o.option_value::numeric = {text} ELSE false END"
