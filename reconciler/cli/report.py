"""What a command has to tell, as a value: its exit code, its result in any form, its problems; it prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from reconciler.cli.options import Format
from reconciler.errors import Problem, ReconcileError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.report.events import Event
    from reconciler.report.layout import Look

Rendering = Callable[["Look"], str]


@frozen
class Report:
    """What a command has to tell: its exit code, and the result as text and as data, made when somebody wants it.

    `forms` are the formats beyond text and JSON. `error` says why it failed; there may be a result all the same, such
    as the plan that was refused. `events` are what has happened and was not told while it did. `findings` are those of
    the result and the names of what is well; the problems, where there are no others.
    """

    exit_code: int = 0
    text: Rendering = lambda look: ""
    data: Callable[[], Mapping[str, Any] | None] = lambda: None
    forms: Mapping[Format, Rendering] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    error: ReconcileError | None = None
    events: Callable[[], Iterable[Event]] = tuple
    findings: Callable[[], tuple[Sequence[Problem], Sequence[str]]] | None = None


def failed(error: ReconcileError, report: Report | None = None) -> Report:
    """Return the report of a command that failed, with what it can show in spite of that."""
    return replace(report or Report(), exit_code=error.exit_code, problems=error.problems(), error=error)


Action = Callable[["Desk"], Report]
