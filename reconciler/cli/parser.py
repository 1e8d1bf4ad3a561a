"""The words of a command line in, what is to be run out: the commands with their options; nothing is run here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from reconciler.cli import commands
from reconciler.cli.commands import Action
from reconciler.cli.options import Output, Where, grouped, output, seconds, where

GROUPS: dict[str, Callable[..., Any]] = {"where": where, "output": output}

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


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command that was understood: what to do, and how to tell."""

    command: str
    output: Output
    action: Action


class Misused(Exception):
    """The words make no sense; `usage` is the line that says how they would."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.message = message
        self.usage = usage


class _Words:
    """Lets values stay words; options.py reads them.

    From version 0.29 on Typer converts every value, a missing one too, through pydantic, which takes longer to load
    than all that most commands need.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, none of which converts anything."""
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for parameter in parameters:
            if not isinstance(parameter.process_value, partial):
                parameter.process_value = partial(_as_it_is, parameter, parameter.process_value)
        return parameters


def _as_it_is(parameter: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """Return a value as it is; what is missing or acts by itself (--help) is the parser's affair."""
    own = parameter.callback is not None and value
    return process(context, value) if own or (value is None and parameter.required) else value


class _Command(_Words, TyperCommand):
    """One command."""


class _Commands(_Words, TyperGroup):
    """All of them."""


app = typer.Typer(
    name="reconcile",
    cls=_Commands,
    help="Makes a live database match YAML specs, and proves that it did. Every command takes --help.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _command(function: Callable[..., Invocation]) -> Callable[..., Invocation]:
    app.command(name=function.__name__.rstrip("_"), cls=_Command)(grouped(function, GROUPS))
    return function


@_command
def validate(where: Where, output: Output) -> Invocation:
    """Check the specs alone, for every dialect of the project; needs no database."""
    return Invocation("validate", output, lambda desk: commands.validate(where))


@_command
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
    lock_timeout: Patience = "30s",
) -> Invocation:
    """Compare specs and database, and show what an apply would do."""
    pending, file = 2 if detailed_exitcode else 0, Path(out) if out is not None else None
    patient = replace(where, lock_timeout=seconds(lock_timeout))
    return Invocation("plan", output, lambda desk: commands.plan(patient, tuple(allow or ()), file, pending))


@_command
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
    return Invocation("apply", output, lambda desk: commands.apply(order, desk))


@_command
def check(where: Where, output: Output) -> Invocation:
    """Look for drift; exits with 2 when something differs. Changes nothing."""
    return Invocation("check", output, lambda desk: commands.check(where))


@_command
def import_(
    where: Where,
    output: Output,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Where to write the specs.")],
) -> Invocation:
    """Write what a live database holds as specs, one file per object."""
    return Invocation("import", output, lambda desk: commands.import_(where, Path(out)))


@_command
def version(output: Output) -> Invocation:
    """Say which version this is."""
    return Invocation("version", output, lambda desk: commands.version())


COMMANDS = tuple(str(command.name) for command in app.registered_commands)

# The parser that Typer brings is Click, or its own copy of it; the root of its errors is found by name in both.
_WRONG: Any = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def parse(words: Sequence[str]) -> Invocation | int:
    """Read a command line; an exit code says that what was asked for, help, has been given.

    Raises:
        Misused: when the words make no sense, or there are none.
    """
    command = typer.main.get_command(app)
    try:
        result = command.main(args=list(words), prog_name="reconcile", standalone_mode=False)
    except _WRONG as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "reconcile"
        raise Misused(error.format_message(), f"{path} --help") from None
    return result if isinstance(result, Invocation) else int(result or 0)
