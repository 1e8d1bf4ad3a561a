"""A column's type in the words of its database in, what sort of value it holds out; lengths do not matter."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.types import Type

# Names that mean the same: a serial is an integer with a sequence behind it.
_SAME: Mapping[str, str] = {
    "serial": "integer", "bigserial": "bigint", "smallserial": "smallint", "int": "integer", "varchar": "text",
    "character varying": "text", "character": "text", "char": "text", "bpchar": "text", "tinytext": "text",
    "mediumtext": "text", "longtext": "text", "citext": "citext", "decimal": "numeric",
}  # fmt: skip
_LOOSE = ("sqlite", "d1")


def base_name(type_: Type) -> str:
    """Return a type's name in lower case, without what stands in parentheses."""
    name = type_.name.lower()
    head, opening, rest = name.partition("(")
    return " ".join(f"{head} {rest.partition(')')[2]}".split()) if opening else name


def sort_of(type_: Type, dialect: str) -> str:
    """Return the sort of a type. SQLite compares by affinity (sqlite.org/datatype3.html, section 3.1)."""
    name = base_name(type_)
    return _affinity(name) if dialect in _LOOSE else _SAME.get(name, name)


_AFFINITIES = (("int", "integer"), ("char", "text"), ("clob", "text"), ("text", "text"), ("blob", "blob"),
               ("real", "real"), ("floa", "real"), ("doub", "real"))  # fmt: skip


def _affinity(name: str) -> str:
    found = next((affinity for part, affinity in _AFFINITIES if part in name), "")
    return found or ("numeric" if name else "blob")
