"""The words of a command line in, what is to be run out, or the reason why they make no sense; nothing is run here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import typer

from reconciler.cli import backup_words, health_words, offline_words, online_words, past_words, serving_words
from reconciler.cli.grammar import Invocation, Misused, app
from reconciler.cli.options import listed

__all__ = ["COMMANDS", "Invocation", "Misused", "parse"]

# Importing these modules has declared their commands.
_WORDS = (online_words, past_words, backup_words, health_words, offline_words, serving_words)

COMMANDS = tuple(str(command.name) for command in app.registered_commands)

# The parser that Typer brings is Click, or its own copy of it; the root of its errors is found by name in both.
_WRONG: Any = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def parse(words: Sequence[str]) -> Invocation | int:
    """Read a command line; an exit code says that what was asked for, help, has been given.

    Raises:
        Misused: when the words make no sense, or there are none.
    """
    try:
        result = _commands().main(args=list(words), prog_name="reconcile", standalone_mode=False)
    except _WRONG as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "reconcile"
        raise Misused(error.format_message(), f"{path} --help") from None
    return _told(result) if isinstance(result, Invocation) else int(result or 0)


@cache
def _commands() -> Any:
    """Return what Typer makes of the declarations, for which it looks at each of their parameters."""
    return typer.main.get_command(app)


def _told(invocation: Invocation) -> Invocation:
    """Return what was understood, if it can be told in the formats that somebody wants."""
    for sink in invocation.output.sinks:
        if sink.format not in invocation.forms:
            message = f"{invocation.command} gives {listed(invocation.forms)}, not {sink.format}"
            raise Misused(message, f"reconcile {invocation.command} --help")
    return invocation
