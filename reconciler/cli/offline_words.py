"""The commands that need no database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import offline
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import FINDINGS, Format, Output, Where, folder

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
        "validate", output, lambda desk: offline.validate(where), (Format.TEXT, Format.JSON, Format.NDJSON, *FINDINGS)
    )


@command
def lint(
    where: Where,
    output: Output,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Only what changed since a commit, with the hazards of the change."),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option("--fail-on", metavar="error|warn", help="Exit with 3 from this severity on; error otherwise."),
    ] = None,
) -> Invocation:
    """Look for hazards and unwise declarations in the specs alone; needs no database."""
    if fail_on not in (None, "error", "warn"):
        raise typer.BadParameter(f"--fail-on takes error or warn, not {fail_on!r}")
    return Invocation(
        "lint", output, lambda desk: offline.lint(where, base, fail_on or "error"),
        (Format.TEXT, Format.JSON, Format.NDJSON, *FINDINGS),
    )  # fmt: skip


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
def explain(
    output: Output, code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="DS102, SPEC006 …")] = None
) -> Invocation:
    """Print the page of a code: what it means, what to do, how to allow it; without one, say which there are."""
    return Invocation(
        "explain", output, lambda desk: offline.explain(code), (Format.TEXT, Format.JSON, Format.MARKDOWN)
    )


@command
def graph(
    where: Where,
    output: Output,
    erd: Annotated[
        bool,
        typer.Option("--erd", help="Tables with their columns and foreign keys; what is meant unless said otherwise."),
    ] = False,
    deps: Annotated[bool, typer.Option("--deps", help="Everything that is declared, and what it needs.")] = False,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="GLOB",
            help="Only what has such an address, as table.order*, and its neighbours. Repeatable.",
        ),
    ] = None,
) -> Invocation:
    """Draw what the specs declare, as SVG, Mermaid or for Graphviz, or document it as a page; needs no database."""
    if erd and deps:
        raise typer.BadParameter("--erd and --deps are two pictures; ask for one")
    forms = (Format.TEXT, Format.JSON, Format.SVG, Format.MERMAID, Format.DOT, Format.HTML)
    chosen = tuple(select or ())
    return Invocation("graph", output, lambda desk: offline.graph(where, "deps" if deps else "erd", chosen), forms)


@command
def init(
    output: Output,
    directory: Directory = None,
    ci: Annotated[
        str | None,
        typer.Option("--ci", metavar="github|gitlab", help="Also the file that lets a forge check and apply it."),
    ] = None,
) -> Invocation:
    """Make a directory a project: a project file, an example, settings for editors. What is there stays."""
    if ci not in (None, "github", "gitlab"):
        raise typer.BadParameter(f"--ci takes github or gitlab, not {ci!r}")
    at = here(directory)
    return Invocation("init", output, lambda desk: offline.init(at, ci))


@command
def version(output: Output) -> Invocation:
    """Say which version this is."""
    return Invocation("version", output, lambda desk: offline.version())
