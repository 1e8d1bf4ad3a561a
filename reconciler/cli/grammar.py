"""How commands are declared to the parser: options as words, in groups, and what was understood; it runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from reconciler.cli.options import Format, Output, grouped, output, where
from reconciler.cli.report import Action
from reconciler.frozen import frozen_in_order

GROUPS: dict[str, Callable[..., Any]] = {"where": where, "output": output}


@frozen_in_order
class Invocation:
    """A command that was understood: what to do, how to tell, and in which formats it can be told."""

    command: str
    output: Output
    action: Action
    forms: tuple[Format, ...] = (Format.TEXT, Format.JSON)


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


def command(function: Callable[..., Invocation]) -> Callable[..., Invocation]:
    app.command(name=function.__name__.rstrip("_"), cls=_Command)(grouped(function, GROUPS))
    return function
