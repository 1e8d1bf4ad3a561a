"""The values that fields of objects hold: SQL text, literals, index parts, bodies, arguments, identities."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.types import Type


@frozen_in_order
class Sql:
    """A fragment of SQL.

    `text` is what its author wrote and what is emitted; `dialect` is the one it is written in. Two fragments are equal
    when their `canonical` spellings are: the dialect's normal form, or the server's own words once they are known.
    """

    text: str = field(compare=False)
    dialect: str = field(default="", compare=False)
    canonical: str = ""

    def __post_init__(self) -> None:
        if not self.canonical:
            object.__setattr__(self, "canonical", self.text)


@frozen
class Deprecated:
    """That nothing new is to use an object: since which day, and the first day on which it may go (ISO 8601)."""

    since: str
    remove_after: str


@frozen_in_order
class Literal:
    """A constant. After normalizing, numbers are `Decimal`: 1.50 equals 1.5, and each is written as it came."""

    value: str | bool | int | Decimal


Default = Sql | Literal


@frozen_in_order
class Statements:
    """A body that every dialect can have: statements without a frame, which the dialect puts around them."""

    statements: tuple[Sql, ...]


# What a trigger, routine or event does: portable statements, or the dialect's own text. A normal form has the text.
Body = Sql | Statements


@frozen_in_order
class Argument:
    """An argument of a routine, in its place; `name` is "" where it has none.

    `mode` is in, out, inout, variadic, or table: a column of what RETURNS TABLE gives.
    """

    name: str
    type: Type
    mode: str = "in"
    default: Default | None = None


class Action(StrEnum):
    """What a foreign key does when the row that it points to changes (SQL standard, <referential action>)."""

    NO_ACTION = "no action"
    RESTRICT = "restrict"
    CASCADE = "cascade"
    SET_NULL = "set null"
    SET_DEFAULT = "set default"


class Deferrable(StrEnum):
    """When a constraint is checked (SQL standard, <constraint characteristics>)."""

    NO = "no"
    IMMEDIATE = "immediate"
    DEFERRED = "deferred"


@frozen_in_order
class Generated:
    """A generated column's expression; `stored` false means computed when it is read."""

    expression: Sql
    stored: bool = True


@frozen_in_order
class Identity:
    """An identity column; `None` means the dialect's default (PostgreSQL: 1 for start, increment and cache)."""

    always: bool = False
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cache: int | None = None
    cycle: bool = False


@frozen_in_order
class IndexPart:
    """One part of an index key: a column, or an expression, with its order. `nulls_first` None is the dialect's
    default; `length` is how many characters of a value count, or bytes of a binary one; `operator` is the one by
    which an exclusion constraint compares it. `implied_opclass` is the operator class that a database took where none
    was given.
    """

    column: str | None = None
    expression: Sql | None = None
    length: int | None = None
    descending: bool = False
    nulls_first: bool | None = None
    opclass: str | None = None
    collation: str | None = None
    operator: str | None = None
    implied_opclass: str = field(default="", compare=False)
