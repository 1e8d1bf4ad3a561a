"""The commands that look after a database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import health
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Output, Where


@command
def doctor(where: Where, output: Output) -> Invocation:
    """Look whether a database can be worked with: connection, rights, clock, lock, ledger, other tools' accounts."""
    return Invocation("doctor", output, lambda desk: health.doctor(where))


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
