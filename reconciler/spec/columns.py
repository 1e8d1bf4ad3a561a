"""The columns of a table document in, Column objects out, with the keys that a column declares beside itself.

It knows no dialect: types stay as written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from reconciler.model.objects import Column, Options
from reconciler.model.ref import BACKFILL, Kind, Ref
from reconciler.model.types import DEEPEST, PORTABLE, Type, parse_type
from reconciler.model.values import Default, Generated, Identity
from reconciler.spec.context import Context
from reconciler.spec.deprecating import deprecated, with_dates
from reconciler.spec.forms import Form
from reconciler.spec.names import join_name, split_name
from reconciler.spec.nodes import Node
from reconciler.spec.overrides import Fields, applied, chosen
from reconciler.spec.validate import suggestion

_WITH_INNER = re.compile(r"\s*(enum|array)\s*\((.*)\)\s*", re.DOTALL | re.IGNORECASE)

# Names that people bring along → ours.
_MEANT: Mapping[str, str] = {
    "integer": "int", "int4": "int", "int8": "bigint", "int2": "smallint", "tinyint": "smallint", "serial": "int",
    "bigserial": "bigint", "boolean": "bool", "string": "text", "longtext": "text", "clob": "text",
    "numeric": "decimal", "real": "float", "float4": "float", "float8": "double", "blob": "bytes", "bytea": "bytes",
    "binary": "bytes",
    "datetime": "timestamp", "jsonb": "json", "guid": "uuid", "nvarchar": "varchar",
}  # fmt: skip

# Pairs of keys that cannot both hold for one column.
_EXCLUSIVE = (("type", "native"), ("identity", "default"), ("identity", "generated"), ("generated", "default"))
# What a column has beyond its meaning, in the order of their names.
_SETTINGS = ("compression", "invisible", "on_update_now", "statistics", "storage")
_ONLY_WITH_REFERENCES = ("on_delete", "on_update")
# What most columns have and no more: none of it stands in the way of another one.
_OFTEN = frozenset({"type", "not_null", "default", "comment", "references", "unique", "primary_key"})


@dataclass(slots=True)
class Columns:
    """The columns of one table for one dialect: fields by name, and which of them make the primary key."""

    fields: dict[str, tuple[Node, Fields]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


def columns_of(context: Context, fields: Fields) -> Columns:
    """Return the columns that a table has for the dialect, and those that say `primary_key: true`."""
    found = Columns()
    for name, node in fields["columns"].value.items() if "columns" in fields else ():
        own = applied(node.value, context.chain)
        if own is not None:
            found.fields[name] = (node, own)
            if context.flag(own, "primary_key"):
                found.keys.append(name)
    return found


def add_columns(context: Context, table: Ref, columns: Columns, keys: frozenset[str]) -> None:
    """Take each column in. `keys` are those of the primary key, which are never null."""
    context.columns[table] = list(columns.fields)
    identities: list[str] = []
    for position, (name, (node, fields)) in enumerate(columns.fields.items()):
        if fields.get("identity") is not None and fields["identity"].value is not False:
            identities.append(name)
            if len(identities) == 2:
                message = f"{table.name!r} has two identity columns, {identities[0]!r} and {name!r}"
                context.problem("SPEC037", message, fields["identity"])
        _add_column(context, table.child(Kind.COLUMN, name), node, fields, position, name in keys)


def _add_column(context: Context, ref: Ref, node: Node, fields: Fields, position: int, key: bool) -> None:
    if not _OFTEN.issuperset(fields):
        _exclusions(context, fields)
    identity = _identity(fields.get("identity"))
    dates = deprecated(context, fields)
    column = Column(
        ref=ref,
        type=type_of(context, ref, node, fields),
        not_null=_not_null(context, fields, key, identity) and (dates is None or key or not _to_be_given(fields)),
        default=default_of(context, ref, fields.get("default")),
        generated=_generated(context, ref, fields.get("generated")),
        identity=identity,
        collation=collation_of(context, ref, fields.get("collation")),
        on_conflict=fields["on_conflict"].value if "on_conflict" in fields else "",
        comment=with_dates(context.text(fields.get("comment")), dates),
        options=() if _OFTEN.issuperset(fields) else settings(fields, _SETTINGS),
        position=position,
        sensitive=context.flag(fields, "sensitive"),
        deprecated=dates,
    )
    context.add(column, node, fields)
    filled = fields.get("backfill")
    if filled is not None:
        context.waits.append((ref, Ref.root(BACKFILL, filled.value)))
    old = fields.get("renamed_from")
    if old is not None and ref.parent is not None:
        context.rename(ref, ref.parent.child(Kind.COLUMN, old.value))


def _to_be_given(fields: Fields) -> bool:
    """Say whether whoever writes a row has to give this column a value: a program that does not know it cannot."""
    return not any(name in fields for name in ("default", "identity", "generated"))


def settings(fields: Fields, names: Sequence[str]) -> Options:
    """Return those of these keys that say something, in the order of the names; false is as good as left out."""
    return tuple((name, fields[name].value) for name in names if name in fields and fields[name].value is not False)


def settings_of(context: Context, node: Node | None) -> tuple[tuple[str, str | int | bool], ...]:
    """Return the `options:` of this dialect, sorted; one that is false is as good as left out.

    One inside a mapping has its key before its own: `storage.fillfactor`; there, false is a value.
    """
    if node is None:
        return ()
    merged: dict[str, str | int | bool] = {}
    for word in reversed(context.chain):
        for key, child in node.value[word].value.items() if word in node.value else ():
            if type(child.value) is dict:
                merged.update({f"{key}.{name}": value for name, value in parameters(child)})
            else:
                merged[key] = str(child.value) if isinstance(child.value, Decimal) else child.value
    return tuple(sorted((key, value) for key, value in merged.items() if "." in key or value is not False))


def parameters(node: Node) -> Options:
    """Return storage parameters, sorted; a fraction as text."""
    given = ((name, child.value) for name, child in node.value.items())
    return tuple(sorted((name, str(value) if isinstance(value, Decimal) else value) for name, value in given))


def _exclusions(context: Context, fields: Fields) -> None:
    for first, second in _EXCLUSIVE:
        if first in fields and second in fields and not _absent(fields[first]) and not _absent(fields[second]):
            message = f"a column has {first!r} or {second!r}, not both"
            context.problem("SPEC016", message, fields[second].key or fields[second].at)
    if "references" not in fields:
        for word in _ONLY_WITH_REFERENCES:
            if word in fields:
                where = fields[word].key or fields[word].at
                context.problem("SPEC014", f"{word!r} without 'references'", where, hint="add references: table.column")


def _absent(node: Node) -> bool:
    return node.value is None or node.value is False


def _not_null(context: Context, fields: Fields, key: bool, identity: Identity | None) -> bool:
    node = fields.get("not_null")
    if node is None or node.value is True:
        return node is not None or key or identity is not None
    # SQLite alone lets a primary key be null, and an imported schema has to be able to say so.
    if (key and context.family != "sqlite") or identity is not None:
        what = "a primary-key" if key else "an identity"
        context.problem("SPEC016", f"{what} column is never null on {context.dialect}", node, hint="leave not_null out")
    return False


def type_of(context: Context, ref: Ref, node: Node, fields: Fields) -> Type:
    """Return the type that a column or domain says it has."""
    native, portable = fields.get("native"), fields.get("type")
    if native is not None:
        return Type(context.own_words(native, Form.NATIVE, ref), native=True)
    if portable is None:
        message = f"{ref.kind} {ref.name!r} has no type"
        context.problem("SPEC014", message, node.key or node.at, hint='add type: …, or native: "…"')
        return Type("text")
    try:
        read = read_type(portable.value, context.default_schema)
    except ValueError as error:
        context.problem("SPEC020", str(error), portable, hint=_type_hint(portable.value))
        return Type("text")
    enum = _enum_name(read)
    if enum:
        context.enums.append((Ref.root(Kind.ENUM, enum[1], enum[0]), context.source, lambda: portable))
    return read


@lru_cache(maxsize=4096)
def read_type(text: str, default_schema: str) -> Type:
    """Read a portable type; the default schema is left out of an enum's name. Raises ValueError with a sentence."""
    match = _WITH_INNER.fullmatch(text)
    if match is None or text.count("(") > DEEPEST:
        return parse_type(text)
    word, inner = match.group(1).lower(), match.group(2).strip()
    if word == "array":
        return Type("array", (str(read_type(inner, default_schema)),))
    if not inner or ("," in inner and '"' not in inner):
        raise ValueError(f"{text!r}: enum(…) takes the name of an enum document, which lists the values")
    schema, name = split_name(inner)
    return Type("enum", (join_name("" if schema == default_schema else schema, name),))


