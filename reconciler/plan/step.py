"""What a change becomes for one dialect: statements, their edges, and what to ask the rows first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.data_rows import DATA
from reconciler.model.ref import Ref
from reconciler.plan.row_changes import RowChanges


class Transaction(StrEnum):
    """How a statement relates to the transaction around it; `alone` is in none, and may take and wait long."""

    INSIDE = "inside"
    COMMIT_AFTER = "commit after"
    ALONE = "alone"

    def remarked(self, lines: Sequence[str], paint: Callable[[str], str] = str) -> list[str]:
        """Return the lines of a statement with a comment before or behind it, where it is not as all others are."""
        before, behind = _REMARKS[self]
        return [*map(paint, before), *lines, *map(paint, behind)]


_REMARKS: Mapping[Transaction, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Transaction.INSIDE: ((), ()),
    Transaction.COMMIT_AFTER: ((), ("-- committed here",)),
    Transaction.ALONE: (("-- outside of any transaction: readers and writers go on meanwhile",), ()),
}


class Stage(StrEnum):
    """Where a step stands: before the backfills of a plan, one of them, or after those that it waits for."""

    EXPAND = "expand"
    FILL = "backfill"
    TIGHTEN = "tighten"


@frozen
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


@frozen
class Rung:
    """One way in which a server may carry a statement out: its name, the words that ask for it, and whether it is
    heavy: rows are copied, or writes have to wait.
    """

    name: str
    words: str
    heavy: bool = False


@frozen
class Ladder:
    """The ways in which a statement may be carried out, from the one that is foreseen to the last resort.

    The statement is `head`, `clauses` with commas between them, and the words of a rung. `rewrites` says that the rung
    foreseen writes every row of the table anew. A heavy one is taken if it is the one foreseen, of which the plan
    tells; otherwise only if the question `size` counts nothing, or its hazard is allowed. `asks` are for the plan.
    """

    head: str
    clauses: tuple[str, ...]
    rungs: tuple[Rung, ...]
    size: DataCheck
    rewrites: bool = False
    asks: tuple[DataCheck, ...] = ()

    def text(self, rung: Rung) -> str:
        """Return the statement that asks for a rung."""
        return f"{self.head}{' ' if self.clauses else ''}{', '.join(self.clauses)}{rung.words}"

    def statement(self) -> Statement:
        """Return the statement that asks for what is foreseen."""
        return Statement(self.text(self.rungs[0]), ladder=self)


@frozen_in_order
class Statement:
    """One statement, complete, without a semicolon at its end.

    `relations` is how many entries of the server's lock table it may take, where the server has such a limit.
    `ladder` are other forms of it, where the server is told how to carry it out and may refuse. `undo` takes away what
    it leaves behind when it fails, or its step does, "" where that is nothing. `unless` is a question that counts
    something where it is done already, and need not be done again. `proof` counts what may not be there right after it.
    """

    sql: str
    transaction: Transaction = Transaction.INSIDE
    relations: int = 1
    ladder: Ladder | None = None
    undo: str = ""
    unless: str = ""
    proof: DataCheck | None = None

    @property
    def plain(self) -> bool:
        """Whether it is but sent, as it is written."""
        return not (self.ladder or self.unless or self.proof)


@frozen
class Step:
    """Statements that belong together, with the edges that order them.

    A step comes after those that create what it `needs`, and drops a thing only after all that `releases` it. That of a
    backfill has no changes, and a statement that tells what is done in each of its transactions. `rows` says what one
    does that writes rows and changes no object.
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
    stage: Stage = Stage.EXPAND
    checks: tuple[DataCheck, ...] = field(default=(), compare=False)
    rows: RowChanges | None = None

    @property
    def alone(self) -> bool:
        """Whether it cannot be part of one transaction: a statement of it is in none."""
        return any(statement.transaction is Transaction.ALONE for statement in self.statements)

    @property
    def only_rows(self) -> bool:
        """Whether it writes rows and changes no object."""
        return self.subject.kind == DATA


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
