"""What `check` was asked in, a report of how a database is out; with `--fix` it is mended first, as far as is safe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from reconciler.cli.commands import Order, apply_command, request
from reconciler.cli.options import Format, Where
from reconciler.cli.report import Report, failed
from reconciler.errors import TargetError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.report.facts import Review
    from reconciler.report.layout import Look


@frozen
class Asked:
    """What `check` is asked to do: whether a backup is made before what is mended, None for what the environment says,
    and whether the database's figures of its use are told too.
    """

    where: Where
    backup: bool | None = None
    statistics: bool = False


def check(where: Where, desk: Desk) -> Report:
    """Look at a database: differences, what is asserted of its rows, what is not sound.

    What counts as failed ends with 2; an assertion that could not be asked, and nothing else, is an error.
    """
    return checked(Asked(where=where), desk)


def checked(asked: Asked, desk: Desk) -> Report:
    """Do the same, and tell the database's own figures where they are wanted."""
    return _looked(asked, desk, lambda look: "", dict)


def fix(asked: Asked, desk: Desk) -> Report:
    """Mend what is safe to mend, after a backup where one is wanted; tell how the database is then, and what was held
    back.
    """
    from reconciler.cli.progress import telling
    from reconciler.report.fixed import fixed_data, fixed_text
    from reconciler.workflow.fixing import fix as run

    with telling(desk) as journal:
        done = run(request(asked.where), journal.progress, backup=asked.backup)
    steps = tuple(journal.done)
    shown = () if journal.shown else steps
    return _looked(
        asked,
        desk,
        lambda look: fixed_text(done.applied, done.held, shown, look),
        lambda: fixed_data(done.applied, done.held, steps),
    )


def _looked(asked: Asked, desk: Desk, before: Callable[[Look], str], more: Callable[[], dict[str, Any]]) -> Report:
    """Return how a database is, behind what was done before, as text and as data."""
    from reconciler.report.assertions import failure
    from reconciler.report.drift import check_data, check_text, drift
    from reconciler.report.drift_markdown import check_markdown
    from reconciler.report.events import assertion_events, check_events
    from reconciler.report.measured import measured_data, measured_text
    from reconciler.report.review_findings import check_problems, passed
    from reconciler.report.wellness import unreachable, wellness

    try:
        review = _review(asked)
    except TargetError as error:
        told = unreachable(error)
        return failed(error, Report(data=lambda: told))
    desk.events.about(review)
    command = apply_command(Order(where=asked.where), review.environment)
    report = Report(
        exit_code=2 if _fails(review) else 0,
        text=lambda look: before(look) + check_text(review, replace(look, apply=command)) + measured_text(review, look),
        data=lambda: {**wellness(review, command), **check_data(review, command), **measured_data(review), **more()},
        forms={Format.MARKDOWN: lambda look: check_markdown(review, replace(look, apply=command))},
        events=lambda: chain(check_events(review, command), assertion_events(review)),
        problems=review.warnings,
        findings=lambda: (check_problems(review, drift(review, command)), passed(review)),
    )
    wrong = failure(review.asserted)
    return failed(wrong, report) if wrong and not report.exit_code else report


def _review(asked: Asked) -> Review:
    """Look, and ask for figures where they are wanted."""
    if not asked.statistics:
        from reconciler import workflow

        return workflow.check(request(asked.where))
    from reconciler.workflow.measuring import grown

    return grown(request(asked.where))


def _fails(review: Review) -> bool:
    from reconciler.report.drift import drift, pending
    from reconciler.report.faults import unsound

    fails = any(one.counts and one.status == "fail" for one in review.asserted)
    return fails or unsound(review) or pending(review, drift(review))
