"""The commands that look at a database, with their options: words in, what is to be run out; nothing is run here."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli import commands
from reconciler.cli.grammar import Invocation, command
from reconciler.cli.options import PLAN, Format, Output, Where, seconds

# The formats of what takes its time.
_EVENTS = (Format.TEXT, Format.JSON, Format.NDJSON)

Patience = Annotated[
    str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for locks: 500ms, 30s, 5m.")
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="CODE[:ADDRESS]",
        help="Consent to a hazard, everywhere or at one address; '*' is all that can be consented to. Repeatable.",
    ),
]  # fmt: skip


@command
def plan(
    where: Where,
    output: Output,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Save the plan; `apply FILE` applies exactly that.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there is something to do.")
    ] = False,
    allow: Allow = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="WHAT", help="Instead of the database: empty, snapshot:FILE or git:REF."),
    ] = None,
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Compare specs and database, and show what an apply would do."""
    pending, file = 2 if detailed_exitcode else 0, Path(out) if out is not None else None
    patient = replace(where, lock_timeout=seconds(lock_timeout))
    action = partial(commands.plan, patient, tuple(allow or ()), file, pending, against)
    return Invocation("plan", output, action, (*PLAN, Format.NDJSON))


@command
def apply(
    where: Where,
    output: Output,
    saved: Annotated[str | None, typer.Argument(metavar="PLAN", help="A plan file, from `plan --out`.")] = None,
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="Answer the question with yes; allows no hazard by itself.")
    ] = False,
    allow: Allow = None,
    expect_id: Annotated[
        str | None, typer.Option("--expect-id", metavar="ID", help="Go on only if the plan has this id.")
    ] = None,
    lock_timeout: Patience = "30s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop before anything is executed.")] = False,
) -> Invocation:
    """Plan, ask, execute, and look again: nothing may differ."""
    order = commands.Order(
        where=replace(where, lock_timeout=seconds(lock_timeout)), allow=tuple(allow or ()),
        saved=Path(saved) if saved is not None else None, auto_approve=auto_approve, expect_id=expect_id,
        dry_run=dry_run,
    )  # fmt: skip
    return Invocation("apply", output, lambda desk: commands.apply(order, desk), _EVENTS)


@command
def check(where: Where, output: Output) -> Invocation:
    """Look for drift; exits with 2 when something differs. Changes nothing."""
    return Invocation("check", output, lambda desk: commands.check(where, desk), (*_EVENTS, Format.MARKDOWN))


@command
def diff(
    where: Where,
    output: Output,
    first: Annotated[str, typer.Argument(metavar="A", help="env:NAME, snapshot:FILE, git:REF, spec or empty.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when they differ.")
    ] = False,
) -> Invocation:
    """Show the changes that make A into B; nothing is applied."""
    pending = 2 if detailed_exitcode else 0
    return Invocation("diff", output, lambda desk: commands.diff(where, first, second, pending), PLAN)


@command
def import_(
    where: Where,
    output: Output,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Where to write the specs.")],
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="GLOB",
            help="Only what has such an address, as table.order*, with what that rests on. Repeatable.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="GLOB", help="Not what has such an address. Repeatable."),
    ] = None,
) -> Invocation:
    """Write what a live database holds as specs, one file per object."""
    action = partial(commands.import_, where, Path(out), tuple(select or ()), tuple(exclude or ()))
    return Invocation("import", output, lambda desk: action(), _EVENTS)


@command
def call(
    where: Where,
    output: Output,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE", help="Its name, as declared.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARG", help=r"Its arguments, in order; \N is null.")
    ] = None,
) -> Invocation:
    """Run a procedure that the specs declare."""
    action = partial(commands.call, where, procedure, tuple(arguments or ()))
    return Invocation("call", output, lambda desk: action())
