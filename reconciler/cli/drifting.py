"""Which way a difference is to be settled in, a report out: the specs follow, the database follows, or it is noted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.cli.commands import Order, apply, apply_command, request
from reconciler.cli.report import Report
from reconciler.errors import UsageError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

ACTIONS = ("accept", "revert", "ignore")


@frozen
class Drift:
    """What `drift` is asked to do, and everything that `apply` would be told."""

    action: str
    order: Order
    reason: str = ""


def drift(asked: Drift, desk: Desk) -> Report:
    """Settle what differs at some addresses."""
    _fitting(asked)
    return apply(asked.order, desk) if asked.action == "revert" else _edited(asked)


def _fitting(asked: Drift) -> None:
    """Raise UsageError for an option that means nothing here."""
    order = asked.order
    if asked.action != "revert" and (order.allow or order.expect_id):
        raise UsageError(f"drift {asked.action} changes no database: there is no plan whose id or hazards matter")
    if asked.action != "ignore" and asked.reason:
        raise UsageError("a reason is for `drift ignore`")


def _edited(asked: Drift) -> Report:
    from reconciler.report.resolving import resolved_data, resolved_text

    order = asked.order
    if asked.action == "accept":
        from reconciler.workflow.accepting import accept

        done = accept(request(order.where), order.only, dry_run=order.dry_run)
    else:
        from reconciler.workflow.ignoring import ignore

        done = ignore(request(order.where), order.only, asked.reason, dry_run=order.dry_run)
    command = apply_command(Order(where=order.where), done.environment).replace("reconcile apply", "reconcile plan", 1)
    return Report(text=lambda look: resolved_text(done, replace(look, apply=command)), data=lambda: resolved_data(done))
