"""Column types: the spec's words or anybody's MySQL in, one canonical spelling out, and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from reconciler.dialects.mysql.lexer import Lexeme, LexError, Token, closing, text_literal, tokens
from reconciler.model.types import PORTABLE, Type, parse_type

# portable name → MySQL's; arguments follow in parentheses. Times keep microseconds, which the other dialects do.
_NATIVE: Mapping[str, str] = {
    "bool": "tinyint(1)", "smallint": "smallint", "int": "int", "bigint": "bigint", "float": "float",
    "double": "double", "decimal": "decimal", "text": "longtext", "varchar": "varchar", "char": "char",
    "bytes": "longblob", "date": "date", "time": "time(6)", "timestamp": "datetime(6)", "timestamptz": "timestamp(6)",
    "uuid": "char(36)", "json": "json",
}  # fmt: skip
_PORTABLE: Mapping[str, str] = {native: portable for portable, native in _NATIVE.items() if portable != "uuid"}
assert set(_NATIVE) == set(PORTABLE) - {"array", "enum"}

# portable name → what a default of it has to be (dialects/fitting.py)
SORTS: Mapping[str, str] = {
    "bool": "boolean", "smallint": "smallint", "int": "integer", "bigint": "bigint", "float": "number",
    "double": "number", "decimal": "numeric", "text": "text", "varchar": "text", "char": "text", "uuid": "uuid",
    "json": "json",
}  # fmt: skip

# What people write → the server's word (dev.mysql.com/doc/refman/9.7/en/other-vendor-data-types.html).
_ALIASES: Mapping[str, str] = {
    "integer": "int", "int1": "tinyint", "int2": "smallint", "int3": "mediumint", "int4": "int", "int8": "bigint",
    "middleint": "mediumint", "numeric": "decimal", "dec": "decimal", "fixed": "decimal", "real": "double",
    "double precision": "double", "float8": "double", "float4": "float", "bool": "tinyint(1)",
    "boolean": "tinyint(1)", "character": "char", "character varying": "varchar", "char varying": "varchar",
    "long": "mediumtext", "long varchar": "mediumtext", "long varbinary": "mediumblob",
    "geomcollection": "geometrycollection",
}  # fmt: skip

INTEGERS: Mapping[str, int] = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
FLOATS = frozenset({"float", "double"})
NUMBERS = frozenset(INTEGERS) | FLOATS | {"decimal", "bit", "year"}
# Longest length in bytes of those texts that are given none.
TEXTS: Mapping[str, int] = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
BLOBS: Mapping[str, int] = {"tinyblob": 2**8 - 1, "blob": 2**16 - 1, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}
# Types whose default can only be an expression (…/en/data-type-defaults.html).
WITHOUT_LITERAL_DEFAULT = frozenset(TEXTS) | frozenset(BLOBS) | {"json", "geometry"}
CHARACTERS = frozenset(TEXTS) | {"char", "varchar", "enum", "set"}
_LENGTH_ONE = frozenset({"char", "binary", "bit"})
_WITHOUT_WIDTH = frozenset(INTEGERS) | {"year"}


def native(type_: Type, flavor: str) -> Type:
    """Return a type in the server's words. Raises KeyError for one that there is none for. Idempotent."""
    if type_.native:
        name = canonical(type_.name)
        return type_ if name == type_.name else Type(name, native=True, spelling=type_.spelling)
    if type_.name == "uuid" and flavor == "mariadb":
        return Type("uuid", native=True)
    base = _NATIVE[type_.name]
    return Type(canonical(f"{base}({','.join(type_.args)})" if type_.args else base), native=True)


def portable(type_: Type) -> Type:
    """Return the portable type that is written so, else the server's words as they are."""
    name, _, rest = type_.name.partition("(")
    if type_.name in _PORTABLE:
        return Type(_PORTABLE[type_.name])
    if type_.name == "uuid":
        return Type("uuid")
    if name in ("decimal", "varchar", "char") and rest.endswith(")"):
        return parse_type(type_.name)
    return type_


def enum_of(values: tuple[str, ...]) -> Type:
    """Return the ENUM of these values."""
    return Type(f"enum({','.join(map(text_literal, values))})", native=True)


@lru_cache(maxsize=10_000)
def canonical(text: str) -> str:
    """Return a type as the server spells it; what is not known stays, its words in lower case."""
    try:
        found = tokens(text)
        opens = next((index for index, token in enumerate(found) if token.word == "("), len(found))
        closes = closing(found, opens) if opens < len(found) else opens
    except LexError:
        return text
    words = [token.text.lower() for token in found[:opens]]
    after = [token.text.lower() for token in found[closes + 1 :]]
    attributes = [word for word in (*words, *after) if word in ("unsigned", "signed", "zerofill")]
    name = " ".join(word for word in (*words, *after) if word not in attributes)
    return _spelled(_ALIASES.get(name, name), _arguments(found[opens + 1 : closes]), attributes)


def _arguments(inside: tuple[Token, ...]) -> list[str]:
    return [
        text_literal(token.value) if token.lexeme is Lexeme.STRING else token.text.lower()
        for token in inside
        if token.word != ","
    ]


def _spelled(name: str, arguments: list[str], attributes: list[str]) -> str:
    if "(" in name:  # tinyint(1), from its alias
        return name
    zerofill = "zerofill" in attributes
    # A display width means nothing but to ZEROFILL, and, by convention, that tinyint(1) is a truth value.
    boolean = name == "tinyint" and arguments == ["1"] and not attributes
    if name in _WITHOUT_WIDTH and not zerofill and not boolean:
        arguments = []
    if name in _LENGTH_ONE and not arguments:
        arguments = ["1"]
    if name == "decimal":
        arguments = [*arguments, *["10", "0"][len(arguments) :]]
    if name == "float" and len(arguments) == 1:  # float(p): …/en/floating-point-types.html
        name, arguments = ("float" if int(arguments[0]) <= 24 else "double"), []
    if name in ("datetime", "timestamp", "time") and arguments == ["0"]:
        arguments = []
    inside = f"({','.join(arguments)})" if arguments else ""
    unsigned = " unsigned" if "unsigned" in attributes or zerofill else ""
    return f"{name}{inside}{unsigned}{' zerofill' if zerofill else ''}"


def base(type_name: str) -> str:
    """Return a canonical type's name without arguments and attributes."""
    return type_name.partition("(")[0].partition(" ")[0]


def arguments(type_name: str) -> tuple[int, ...]:
    """Return the numbers in a canonical type's parentheses; empty when there are none or others."""
    inside = type_name.partition("(")[2].rpartition(")")[0]
    parts = inside.split(",") if inside else []
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def members(type_name: str) -> tuple[str, ...]:
    """Return the values of an ENUM or SET."""
    if base(type_name) not in ("enum", "set"):
        return ()
    return tuple(token.value for token in tokens(type_name) if token.lexeme is Lexeme.STRING)


def unsigned(type_name: str) -> bool:
    """Say whether a number cannot be negative."""
    return " unsigned" in type_name.rpartition(")")[2] or type_name.endswith((" unsigned", " zerofill"))


def precision(type_name: str) -> int:
    """Return how many digits of a second a time keeps."""
    found = arguments(type_name)
    return found[0] if found else 0
