"""The commands that look back, or keep what is there, with their options: words in, what is to be run out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import past
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import PLAN, Format, Output, Where, natural

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
    what: Annotated[
        str, typer.Argument(metavar="PLAN|RUN", help="A plan file; or a run's id, its beginning, or `latest`.")
    ],
) -> Invocation:
    """Show a saved plan, or a past run with its steps and their SQL."""
    return Invocation("show", output, lambda desk: past.show(where, what), PLAN)


@command
def report(
    where: Where,
    output: Output,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, its beginning, or `latest`.")] = "latest",
) -> Invocation:
    """Tell what a run did, and how everything that is declared stands now; changes nothing."""
    forms = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.HTML)
    return Invocation("report", output, lambda desk: past.report(where, run), forms)


@command
def snapshot(
    where: Where,
    output: Output,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE", help="Where to; .reconcile/snapshots/ENV.json otherwise."),
    ] = None,
) -> Invocation:
    """Keep what a database holds, without its rows, in a file for `plan --against snapshot:FILE`."""
    file = Path(out) if out is not None else None
    return Invocation("snapshot", output, lambda desk: past.snapshot(where, file))
