"""What the commands that go back were asked in, a report out: to an earlier run, or to nothing and up again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reconciler.cli import commands
from reconciler.cli.commands import Order, request
from reconciler.cli.report import Report
from reconciler.errors import ApprovalNeeded, Declined

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

_LEFT = " The specs still declare what was taken back: change them too, or the next apply brings it back.\n"


def rollback(order: Order, to: str | None, desk: Desk) -> Report:
    """Make the database what it was as an earlier run left it."""
    from reconciler.workflow.undoing import rollback as run

    order = replace(order, words=("rollback", *(("--to", to) if to else ())))
    done = commands.apply(order, desk, partial(run, to=to))
    return replace(done, text=lambda look: done.text(look) + _LEFT) if done.exit_code == 0 else done


def plan_back(order: Order, to: str | None, desk: Desk) -> Report:
    """Show what `rollback` would do."""
    from reconciler.workflow.undoing import plan_back as planned

    order = replace(order, words=("rollback", *(("--to", to) if to else ())))
    review = planned(request(order.where), to, commands.allowances(order.allow), order.rehearse)
    desk.events.about(review)
    return commands.plan_report(review, order)


def reset(order: Order, desk: Desk) -> Report:
    """Throw everything in a database away, and build it anew."""
    from reconciler.workflow.resetting import reset as run

    return commands.apply(order, desk, partial(run, asked=_asking(order, desk)))


def _asking(order: Order, desk: Desk) -> Callable[[str, int], None]:
    """Return what asks a person whether everything may go."""

    def asked(environment: str, held: int) -> None:
        if order.auto_approve or not held:
            return
        words = f"{environment} holds {held} objects; all of it goes with its rows, and what the specs declare is built"
        if not desk.asks:
            raise ApprovalNeeded(f"{words}: that needs a yes, and there is nobody to ask; nothing was changed",
                                 hint="say --auto-approve")  # fmt: skip
        desk.say(f' {words}.\n Type "{environment}" to go on: ')
        if sys.stdin.readline().strip() != environment:
            raise Declined("the answer was no: nothing was changed")

    return asked
