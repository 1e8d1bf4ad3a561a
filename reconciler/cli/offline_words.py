"""The commands that need no database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from reconciler.cli import offline
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Output, Where


@command
def validate(where: Where, output: Output) -> Invocation:
    """Check the specs alone, for every dialect of the project; needs no database."""
    return Invocation("validate", output, lambda desk: offline.validate(where))


@command
def version(output: Output) -> Invocation:
    """Say which version this is."""
    return Invocation("version", output, lambda desk: offline.version())
