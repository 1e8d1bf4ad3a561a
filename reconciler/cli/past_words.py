"""The commands that look back, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import past
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Output, Where, natural

Limit = Annotated[str, typer.Option("--limit", metavar="N", help="How many runs, the newest.")]


@command
def history(where: Where, output: Output, limit: Limit = "20") -> Invocation:
    """List what was applied to a database, newest first; changes nothing."""
    most = natural(limit, "--limit")
    return Invocation("history", output, lambda desk: past.history(where, most))


@command
def show(
    where: Where,
    output: Output,
    what: Annotated[str, typer.Argument(metavar="RUN", help="The id of a run or its beginning, or `latest`.")],
) -> Invocation:
    """Show a past run with its steps and their SQL."""
    return Invocation("show", output, lambda desk: past.show(where, what))
