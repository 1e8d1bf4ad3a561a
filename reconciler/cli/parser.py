"""The words of a command line in, what is to be run out, or the reason why they make no sense; nothing is run here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import typer

from reconciler.cli.grammar import Invocation, Misused, app
from reconciler.cli.options import listed

__all__ = ["COMMANDS", "WORDS", "Invocation", "Misused", "commands", "parse"]

# The modules whose import declares commands → these, in the order of the help. Who names a command waits for no other.
WORDS: Mapping[str, tuple[str, ...]] = {
    "online_words": ("plan", "apply", "check", "deploy", "drift", "diff", "import", "call"),
    "past_words": ("history", "show", "report", "snapshot"),
    "backup_words": ("backup", "rollback", "reset"),
    "health_words": ("doctor", "maintain", "lock", "backfill", "watch"),
    "offline_words": ("validate", "lint", "fmt", "types", "schema", "explain", "graph", "init", "version"),
    "serving_words": ("serve",),
}
COMMANDS = tuple(name for names in WORDS.values() for name in names)

# The parser that Typer brings is Click, or its own copy of it; the root of its errors is found by name in both.
_WRONG: Any = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")


def parse(words: Sequence[str]) -> Invocation | int:
    """Read a command line; an exit code says that what was asked for, help, has been given.

    Raises:
        Misused: when the words make no sense, or there are none.
    """
    if words[0] == "--version":  # what people type who do not know yet that it is a command
        words = ["version", *words[1:]]
    try:
        result = commands(_declared_by(words)).main(args=list(words), prog_name="reconcile", standalone_mode=False)
    except _WRONG as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "reconcile"
        raise Misused(error.format_message(), f"{path} --help") from None
    return _told(result) if isinstance(result, Invocation) else int(result or 0)


def _declared_by(words: Sequence[str]) -> tuple[str, ...]:
    """Return the module that declares the command at hand; all of them where the words begin with none."""
    return tuple(module for module, names in WORDS.items() if words[0] in names) or tuple(WORDS)


@cache
def commands(modules: Iterable[str] = tuple(WORDS)) -> Any:
    """Return what Typer makes of modules' declarations, for which it looks at each of their parameters."""
    for module in modules:
        import_module(f"reconciler.cli.{module}")
    app.registered_commands.sort(key=lambda command: COMMANDS.index(str(command.name)))
    return typer.main.get_group(app)


def _told(invocation: Invocation) -> Invocation:
    """Return what was understood, if it can be told in the formats that somebody wants."""
    for sink in invocation.output.sinks:
        if sink.format not in invocation.forms:
            message = f"{invocation.command} gives {listed(invocation.forms)}, not {sink.format}"
            raise Misused(message, f"reconcile {invocation.command} --help")
    return invocation
