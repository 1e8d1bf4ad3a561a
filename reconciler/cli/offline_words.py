"""The commands that need no database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import offline
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import Format, Output, Where, folder

Directory = Annotated[
    str | None, typer.Option("-C", metavar="DIR", help="The directory of the project; the current one otherwise.")
]


def here(directory: str | None) -> Path:
    """Return a directory that is there, the current one when none is named."""
    return folder(directory) if directory is not None else Path()


@command
def validate(where: Where, output: Output) -> Invocation:
    """Check the specs alone, for every dialect of the project; needs no database."""
    return Invocation(
        "validate", output, lambda desk: offline.validate(where), (Format.TEXT, Format.JSON, Format.NDJSON)
    )


@command
def fmt(
    output: Output,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Files, directories or globs; the project otherwise."),
    ] = None,
    directory: Directory = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 when a file would change.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> Invocation:
    """Put specs and the project file in their canonical form; comments stay."""
    order = offline.Layout(directory=here(directory), paths=tuple(map(Path, paths or ())), check=check, diff=diff)
    return Invocation("fmt", output, lambda desk: offline.fmt(order))


@command
def types(output: Output) -> Invocation:
    """Show what each dialect makes of the portable types."""
    return Invocation("types", output, lambda desk: offline.types())


@command
def schema(
    output: Output,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="table, view, project, plan …")] = None,
) -> Invocation:
    """Print the JSON Schema of a kind of document; without one, say which there are."""
    return Invocation("schema", output, lambda desk: offline.schema(kind))


@command
def init(output: Output, directory: Directory = None) -> Invocation:
    """Make a directory a project: a project file, an example, settings for editors. What is there stays."""
    return Invocation("init", output, lambda desk: offline.init(here(directory)))


@command
def version(output: Output) -> Invocation:
    """Say which version this is."""
    return Invocation("version", output, lambda desk: offline.version())
