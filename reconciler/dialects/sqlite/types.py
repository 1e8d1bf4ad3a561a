"""SQLite's column types: portable names and declared words in, one canonical spelling out, and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from reconciler.model.types import PORTABLE, Type, parse_type

_PORTABLE: Mapping[str, str] = {
    "bool": "BOOLEAN",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "decimal": "DECIMAL",
    "text": "TEXT",
    "varchar": "VARCHAR",
    "char": "CHAR",
    "bytes": "BLOB",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "uuid": "UUID",
    "json": "JSON",
    "enum": "TEXT",
}
_BACK: Mapping[str, str] = {native: portable for portable, native in _PORTABLE.items() if portable != "enum"}

# Portable name → what a constant of it is tested as (dialects/fitting.py).
SORTS: Mapping[str, str] = {
    "smallint": "smallint", "int": "integer", "bigint": "bigint", "decimal": "numeric", "float": "number",
    "double": "number", "bool": "boolean", "varchar": "text", "char": "text", "uuid": "uuid", "json": "json",
}  # fmt: skip

# A STRICT table refuses every other name (sqlite.org/stricttables.html); decimals and times keep their digits as text.
_STRICT: Mapping[str, str] = {
    "bool": "INTEGER", "smallint": "INTEGER", "int": "INTEGER", "bigint": "INTEGER", "float": "REAL", "double": "REAL",
    "bytes": "BLOB",
}  # fmt: skip

_SYNONYMS: Mapping[str, str] = {"INT": "INTEGER", "BOOL": "BOOLEAN"}


def native(type_: Type) -> Type:
    """Return a portable type in SQLite's words. Raises KeyError for one that SQLite cannot have."""
    return _native(type_.name, type_.args, type_.native, type_.spelling)


@lru_cache(maxsize=10_000)
def _native(name: str, args: tuple[str, ...], native: bool, spelling: str) -> Type:
    """By the parts of a type and not as `Type`: two that are spelled in different ways are equal."""
    if native:
        return Type(canonical(name), native=True, spelling=spelling or name)
    return Type(str(Type(_PORTABLE[name], () if name == "enum" else args)), native=True)


def strict(type_: Type) -> Type:
    """Return a portable type as a STRICT table can hold it."""
    return native(type_) if type_.native else Type(_STRICT.get(type_.name, "TEXT"), native=True)


def portable(type_: Type) -> Type:
    """Return the portable type that is written so, letter case apart, else the declared words as they are."""
    name, _, rest = type_.name.partition("(")
    if name in _BACK and (type_.spelling or type_.name).upper() == type_.name:
        try:
            return parse_type(f"{_BACK[name]}({rest}" if rest else _BACK[name])
        except ValueError:
            pass
    return Type(str(type_), native=True)


@lru_cache(maxsize=10_000)
def canonical(words: str) -> str:
    """Return declared words in upper case, single spaces, synonyms resolved."""
    squeezed = " ".join(words.upper().split())
    for sign in "(),":
        squeezed = squeezed.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    name, paren, rest = squeezed.partition("(")
    return _SYNONYMS.get(name, name) + paren + rest


def affinity(words: str) -> str:
    """Return the affinity of a declared type, by the rules of section 3.1 of sqlite.org/datatype3.html."""
    upper = words.upper()
    if "INT" in upper:
        return "INTEGER"
    if any(word in upper for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not upper or "BLOB" in upper:
        return "BLOB"
    return "REAL" if any(word in upper for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


assert set(_PORTABLE) == set(PORTABLE) - {"array"}
