"""An error in, a page that tells it out."""

from __future__ import annotations

from reconciler import __version__
from reconciler.errors import ReconcileError
from reconciler.report.failure import failure_text
from reconciler.report.html.page import page


def failure_html(command: str, error: ReconcileError) -> str:
    """Return an error as a page, for where a plan was expected."""
    return page("failure.html", command=command, lines=failure_text(error).splitlines(), version=__version__)