def _enum_name(read: Type) -> tuple[str, str] | None:
    while read.name == "array" and not read.native:
        read = read_type(read.args[0], "")
    return split_name(read.args[0]) if read.name == "enum" and not read.native else None


def _type_hint(text: str) -> str:
    word = text.partition("(")[0].strip().lower()
    meant = _MEANT.get(word)
    found = f"did you mean {meant!r}?" if meant else suggestion(word, PORTABLE) if word not in PORTABLE else ""
    own_words = f'a type in the database\'s own words is written native: "{text}"'
    return f"{found} {own_words}".strip() if word not in PORTABLE else ""


def default_of(context: Context, ref: Ref, node: Node | None) -> Default | None:
    """Return the default that a column or domain says it has."""
    if node is None:
        return None
    if type(node.value) is dict:
        return context.sql_text(node.value["sql"], "the default of", ref)
    return context.literal(node)


def _generated(context: Context, ref: Ref, node: Node | None) -> Generated | None:
    if node is None:
        return None
    expression = context.sql_text(node.value["sql"], "the expression of", ref)
    return Generated(expression, "stored" not in node.value or context.flag(node.value, "stored"))


# Keys of an identity that are called otherwise in the model.
_IDENTITY: Mapping[str, str] = {"min": "minimum", "max": "maximum"}


def _identity(node: Node | None) -> Identity | None:
    if node is None or node.value is False:
        return None
    if node.value is True:
        return Identity()
    return Identity(**{_IDENTITY.get(key, key): child.value for key, child in node.value.items()})


def collation_of(context: Context, ref: Ref, node: Node | None) -> str | None:
    """Return the collation that a column or domain says it has."""
    if node is None:
        return None
    if type(node.value) is not dict:
        return context.own_words(node, Form.COLLATION, ref)
    entry = chosen(node, context.chain)
    return context.own_words(entry[1], Form.COLLATION, ref) if entry else None
