"""What the commands that need no database were asked in, a report out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report, failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What `fmt` is asked to do: with which files; to write them, to list them, or to show the difference."""

    directory: Path = Path()
    paths: tuple[Path, ...] = ()
    check: bool = False
    diff: bool = False


def validate(where: Where) -> Report:
    """Check the specs alone."""
    from reconciler import workflow
    from reconciler.report.offline import validate_data, validate_text

    done = workflow.validate(request(where))
    return Report(text=lambda look: validate_text(done, look), data=lambda: validate_data(done), problems=done.warnings)


def fmt(order: Layout) -> Report:
    """Put specs in their canonical form, or tell which are not; what is wrong is told, and left as it is."""
    from reconciler.errors import SpecError
    from reconciler.report import offline
    from reconciler.workflow import formatting

    done = formatting.format_files(request(Where(directory=order.directory)), order.paths)
    if not (order.check or order.diff):
        formatting.save_formatted(done)
    text = offline.diff_text if order.diff else offline.wanting_text if order.check else offline.written_text
    report = Report(
        exit_code=1 if order.check and done.changed else 0,
        text=lambda look: text(done, look),
        data=lambda: offline.format_data(done),
    )
    return failed(SpecError(done.problems), report) if done.problems else report


def types() -> Report:
    """Show what each dialect makes of the portable types."""
    from reconciler.report.offline import types_data, types_text
    from reconciler.workflow.types import type_table

    rows = type_table()
    return Report(text=lambda look: types_text(rows, look), data=lambda: types_data(rows))


def schema(kind: str | None) -> Report:
    """Print the JSON Schema of a kind of document, or say which there are."""
    from reconciler.errors import UsageError
    from reconciler.report import offline
    from reconciler.spec.published import kinds, published, title
    from reconciler.spec.validate import suggestion

    found = kinds()
    if kind is None:
        titles = {name: title(file) for name, file in found.items()}
        return Report(text=lambda look: offline.schemas_text(titles, look), data=lambda: offline.schemas_data(titles))
    if kind not in found:
        hint = suggestion(kind, found) or f"there are {', '.join(found)}"
        raise UsageError(f"there is no schema {kind!r}", hint=hint)
    text = published()[found[kind]]
    return Report(text=lambda look: text, data=lambda: offline.schema_data(kind, text))


def init(directory: Path) -> Report:
    """Make a directory a project."""
    from reconciler.report.offline import started_data, started_text
    from reconciler.workflow.starting import start

    started = start(directory)
    words = ["reconcile", "plan", *(["-C", str(directory)] if directory != Path() else [])]
    command = shlex.join(words)
    return Report(
        text=lambda look: started_text(started, replace(look, apply=command)), data=lambda: started_data(started)
    )


def version() -> Report:
    """Say which version this is, and what it speaks."""
    import platform

    from reconciler import __version__
    from reconciler.dialects import NAMES

    names = sorted(NAMES)
    python = platform.python_version()
    return Report(
        text=lambda look: f"reconcile {__version__}   {', '.join(names)}   python {python}\n",
        data=lambda: {"name": "reconcile", "version": __version__, "dialects": names, "python": python},
    )
