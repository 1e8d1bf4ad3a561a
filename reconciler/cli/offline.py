"""What the commands that need no database were asked in, a report out."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.commands import request
from reconciler.cli.options import Format, Where
from reconciler.cli.report import Rendering, Report, failed
from reconciler.errors import UsageError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.report.graph.drawing import Graph


@frozen
class Layout:
    """What `fmt` is asked to do: with which files; to write them, to list them, or to show the difference."""

    directory: Path = Path()
    paths: tuple[Path, ...] = ()
    check: bool = False
    diff: bool = False


def validate(where: Where) -> Report:
    """Check the specs alone."""
    from reconciler import workflow
    from reconciler.report.validated import validate_data, validate_text

    done = workflow.validate(request(where))
    return Report(text=lambda look: validate_text(done, look), data=lambda: validate_data(done), problems=done.warnings)


def lint(where: Where, base: str | None, fail_on: str) -> Report:
    """Look for what is unwise in the specs; findings that are as grave as `fail_on` end with 3."""
    from reconciler.report.linting import lint_data, lint_text
    from reconciler.workflow.linting import lint as run

    done = run(request(where), base)
    grave = ("error",) if fail_on == "error" else ("error", "warning")
    return Report(
        exit_code=3 if any(problem.severity in grave for problem in done.problems()) else 0,
        text=lambda look: lint_text(done, look),
        data=lambda: lint_data(done),
        problems=done.problems(),
    )


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


def explain(code: str | None) -> Report:
    """Print the page of a code; without one, say which there are, or print all of them as Markdown."""
    from reconciler.report import explaining
    from reconciler.report.pages import chapters, pages, reference

    if code is None:
        found = chapters()
        return Report(
            text=lambda look: explaining.codes_text(found, look),
            data=lambda: explaining.codes_data(found),
            forms={Format.MARKDOWN: lambda look: reference()},
        )
    page = pages().get(code.upper())
    if page is None:
        raise UsageError(f"there is no code {code!r}", hint="`reconcile explain` lists them")
    return Report(
        text=lambda look: explaining.page_text(page, look),
        data=lambda: explaining.page_data(page),
        forms={Format.MARKDOWN: lambda look: explaining.page_markdown(page)},
    )


def graph(where: Where, sort: str, select: tuple[str, ...]) -> Report:
    """Draw what the specs declare; with -v every column, however many tables there are."""
    from reconciler.report.graph.dot import dot
    from reconciler.report.graph.mermaid import mermaid
    from reconciler.report.graph.svg import svg
    from reconciler.report.graph.tables import readable
    from reconciler.report.graph.telling import graph_data, graph_text
    from reconciler.workflow.drawing import drawing

    found = drawing(request(where), sort, select)

    def drawn(write: Callable[[Graph], str]) -> Rendering:
        return lambda look: write(found if look.detail else readable(found))

    return Report(
        text=lambda look: graph_text(found, look),
        data=lambda: graph_data(found),
        forms={
            Format.SVG: drawn(svg),
            Format.MERMAID: drawn(mermaid),
            Format.DOT: drawn(dot),
            Format.HTML: lambda look: _documented(where, select),
        },
    )


def _documented(where: Where, select: tuple[str, ...]) -> str:
    from reconciler.report.html.schema_page import schema_html
    from reconciler.workflow.drawing import declared

    return schema_html(declared(request(where), select))


def init(directory: Path, forge: str | None = None) -> Report:
    """Make a directory a project."""
    from reconciler.report.offline import started_data, started_text
    from reconciler.workflow.starting import start

    started = start(directory, forge)
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
