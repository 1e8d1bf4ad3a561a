"""What keeps a database in shape, as data: one statement and the reason for it; when that runs is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reconciler.dialects.base import Session
from reconciler.frozen import frozen
from reconciler.model.ref import Ref


@frozen
class Chore:
    """One thing to do: the object that it is for, None for the whole database; its SQL; why, in a few words.

    `failure` reads in the rows that it answers with why it failed, "" where it did not; None where there are no rows.
    """

    ref: Ref | None
    sql: str
    why: str
    failure: Callable[[Sequence[tuple[Any, ...]]], str] | None = None


# What is to be done for tables, as the database's own figures say; nothing is written.
Chores = Callable[[Session, Sequence[Ref]], Sequence[Chore]]


def share(part: int, whole: int) -> str:
    """Return how much of something it is: 312 of 900 (35 %)."""
    return f"{part:,} of {whole:,} ({round(100 * part / whole) if whole else 0} %)"
