"""The objects, one frozen dataclass per kind; each field says itself whether it is compared and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, TypeVar

from reconciler.model.ref import Kind, Ref
from reconciler.model.references import MANY, ONE, PARTS, SIBLINGS, TARGET_COLUMNS, Reference, refers_to
from reconciler.model.types import BIGINT, Type
from reconciler.model.values import Action, Default, Deferrable, Generated, Identity, IndexPart, Sql

V = TypeVar("V")

_USES = refers_to(MANY)

# Metadata of a field that only an inspected object knows, and that goes on through a change of its object.
_LIVE = {"live": True}

# Metadata of a field that a spec may promise and a database has to keep.
_CONTRACT = {"contract": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One addressable thing."""

    kind: ClassVar[Kind]
    ref: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema(Object):
    """A schema that holds other objects; PostgreSQL only."""

    kind = Kind.SCHEMA
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension(Object):
    """An extension; what it brings along belongs to it and is no object of ours.

    `namespace` is the schema that its objects are in. None there, or in `version`, means that the spec is silent.
    """

    kind = Kind.EXTENSION
    namespace: str | None = None
    version: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum(Object):
    """An enumerated type with its values in order."""

    kind = Kind.ENUM
    values: tuple[str, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain(Object):
    """A type with rules of its own over another one; its checks are objects of their own."""

    kind = Kind.DOMAIN
    type: Type
    not_null: bool = False
    default: Default | None = None
    collation: str | None = None
    comment: str | None = None
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSequence(Object):
    """A sequence of numbers. In normal form None means what follows from type and direction.

    Its present value is data: no change of ours sets it.
    """

    kind = Kind.SEQUENCE
    type: Type = BIGINT
    start: int | None = None
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedBy(Object):
    """The column with which a sequence goes, apart from both: a column may draw from the sequence that it owns."""

    kind = Kind.OWNED_BY
    column: Ref = field(metadata=refers_to(ONE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Object):
    """A table; its columns, keys and indexes are objects of their own.

    `options` are the dialect's own, sorted by name, defaults left out. `protect` None means that the spec is silent.
    `not_understood` says what in the live definition we could not read; such a table is never rebuilt.
    """

    kind = Kind.TABLE
    comment: str | None = None
    options: tuple[tuple[str, str | int | bool], ...] = ()
    protect: bool | None = field(default=None, compare=False)
    not_understood: str = field(default="", compare=False, metadata=_LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Object):
    """A column. `position` orders CREATE TABLE and is never a change; `clauses` is text that we carry and do not
    read. `on_conflict` is what SQLite does with a null that NOT NULL forbids, "" for its default.
    """

    kind = Kind.COLUMN
    type: Type
    not_null: bool = False
    default: Default | None = None
    generated: Generated | None = None
    identity: Identity | None = None
    collation: str | None = None
    on_conflict: str = ""
    comment: str | None = None
    position: int = field(default=0, compare=False)
    sensitive: bool = field(default=False, compare=False)
    clauses: str = field(default="", compare=False, metadata=_LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey(Object):
    """A primary key. A difference in `name` alone is no change where the spec gives none. `clauses` as in Column.

    `on_conflict` is what SQLite does with a row whose key is there already, "" for its default.
    """

    kind = Kind.PRIMARY_KEY
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    name: str | None = None
    on_conflict: str = ""
    clauses: str = field(default="", compare=False, metadata=_LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(Object):
    """A unique constraint. `nameless`: the database has no name for it, the one in the address is made up.

    `on_conflict` as in PrimaryKey.
    """

    kind = Kind.UNIQUE
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    nulls_not_distinct: bool = False
    deferrable: Deferrable = Deferrable.NO
    on_conflict: str = ""
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=_LIVE)
    nameless: bool = field(default=False, compare=False, metadata=_LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Object):
    """A check constraint. `nameless` as in Unique."""

    kind = Kind.CHECK
    expression: Sql
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=_LIVE)
    nameless: bool = field(default=False, compare=False, metadata=_LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey(Object):
    """A foreign key. Empty `target_columns` mean the target's primary key, and are filled in by `normalize`.

    `nameless` as in Unique.
    """

    kind = Kind.FOREIGN_KEY
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    target: Ref = field(metadata=refers_to(ONE))
    target_columns: tuple[str, ...] = field(default=(), metadata=refers_to(TARGET_COLUMNS))
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION
    deferrable: Deferrable = Deferrable.NO
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=_LIVE)
    nameless: bool = field(default=False, compare=False, metadata=_LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(Object):
    """An index; `definition` is the server's own text where it keeps one, carried and never compared."""

    kind = Kind.INDEX
    parts: tuple[IndexPart, ...] = field(metadata=refers_to(PARTS))
    unique: bool = False
    method: str | None = None
    where: Sql | None = None
    include: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    comment: str | None = None
    definition: str = field(default="", compare=False)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Object):
    """A view; one that is materialized stores its rows and may hold indexes.

    `options` are the database's own, sorted by name, defaults left out.
    `columns` is a contract on the desired side and the real column names on the actual side. `carried` are the
    statements that give a rebuilt view back what it had beyond that: owner, grants, triggers, comments of columns.
    """

    kind = Kind.VIEW
    query: Sql
    materialized: bool = False
    comment: str | None = None
    options: tuple[tuple[str, str | int | bool], ...] = ()
    columns: tuple[str, ...] | None = field(default=None, compare=False, metadata=_CONTRACT)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=_LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmodelled(Object):
    """Something that the inspector met and that we do not manage: listed, never dropped or rewritten.

    Its address carries its own kind word (`table.orders.trigger.audit`). `definition` is its text where there is one.
    """

    definition: str = field(default="", compare=False)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=_USES)


KINDS: Mapping[Kind, type[Object]] = {
    cls.kind: cls
    for cls in (
        Schema, Extension, Enum, Domain, NumberSequence, OwnedBy, Table, Column, PrimaryKey, Unique, Check, ForeignKey,
        Index, View,
    )
}  # fmt: skip


_CLASSES = (*KINDS.values(), Unmodelled)
_COMPARED = {cls: tuple(f.name for f in fields(cls) if f.compare and f.name != "ref") for cls in _CLASSES}
_REFERRING: Mapping[type[Object], tuple[tuple[str, Reference], ...]] = {
    cls: tuple((f.name, f.metadata["refers_to"]) for f in fields(cls) if "refers_to" in f.metadata) for cls in _CLASSES
}
_LIVE_ONLY = {cls: tuple(f.name for f in fields(cls) if f.metadata.get("live")) for cls in _CLASSES}


_CONTRACTS = {cls: tuple(f.name for f in fields(cls) if f.metadata.get("contract")) for cls in _CLASSES}


def contracts(cls: type[Object]) -> tuple[str, ...]:
    """Return the fields that a spec may promise and a database has to keep."""
    return _CONTRACTS[cls]


def live_only(cls: type[Object]) -> tuple[str, ...]:
    """Return the fields that only an inspected object knows, and that go on through a change of the object."""
    return _LIVE_ONLY[cls]


def compared(cls: type[Object]) -> tuple[str, ...]:
    """Return the names of the fields that make two objects of this class differ."""
    return _COMPARED[cls]


def referring(cls: type[Object]) -> tuple[tuple[str, Reference], ...]:
    """Return the fields that name other objects, each with how."""
    return _REFERRING[cls]


def changed(obj: V, **values: Any) -> V:
    """Return an object, or a value of one, with these fields; itself when they are equal to its own, as most are.

    Not for fields that hold SQL or constants: texts that differ may be equal there, and so are 1 and true.
    """
    for name, value in values.items():
        if getattr(obj, name) != value:
            return replace(obj, **values)  # type: ignore[type-var]
    return obj


def references(obj: Object, ignoring: frozenset[str] = frozenset()) -> frozenset[Ref]:
    """Return every address that an object names, itself and its own children left out; fields in `ignoring` are not
    read.
    """
    found: set[Ref] = set()
    for name, reference in referring(type(obj)):
        if name not in ignoring:
            found.update(reference.read(obj, getattr(obj, name)))
    return frozenset(ref for ref in found if ref.parts[: len(obj.ref.parts)] != obj.ref.parts)
