"""What a change becomes for one dialect: statements, their edges, and what to ask the rows first."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.ref import Ref


class Transaction(StrEnum):
    """How a statement relates to the transaction around it."""

    INSIDE = "inside"
    COMMIT_AFTER = "commit after"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, complete, without a semicolon at its end.

    `relations` is how many entries of the server's lock table it may take, where the server has such a limit.
    """

    sql: str
    transaction: Transaction = Transaction.INSIDE
    relations: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """A question to the live rows before anything runs.

    `count` gives one number, `sample` the first keys of the rows counted ("" when there is nothing to show). `code`
    says what the number means; `message` is the sentence for a person, with `{count}` in it.
    """

    code: str
    ref: Ref
    count: str
    message: str
    sample: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Statements that belong together, with the edges that order them.

    A step comes after those that create what it `needs`, and drops a thing only after all that `releases` it.
    """

    subject: Ref
    action: str
    statements: tuple[Statement, ...]
    changes: tuple[Change, ...]
    creates: frozenset[Ref] = frozenset()
    needs: frozenset[Ref] = frozenset()
    drops: frozenset[Ref] = frozenset()
    releases: frozenset[Ref] = frozenset()
    weight: int = 0
    checks: tuple[DataCheck, ...] = field(default=(), compare=False)


def action_of(change: Change) -> str:
    """Return the word for a change in plans and reports: create, delete, update or rename."""
    match change:
        case Create():
            return "create"
        case Drop():
            return "delete"
        case Alter():
            return "update"
        case _:
            return "rename"
