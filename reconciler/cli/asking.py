"""A plan in, a person's yes out, or an error: the plan is shown on stderr, and the answer read from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.commands import Order
from reconciler.errors import ApprovalNeeded, Declined

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.cli.progress import Journal
    from reconciler.report.facts import Review


def confirming(order: Order, desk: Desk) -> Callable[[Review], None]:
    """Return what shows a plan and asks about it, as the command line wants it."""

    def confirm(review: Review) -> None:
        from reconciler.report.text import plan_text

        if order.dry_run:
            return
        desk.note(plan_text(review, replace(desk.look, apply="")) + "\n")
        if not order.auto_approve:
            _ask(review, order, desk)

    return confirm


def noting(desk: Desk, journal: Journal) -> Callable[[Review], None]:
    """Return what notes of a plan how long it is, and tells those who read events."""

    def seen(review: Review) -> None:
        from reconciler.report.events import plan_events

        journal.total = len(review.planned.plan.steps)
        desk.events.about(review)
        if desk.events.wanted:
            desk.events.tell(plan_events(review))

    return seen


def _ask(review: Review, order: Order, desk: Desk) -> None:
    if not desk.asks:
        raise _needed(review, order)
    word = wanted_word(review)
    desk.say(f' Apply this to {review.environment}? Type "{word}" to go on: ')
    if sys.stdin.readline().strip() != word:
        raise Declined("the answer was no: nothing was changed")


def wanted_word(review: Review) -> str:
    """Return what has to be typed: more than a habit where something is lost."""
    from reconciler.report.entries import destroys, entries

    return review.environment if any(map(destroys, entries(review).all)) else "yes"


def _needed(review: Review, order: Order) -> ApprovalNeeded:
    from reconciler.cli.commands import apply_command

    command = apply_command(order, review.environment)
    error = ApprovalNeeded(
        f"plan {review.planned.plan.id} needs a yes, and there is nobody to ask: nothing was changed",
        hint=f"look at the plan, then: {command} --auto-approve --expect-id {review.planned.plan.id}",
    )
    error.review = review  # type: ignore[attr-defined]
    return error
