"""A refused commit and the steps inside in, the same refusal out, with the step's name where it can be but one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.dialects.base import DatabaseError
from reconciler.plan.step import Step


def blamed(error: DatabaseError, steps: Sequence[Step], before: int, quote: Callable[[str], str]) -> DatabaseError:
    """Name the step that a refusal is about: the only one, or the only one that names the table in the message.

    Args:
        error: what the database said about the transaction as a whole, `… constraint failed: TABLE.COLUMN`.
        steps: those of the transaction.
        before: how many steps the plan has before these.
        quote: how the dialect writes a name.
    """
    table = error.message.rpartition(": ")[2].partition(".")[0]
    name = quote(table) if table else ""
    naming = [step for step in steps if name and any(name in statement.sql for statement in step.statements)]
    found = naming or list(steps)
    if len(found) != 1 or error.retryable:
        return error
    number = before + next(at for at, step in enumerate(steps) if step is found[0]) + 1
    return DatabaseError(
        f"step {number} ({found[0].action} {found[0].subject}): {error.message}",
        code=error.code, detail=error.detail, retryable=error.retryable, address=str(found[0].subject),
    )  # fmt: skip
