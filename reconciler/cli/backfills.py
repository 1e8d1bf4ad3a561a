"""What `backfill` was asked in, a report out; each calls one function of the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk

# What is asked of whoever works on a backfill.
_WORDS = {"pause": "pause", "resume": "run", "cancel": "cancel"}
ACTIONS = ("list", "status", "run", *_WORDS)


def backfill(where: Where, action: str, names: tuple[str, ...], desk: Desk, *, only_due: bool) -> Report:
    """Say how backfills stand, ask one to pause, go on or end, or carry some out."""
    from reconciler.report.backfills import backfills_data, backfills_text
    from reconciler.workflow import backfilling

    if action == "run":
        return _run(where, names, desk, only_due=only_due)
    if only_due:
        raise UsageError("--due is for `backfill run`")
    if action in _WORDS and len(names) != 1:
        raise UsageError(f"backfill {action} takes the name of one backfill")
    asked, name = request(where), names[0] if names else ""
    found = backfilling.want(asked, name, _WORDS[action]) if action in _WORDS else backfilling.backfills(asked, name)
    return Report(text=lambda look: backfills_text(found, look), data=lambda: backfills_data(found))


def _run(where: Where, names: tuple[str, ...], desk: Desk, *, only_due: bool) -> Report:
    from reconciler.cli.progress import telling
    from reconciler.report.backfills import run_data, run_text
    from reconciler.workflow import backfilling

    if bool(names) == only_due:
        raise UsageError("backfill run takes names, or --due for all that are due")
    with telling(desk) as journal:
        done = backfilling.run(request(where), names, journal.progress)
    return Report(text=lambda look: run_text(done, look), data=lambda: run_data(done))
