"""The options that several commands share: words of a command line in, values out; wrong words are wrong usage."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from reconciler.frozen import frozen, frozen_in_order


class Color(StrEnum):
    """When to use colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Format(StrEnum):
    """In which form a result is given."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    NDJSON = "ndjson"
    SQL = "sql"
    HTML = "html"
    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"
    GITLAB = "gitlab"


# The formats of findings, which forges and build servers read.
FINDINGS = (Format.GITHUB, Format.SARIF, Format.JUNIT, Format.GITLAB)
# The formats of a plan.
PLAN = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.HTML, Format.SQL)


@frozen_in_order
class Sink:
    """One rendering of the result: its format, and the file for it; None is stdout."""

    format: Format
    path: Path | None = None


@frozen
class Output:
    """How a command tells what it has to tell. `detail` counts -v, less one for -q."""

    sinks: tuple[Sink, ...] = (Sink(Format.TEXT),)
    detail: int = 0
    color: Color = Color.AUTO
    no_input: bool = False


@frozen
class Where:
    """Which specs and which database are meant, as it was said."""

    directory: Path = Path()
    environment: str | None = None
    url: str | None = None
    specs: tuple[Path, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    lock_timeout: float = 30.0


# --- reading single values --------------------------------------------------------------------------------------------

_UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def seconds(text: str) -> float:
    """Read a duration: 500ms, 30s, 5m, 1h."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter(f"{text!r} is no duration; write 500ms, 30s, 5m or 1h")
    return float(match.group(1)) * _UNITS[match.group(2)]


def natural(text: str, option: str) -> int:
    """Read a whole number from 1 on."""
    if not text.strip().isascii() or not text.strip().isdecimal() or not 0 < int(text) < 1_000_000:
        raise typer.BadParameter(f"{option} takes a whole number from 1 on, not {text!r}")
    return int(text)


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: text, json and markdown."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def sink(text: str) -> Sink:
    """Read FORMAT or FORMAT=FILE."""
    word, equals, path = text.partition("=")
    if word not in set(Format):
        raise typer.BadParameter(f"{word!r} is no format; there are {listed(Format)}")
    if equals and not path:
        raise typer.BadParameter(f"{text!r}: a file name is missing after the equals sign")
    return Sink(Format(word), Path(path) if path else None)


def variable(text: str) -> tuple[str, str]:
    """Read k=v."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise typer.BadParameter(f"{text!r} is no variable; write name=value")
    return name, value


def folder(text: str) -> Path:
    """Read a directory that is there."""
    if not Path(text).is_dir():
        raise typer.BadParameter(f"there is no directory {text!r}")
    return Path(text)


def colours(text: str) -> Color:
    """Read when to use colours."""
    if text not in set(Color):
        raise typer.BadParameter(f"--color takes {', '.join(Color)}, not {text!r}")
    return Color(text)


# --- groups of options ------------------------------------------------------------------------------------------------


def where(
    directory: Annotated[
        str | None,
        typer.Option("-C", metavar="DIR", help="Where reconcile.yaml is looked for; the current directory otherwise."),
    ] = None,
    environment: Annotated[
        str | None, typer.Option("-e", "--env", metavar="ENV", help="The environment, as the project file names it.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="A database, in the place of the environment's.")
    ] = None,
    specs: Annotated[
        list[str] | None, typer.Option("--specs", metavar="PATH", help="Specs, instead of the project's. Repeatable.")
    ] = None,
    variables: Annotated[
        list[str] | None, typer.Option("--var", metavar="K=V", help="A variable of the specs. Repeatable.")
    ] = None,
) -> Where:
    """Return which specs and which database are meant."""
    for option, word in (("--url", url), ("--env", environment)):
        if word is not None and not word.strip():  # a shell's variable that is not set must not mean another database
            raise typer.BadParameter(f"{option} is empty")
    return Where(
        directory=folder(directory) if directory is not None else Path(),
        environment=environment,
        url=url,
        specs=tuple(map(Path, specs or ())),
        variables=tuple(map(variable, variables or ())),
    )


def output(
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FORMAT[=FILE]",
            help="text, json, or what else the command offers; to stdout or a file. Repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, on failure too.")] = False,
    quiet: Annotated[bool, typer.Option("-q", help="No progress and no warnings.")] = False,
    verbose: Annotated[
        int, typer.Option("-v", count=True, show_default=False, help="Whole lists; -vv: tracebacks too.")
    ] = 0,
    color: Annotated[
        str | None, typer.Option("--color", metavar="auto|always|never", help="When to use colours.")
    ] = None,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; what would need a yes ends with 7.")] = False,
) -> Output:
    """Return how to tell the result."""
    named = [*map(sink, formats or ()), *([Sink(Format.JSON)] if as_json else [])]
    on_stdout = {one.format for one in named if one.path is None}
    if len(on_stdout) > 1:
        raise typer.BadParameter("stdout takes one format; give the other one a file: -o text=FILE")
    files = [one for one in named if one.path is not None]
    sinks = (*(Sink(word) for word in on_stdout or {Format.TEXT}), *files)
    wanted = colours(color) if color is not None else Color.AUTO
    return Output(sinks=sinks, detail=-1 if quiet else verbose, color=wanted, no_input=no_input)


@cache
def _parameters(group: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the options of a group, read once for all commands that have it."""
    return inspect.signature(group, eval_str=True).parameters


def grouped(function: Callable[..., Any], groups: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Return a function as Typer is to see it: a parameter that is named as a group stands for the group's options."""
    inner = {name: _parameters(group) for name, group in groups.items()}
    own = inspect.signature(function, eval_str=True).parameters
    wanted = [name for name in own if name in groups]
    parameters = [own[name] for name in own if name not in groups]
    parameters += [parameter for name in wanted for parameter in inner[name].values()]

    def call(**given: Any) -> Any:
        made = {name: groups[name](**{key: given.pop(key) for key in inner[name]}) for name in wanted}
        return function(**given, **made)

    seen = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    call.__signature__ = inspect.Signature(seen)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in seen}
    call.__doc__, call.__name__, call.__module__ = function.__doc__, function.__name__, function.__module__
    return call
