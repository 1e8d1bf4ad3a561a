"""The commands that look after a database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import backfills, health, watching
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Output, Where


@command
def doctor(where: Where, output: Output) -> Invocation:
    """Look whether a database can be worked with: connection, rights, clock, lock, ledger, other tools' accounts."""
    return Invocation("doctor", output, lambda desk: health.doctor(where))


@command
def maintain(where: Where, output: Output) -> Invocation:
    """Keep a database in shape: fresh figures for its planner, room given back where much is free."""
    return Invocation("maintain", output, lambda desk: health.maintain(where))


@command
def lock(
    where: Where,
    output: Output,
    action: Annotated[str, typer.Argument(metavar="list|release", help="Who holds the run lock; or let it go.")],
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="Take it from a run that may be alive, without a question.")
    ] = False,
) -> Invocation:
    """Say who holds the run lock, or let it go where that is not a session's to do."""
    if action == "list":
        return Invocation("lock", output, lambda desk: health.locks(where))
    if action == "release":
        return Invocation("lock", output, lambda desk: health.release(where, desk, auto_approve))
    raise typer.BadParameter(f"lock takes list or release, not {action!r}")


@command
def backfill(
    where: Where,
    output: Output,
    action: Annotated[str, typer.Argument(metavar="|".join(backfills.ACTIONS), help="What to do.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which backfills.")] = None,
    due: Annotated[bool, typer.Option("--due", help="With run: all that are due, scheduled ones too.")] = False,
) -> Invocation:
    """Say how data work stands, pause it, let it go on, end it, or carry it out; the schema is left as it is."""
    if action not in backfills.ACTIONS:
        raise typer.BadParameter(f"backfill takes {', '.join(backfills.ACTIONS)}, not {action!r}")
    return Invocation(
        "backfill", output, lambda desk: backfills.backfill(where, action, tuple(names or ()), desk, only_due=due)
    )


@command
def watch(
    where: Where,
    output: Output,
    due: Annotated[bool, typer.Option("--due", help="Run once what is due now, and end: for cron or a timer.")] = False,
) -> Invocation:
    """Run the project's schedules: checks, backfills, backups, maintenance, procedures; tell people what was found."""
    return Invocation("watch", output, lambda desk: watching.watch(where, desk, due=due))
