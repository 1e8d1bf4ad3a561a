"""Addresses: a kind and names from the root down in, `table.orders.column.status` out, and back."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache, partial
from sys import intern
from typing import NamedTuple


class Kind(StrEnum):
    """The kinds of object that are managed; each has one dataclass in objects.py."""

    SCHEMA = "schema"
    EXTENSION = "extension"
    ENUM = "enum"
    DOMAIN = "domain"
    SEQUENCE = "sequence"
    OWNED_BY = "owned_by"
    TABLE = "table"
    COLUMN = "column"
    PRIMARY_KEY = "primary_key"
    UNIQUE = "unique"
    CHECK = "check"
    EXCLUSION = "exclusion"
    FOREIGN_KEY = "foreign_key"
    INDEX = "index"
    TRIGGER = "trigger"
    VIEW = "view"
    FUNCTION = "function"
    PROCEDURE = "procedure"
    EVENT = "event"


# The word that the address of a backfill begins with. It is no `Kind`: no catalog holds one, so nothing is compared.
BACKFILL = "backfill"

# Words that an address reads as kinds, so a name that is one of them is quoted. Kinds that an inspector meets and does
# not model are addressed by these words too.
KIND_WORDS = frozenset(Kind) | {
    "aggregate", "assertion", "backfill", "collation", "constraint", "conversion", "data", "foreign_table",
    "inherited_table", "operator", "operator_class", "operator_family", "partition", "partitioned_table", "policy",
    "row_security", "rule", "statistics", "text_search_configuration", "text_search_dictionary", "text_search_parser",
    "text_search_template", "type", "typed_table", "virtual_table",
}  # fmt: skip

# Kinds of which an object holds at most one, so that it needs no name in an address.
_NAMELESS = frozenset({Kind.PRIMARY_KEY, Kind.OWNED_BY})
_NAMED = KIND_WORDS - _NAMELESS

_PLAIN = re.compile(r"[A-Za-z0-9_$]+")
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|([A-Za-z0-9_$]+)')


class Ref(NamedTuple):
    """The identity of one object: its schema ("" is the default one) and kind, name, kind, name … from the root.

    A named tuple, because every model is looked up by it: hashing and comparing it runs no Python.
    """

    schema: str
    parts: tuple[str, ...]

    @classmethod
    def root(cls, kind: str, name: str, schema: str = "") -> Ref:
        """Return the address of an object that has no parent."""
        return cls(schema, (intern(str(kind)), name))

    @classmethod
    def parse(cls, address: str) -> Ref:
        """Read an address as `str` writes it. Raises ValueError with a sentence when it is none."""
        return _plainly(address) or _parse(address)

    @property
    def kind(self) -> str:
        """The kind word; a `Kind` compares equal to it."""
        return self.parts[-2]

    @property
    def name(self) -> str:
        """The object's own name; empty for what has none in its address: a primary key, an owner."""
        return self.parts[-1]

    @property
    def parent(self) -> Ref | None:
        """The address of what holds this object."""
        return _made((self.schema, self.parts[:-2])) if len(self.parts) > 2 else None

    @property
    def top(self) -> Ref:
        """The root that holds this object, or itself."""
        return _made((self.schema, self.parts[:2])) if len(self.parts) > 2 else self

    @property
    def home(self) -> Ref | None:
        """The address of the schema that this is in; None in the default one."""
        return Ref("", (Kind.SCHEMA, self.schema)) if self.schema else None

    def child(self, kind: str, name: str = "") -> Ref:
        """Return the address of an object inside this one."""
        return _made((self.schema, (*self.parts, intern(str(kind)), name)))

    def inside(self, other: Ref) -> bool:
        """Say whether this is the other object, or something that it holds."""
        return self.schema == other.schema and self.parts[: len(other.parts)] == other.parts

    def moved(self, old: Ref, new: Ref) -> Ref:
        """Return this address after `old`, which is it or holds it, has become `new`."""
        if not self.inside(old):
            return self
        return Ref(new.schema, new.parts + self.parts[len(old.parts) :])

    def __str__(self) -> str:
        parts = self.parts
        if len(parts) == 4 and parts[3] and not self.schema:
            return f"{parts[0]}.{_word(parts[1])}.{parts[2]}.{_word(parts[3])}"
        if len(parts) == 2 and parts[1] and not self.schema:
            return f"{parts[0]}.{_word(parts[1])}"
        words = [self.parts[0]]
        if self.schema:
            words.append(_word(self.schema))
        for kind, name in zip(self.parts[2::2], self.parts[1::2], strict=False):
            words += [_word(name), kind]
        if self.name:
            words.append(_word(self.name))
        return ".".join(words)


@lru_cache(maxsize=65536)
def _word(name: str) -> str:
    if _PLAIN.fullmatch(name) and name not in KIND_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


# What calling the class does, without its detour through a Python function: these are made all the time.
_made = partial(tuple.__new__, Ref)


def _plainly(address: str) -> Ref | None:
    """Read the commonest forms: `kind.name`, `kind.name.kind.name`, `kind.name.primary_key`; None for anything else."""
    words = address.split(".")
    if len(words) == 3 and words[2] in _NAMELESS:
        kind, name, inner = words
        plain = kind in _NAMED and name and name not in KIND_WORDS and name.isidentifier() and name.isascii()
        return _made(("", (intern(kind), intern(name), intern(inner), ""))) if plain else None
    if len(words) not in (2, 4) or not all(words) or not _NAMED.issuperset(words[::2]):
        return None
    names = "".join(words[1::2])
    plain = names.isidentifier() and names.isascii() and KIND_WORDS.isdisjoint(words[1::2])
    return _made(("", tuple(map(intern, words)))) if plain else None


def _parse(address: str) -> Ref:
    tokens = _tokens(address)
    if not tokens or tokens[0][1] or tokens[0][0] not in KIND_WORDS:
        raise ValueError(f"{address!r} is no address; write kind.name, for example table.orders.column.status")
    kind, rest, schema = tokens[0][0], tokens[1:], ""
    if len(rest) > 1 and not _is_kind(rest[1]):
        schema, rest = rest[0][0], rest[1:]
    if not rest:
        raise ValueError(f"{address!r} names a kind and no object")
    parts: list[str] = [kind, rest[0][0]]
    rest = rest[1:]
    while rest:
        if not _is_kind(rest[0]):
            raise ValueError(f"{address!r}: expected a kind such as column, found {rest[0][0]!r}")
        has_name = len(rest) > 1 and rest[0][0] not in _NAMELESS
        parts += [rest[0][0], rest[1][0] if has_name else ""]
        rest = rest[2:] if has_name else rest[1:]
    return Ref(schema, tuple(parts))


def _is_kind(token: tuple[str, bool]) -> bool:
    return not token[1] and token[0] in KIND_WORDS


def _tokens(address: str) -> list[tuple[str, bool]]:
    tokens: list[tuple[str, bool]] = []
    at = 0
    while at < len(address):
        if tokens:
            if address[at] != ".":
                raise ValueError(f"{address!r} is no address: a dot is missing before {address[at:]!r}")
            at += 1
        match = _TOKEN.match(address, at)
        if not match:
            raise ValueError(f"{address!r} is no address: names other than [A-Za-z0-9_$]+ are double-quoted")
        quoted = match.group(1) is not None
        tokens.append((match.group(1).replace('""', '"') if quoted else match.group(2), quoted))
        at = match.end()
    return tokens
