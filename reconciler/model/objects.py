"""The objects, one frozen dataclass per kind; each field says itself whether it is compared and what it refers to."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from reconciler.frozen import frozen
from reconciler.model.ref import Kind, Ref
from reconciler.model.references import MANY, ONE, PARTS, SIBLINGS, TARGET_COLUMNS, refers_to
from reconciler.model.types import BIGINT, Type
from reconciler.model.values import Action, Default, Deferrable, Deprecated, Generated, Identity, IndexPart, Sql

# A dialect's own settings of an object, sorted by name.
Options = tuple[tuple[str, str | int | bool], ...]

# Metadata of a field that holds what the texts of its object mention.
USES = refers_to(MANY)

# Metadata of a field that only an inspected object knows, and that goes on through a change of its object.
LIVE = {"live": True}

# Metadata of a field that a spec may promise and a database has to keep.
_CONTRACT = {"contract": True}


@frozen
class Object:
    """One addressable thing."""

    kind: ClassVar[Kind]
    ref: Ref


@frozen
class Schema(Object):
    """A schema that holds other objects; PostgreSQL only."""

    kind = Kind.SCHEMA
    comment: str | None = None


@frozen
class Extension(Object):
    """An extension; what it brings along belongs to it and is no object of ours.

    `namespace` is the schema that its objects are in. None there, or in `version`, means that the spec is silent.
    """

    kind = Kind.EXTENSION
    namespace: str | None = None
    version: str | None = None
    comment: str | None = None


@frozen
class Enum(Object):
    """An enumerated type with its values in order.

    `renamed_values` and `removed_values` are pairs (old, new): what a value is called now, and which value rows get
    that hold one which is to go.
    """

    kind = Kind.ENUM
    values: tuple[str, ...]
    comment: str | None = None
    renamed_values: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    removed_values: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)


@frozen
class Domain(Object):
    """A type with rules of its own over another one; its checks are objects of their own."""

    kind = Kind.DOMAIN
    type: Type
    not_null: bool = False
    default: Default | None = None
    collation: str | None = None
    comment: str | None = None
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
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


@frozen
class OwnedBy(Object):
    """The column with which a sequence goes, apart from both: a column may draw from the sequence that it owns."""

    kind = Kind.OWNED_BY
    column: Ref = field(metadata=refers_to(ONE))


@frozen
class Table(Object):
    """A table; its columns, keys and indexes are objects of their own.

    `options` are the dialect's own, sorted by name, defaults left out. `protect` None means that the spec is silent.
    `not_understood`, here and elsewhere, is what of the live definition our own words would not say again.
    """

    kind = Kind.TABLE
    comment: str | None = None
    options: Options = ()
    protect: bool | None = field(default=None, compare=False)
    deprecated: Deprecated | None = field(default=None, compare=False)
    not_understood: str = field(default="", compare=False, metadata=LIVE)


@frozen
class Column(Object):
    """A column. `position` orders CREATE TABLE and is never a change; `clauses` is text that we carry and do not
    read. `on_conflict` is what SQLite does with a null that NOT NULL forbids, "" for its default;
    `moved_values` are pairs (old, new): what becomes of the values of an enum that is lowered into the column.
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
    options: Options = ()
    moved_values: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    position: int = field(default=0, compare=False)
    sensitive: bool = field(default=False, compare=False)
    deprecated: Deprecated | None = field(default=None, compare=False)
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class PrimaryKey(Object):
    """A primary key. A difference in `name` alone is no change where the spec gives none. `clauses` as in Column.

    `on_conflict` is what SQLite does with a row whose key is there already, "" for its default.
    `carried` are the statements that give one that is made anew back what it had beyond its definition.
    """

    kind = Kind.PRIMARY_KEY
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    name: str | None = None
    on_conflict: str = ""
    include: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    deferrable: Deferrable = Deferrable.NO
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)


@frozen
class Unique(Object):
    """A unique constraint. `nameless`: the database has no name for it, the one in the address is made up.

    `on_conflict` as in PrimaryKey, `carried` as in PrimaryKey.
    """

    kind = Kind.UNIQUE
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    nulls_not_distinct: bool = False
    include: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    deferrable: Deferrable = Deferrable.NO
    on_conflict: str = ""
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    nameless: bool = field(default=False, compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)


@frozen
class Check(Object):
    """A check constraint. `nameless` as in Unique; `not_valid` means that rows from before it may break it."""

    kind = Kind.CHECK
    expression: Sql
    no_inherit: bool = False
    enforced: bool = True
    not_valid: bool = False
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=LIVE)
    nameless: bool = field(default=False, compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class ForeignKey(Object):
    """A foreign key. Empty `target_columns` mean the target's primary key, and are filled in by `normalize`.

    `on_delete_columns` are those that SET NULL or SET DEFAULT changes, all when it is empty. `nameless` as in Unique,
    `not_valid` as in Check.
    """

    kind = Kind.FOREIGN_KEY
    columns: tuple[str, ...] = field(metadata=refers_to(SIBLINGS))
    target: Ref = field(metadata=refers_to(ONE))
    target_columns: tuple[str, ...] = field(default=(), metadata=refers_to(TARGET_COLUMNS))
    on_delete: Action = Action.NO_ACTION
    on_delete_columns: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    on_update: Action = Action.NO_ACTION
    match_full: bool = False
    deferrable: Deferrable = Deferrable.NO
    enforced: bool = True
    not_valid: bool = False
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=LIVE)
    nameless: bool = field(default=False, compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Index(Object):
    """An index; `definition` is the server's own text where it keeps one, carried and never compared.

    `options` are its storage parameters. `clauses` as in Column, `carried` as in PrimaryKey.
    """

    kind = Kind.INDEX
    parts: tuple[IndexPart, ...] = field(metadata=refers_to(PARTS))
    unique: bool = False
    method: str | None = None
    where: Sql | None = None
    include: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    nulls_not_distinct: bool = False
    options: Options = ()
    comment: str | None = None
    definition: str = field(default="", compare=False)
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Exclusion(Object):
    """An exclusion constraint: no two rows whose parts all compare true by their operators; PostgreSQL only.

    `clauses` as in Column, `carried` as in PrimaryKey.
    """

    kind = Kind.EXCLUSION
    parts: tuple[IndexPart, ...] = field(metadata=refers_to(PARTS))
    method: str | None = None
    where: Sql | None = None
    include: tuple[str, ...] = field(default=(), metadata=refers_to(SIBLINGS))
    deferrable: Deferrable = Deferrable.NO
    comment: str | None = None
    clauses: str = field(default="", compare=False, metadata=LIVE)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
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
    options: Options = ()
    columns: tuple[str, ...] | None = field(default=None, compare=False, metadata=_CONTRACT)
    carried: tuple[str, ...] = field(default=(), compare=False, metadata=LIVE)
    not_understood: str = field(default="", compare=False, metadata=LIVE)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)


@frozen
class Unmodelled(Object):
    """Something that the inspector met and that we do not manage: listed, never dropped or rewritten.

    Its address carries its own kind word (`table.orders.trigger.audit`). `definition` is its text where there is one.
    """

    definition: str = field(default="", compare=False)
    uses: frozenset[Ref] = field(default=frozenset(), compare=False, metadata=USES)
