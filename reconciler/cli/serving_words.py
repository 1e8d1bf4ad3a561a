"""The command that serves a database over HTTP, with its options: words in, what is to be run out."""

from __future__ import annotations

from typing import Annotated

import typer

from reconciler.cli import serving
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Output, Where


@command
def serve(
    where: Where,
    output: Output,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[str, typer.Option("--port", metavar="PORT", help="On which port; 0 takes a free one.")] = "8787",
) -> Invocation:
    """Serve the health of a database: a page for people, probes, metrics, an API."""
    if not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise typer.BadParameter(f"--port takes a number up to 65535, not {port!r}")
    return Invocation("serve", output, lambda desk: serving.serve(where, host, int(port), desk))
