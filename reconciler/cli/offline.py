"""What the commands that need no database were asked in, a report out."""

from __future__ import annotations

from reconciler.cli.commands import request
from reconciler.cli.options import Where
from reconciler.cli.report import Report


def validate(where: Where) -> Report:
    """Check the specs alone."""
    from reconciler import workflow
    from reconciler.report.outcome import validate_data, validate_text

    done = workflow.validate(request(where))
    return Report(text=lambda look: validate_text(done, look), data=lambda: validate_data(done), problems=done.warnings)


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
