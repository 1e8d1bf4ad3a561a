"""What the commands that look after a database were asked in, a report out; each calls one function of the workflow."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report
from reconciler.errors import ApprovalNeeded, Declined

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.dialects.health import Holder


def doctor(where: Where) -> Report:
    """Look whether a database can be worked with."""
    from reconciler.report.health import health_data, health_text
    from reconciler.workflow import doctoring

    found = doctoring.doctor(request(where))
    return Report(
        exit_code=0 if doctoring.sound(found) else 1,
        text=lambda look: health_text(found, look),
        data=lambda: health_data(found),
    )


def maintain(where: Where) -> Report:
    """Keep a database in shape; a chore that failed keeps none of the others from being done."""
    from reconciler.report.maintained import maintained_data, maintained_text
    from reconciler.workflow import maintaining

    found = maintaining.maintain(request(where))
    return Report(
        exit_code=1 if any(one.failure for one in found.chores) else 0,
        text=lambda look: maintained_text(found, look),
        data=lambda: maintained_data(found),
    )


def locks(where: Where) -> Report:
    """Say who holds the run lock."""
    from reconciler.report.health import locks_data, locks_text
    from reconciler.workflow import doctoring

    found = doctoring.locks(request(where))
    return Report(text=lambda look: locks_text(found, look), data=lambda: locks_data(found))


def release(where: Where, desk: Desk, auto_approve: bool) -> Report:
    """Let the run lock go; a run that may be alive loses it only with a person's yes."""
    from reconciler.report.health import locks_data, released_text
    from reconciler.workflow import doctoring

    def confirm(holder: Holder) -> None:
        if auto_approve:
            return
        if not desk.asks:
            hint = "wait for it to end, or say --auto-approve: it can then write no more"
            raise ApprovalNeeded(f"{holder.who} may be alive, and nobody can be asked: nothing was changed", hint=hint)
        desk.say(f' {holder.who} may be alive, and can then write no more. Type "yes" to go on: ')
        if sys.stdin.readline().strip() != "yes":
            raise Declined("the answer was no: nothing was changed")

    found = doctoring.release(request(where), confirm)
    return Report(text=lambda look: released_text(found, look), data=lambda: locks_data(found))
