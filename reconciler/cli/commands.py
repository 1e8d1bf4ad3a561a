"""What the words of a command line ask for in, a report out; each command calls one function of the workflow."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.cli.options import Where
from reconciler.errors import ApprovalNeeded, Problem, ReconcileError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.plan.policy import Allowance
    from reconciler.report.facts import Review
    from reconciler.report.layout import Look
    from reconciler.workflow import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command has to tell: its exit code, and the result as text and as data, made when somebody wants it.

    `error` says why it failed; there may be a result all the same, such as the plan that was refused.
    """

    exit_code: int = 0
    text: Callable[[Look], str] = lambda look: ""
    data: Callable[[], Mapping[str, Any] | None] = lambda: None
    problems: tuple[Problem, ...] = ()
    error: ReconcileError | None = None


def failed(error: ReconcileError, report: Report | None = None) -> Report:
    """Return the report of a command that failed, with what it can show in spite of that."""
    return replace(report or Report(), exit_code=error.exit_code, problems=error.problems(), error=error)


Action = Callable[["Desk"], Report]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `apply` is asked to do."""

    where: Where
    allow: tuple[str, ...] = ()
    saved: Path | None = None
    auto_approve: bool = False
    expect_id: str | None = None
    dry_run: bool = False


def _request(where: Where) -> Request:
    from reconciler.workflow import Request

    return Request(
        directory=where.directory, environment=where.environment, url=where.url, specs=where.specs,
        variables=dict(where.variables), lock_timeout=where.lock_timeout,
    )  # fmt: skip


def _given(words: tuple[str, ...]) -> list[Allowance]:
    from reconciler.plan.policy import parse_allowance

    return [parse_allowance(word) for word in words]


def apply_command(order: Order, environment: str) -> str:
    """Return the command that applies what is meant here, ready for a shell; a password in a URL is not shown."""
    from reconciler.spec.urls import without_password

    where = order.where
    words = ["reconcile", "apply", *([str(order.saved)] if order.saved else [])]
    words += ["-C", str(where.directory)] if where.directory != Path() else []
    words += ["-e", environment] if where.environment or not where.url else []
    words += ["--url", without_password(where.url)] if where.url else []
    words += [word for path in where.specs for word in ("--specs", str(path))]
    words += [word for name, value in where.variables for word in ("--var", f"{name}={value}")]
    words += [word for allowed in order.allow for word in ("--allow", allowed)]
    return shlex.join(words)


def validate(where: Where) -> Report:
    """Check the specs alone."""
    from reconciler import workflow
    from reconciler.report.outcome import validate_data, validate_text

    done = workflow.validate(_request(where))
    return Report(text=lambda look: validate_text(done, look), data=lambda: validate_data(done), problems=done.warnings)


def plan(where: Where, allow: tuple[str, ...], out: Path | None, pending: int) -> Report:
    """Show what an apply would do, and save it where that was asked for; `pending` is the exit code if there is any."""
    from reconciler import workflow

    review = workflow.plan(_request(where), given=_given(allow))
    if out is not None:
        from reconciler.report.plan_file import write_plan

        write_plan(out, review)
    order = Order(where=where, allow=allow, saved=out)
    return replace(plan_report(review, order), exit_code=0 if review.planned.plan.empty else pending)


def plan_report(review: Review, order: Order) -> Report:
    """Return the report of a plan."""
    from reconciler.report.plan_json import plan_data
    from reconciler.report.text import plan_text

    command = apply_command(order, review.environment)
    return Report(
        text=lambda look: plan_text(review, replace(look, apply=command)),
        data=lambda: plan_data(review),
        problems=review.warnings,
    )


def apply(order: Order, desk: Desk) -> Report:
    """Make the database match; when that is refused, the plan is the result."""
    try:
        return _applied(order, desk)
    except ReconcileError as error:
        review: Review | None = getattr(error, "review", None)
        if review is None:
            raise
        report = plan_report(review, order)
        # Whoever could not be asked has been shown the plan already.
        return failed(error, replace(report, text=Report().text) if isinstance(error, ApprovalNeeded) else report)


def _applied(order: Order, desk: Desk) -> Report:
    from reconciler import workflow
    from reconciler.cli.asking import confirming
    from reconciler.cli.progress import telling
    from reconciler.report.outcome import apply_data, apply_text

    with telling(desk) as journal:
        done = workflow.apply(
            _request(order.where),
            workflow.Terms(
                given=_given(order.allow), saved=order.saved, expect_id=order.expect_id, dry_run=order.dry_run
            ),
            confirm=confirming(order, desk, journal),
            progress=journal.progress,
        )
    if done.outcome is None:
        return plan_report(done.review, order)
    steps = tuple(journal.done)
    shown = () if journal.shown else steps
    return Report(
        text=lambda look: apply_text(done, shown, look),
        data=lambda: apply_data(done, steps),
        problems=done.review.warnings,
    )


def check(where: Where) -> Report:
    """Look for drift."""
    from reconciler import workflow
    from reconciler.report.drift import check_data, check_text, drift, pending

    review = workflow.check(_request(where))
    command = apply_command(Order(where=where), review.environment)
    return Report(
        exit_code=2 if pending(review, drift(review)) else 0,
        text=lambda look: check_text(review, replace(look, apply=command)),
        data=lambda: check_data(review, command),
        problems=review.warnings,
    )


def import_(where: Where, out: Path) -> Report:
    """Write a live database as specs."""
    from reconciler import workflow
    from reconciler.report.outcome import import_data, import_text

    done = workflow.import_(_request(where), out)
    command = shlex.join(["reconcile", "plan", "-C", str(out)])
    return Report(text=lambda look: import_text(done, replace(look, apply=command)), data=lambda: import_data(done))


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
