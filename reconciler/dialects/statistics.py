"""What a database counts of its own use, as functions of a dialect, and what it answers, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.dialects.base import Session, Target
from reconciler.frozen import frozen
from reconciler.model.ref import Ref


class NotKept(Exception):
    """A database does not keep such figures, or not for us; the message says which and why."""


@frozen
class Statement:
    """A statement as the database sums it up, without its values: how often it ran, and its seconds."""

    key: str
    text: str
    calls: int
    mean: float
    total: float


@frozen
class Statistics:
    """What a dialect tells of how a database is used; each raises NotKept, or DatabaseError, where it cannot.

    * `sizes(session, target)`: the bytes that each table takes, its indexes among them.
    * `unused(session, target)`: the indexes that no query has read since the database began to count; those that keep
      rows apart are used by writing.
    * `slow(session, target, most)`: the statements that take longest on the average, the slowest first.
    """

    sizes: Callable[[Session, Target], Mapping[Ref, int]]
    unused: Callable[[Session, Target], Sequence[Ref]]
    slow: Callable[[Session, Target, int], Sequence[Statement]]
