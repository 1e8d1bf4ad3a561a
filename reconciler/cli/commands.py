"""What the commands that look at a database were asked in, a report out; each calls one function of the workflow."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.options import Format, Where
from reconciler.cli.report import Report, failed
from reconciler.errors import ApprovalNeeded, ReconcileError

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.plan.policy import Allowance
    from reconciler.report.facts import Review
    from reconciler.workflow import Request

# How null is said among arguments, as in COPY of PostgreSQL and LOAD DATA of MySQL.
NULL = r"\N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `apply` is asked to do."""

    where: Where
    allow: tuple[str, ...] = ()
    saved: Path | None = None
    auto_approve: bool = False
    expect_id: str | None = None
    dry_run: bool = False


def request(where: Where) -> Request:
    """Return what the words of a command line mean to the workflow."""
    from reconciler.workflow import Request

    return Request(
        directory=where.directory, environment=where.environment, url=where.url, specs=where.specs,
        variables=dict(where.variables), lock_timeout=where.lock_timeout,
    )  # fmt: skip


def _given(words: tuple[str, ...]) -> list[Allowance]:
    from reconciler.plan.policy import parse_allowance

    return [parse_allowance(word) for word in words]


def apply_command(order: Order, environment: str) -> str:
    """Return the command that applies what is meant here, ready for a shell; a password in a URL is not shown.

    A URL without one is shown to the letter: without its parameters it may lead to another database.
    """
    from reconciler.spec.urls import has_password, without_password

    where = order.where
    words = ["reconcile", "apply", *([str(order.saved)] if order.saved else [])]
    words += ["-C", str(where.directory)] if where.directory != Path() else []
    words += ["-e", environment] if where.environment or not where.url else []
    if where.url:
        words += ["--url", without_password(where.url) if has_password(where.url) else where.url]
    words += [word for path in where.specs for word in ("--specs", str(path))]
    words += [word for name, value in where.variables for word in ("--var", f"{name}={value}")]
    words += [word for allowed in order.allow for word in ("--allow", allowed)]
    return shlex.join(words)


def plan(
    where: Where, allow: tuple[str, ...], out: Path | None, pending: int, against: str | None, desk: Desk
) -> Report:
    """Show what an apply would do, and save it where that was asked for.

    `pending` is the exit code if there is anything to do; `against` stands for the database where none is asked.
    """
    from reconciler import workflow
    from reconciler.report.events import plan_events

    if against is not None:
        from reconciler.workflow.against import plan_against

        review = plan_against(request(where), against, _given(allow))
    else:
        review = workflow.plan(request(where), given=_given(allow))
    if out is not None:
        from reconciler.report.plan_file import write_plan

        write_plan(out, review)
    desk.events.about(review)
    report = plan_report(review, Order(where=where, allow=allow, saved=out))
    events = partial(plan_events, review)
    return replace(report, exit_code=0 if review.planned.plan.empty else pending, events=events)


def plan_report(review: Review, order: Order) -> Report:
    """Return the report of a plan."""
    from reconciler.report.plan_json import plan_data
    from reconciler.report.plan_markdown import plan_markdown
    from reconciler.report.sql import plan_sql
    from reconciler.report.text import plan_text

    command = apply_command(order, review.environment)
    return Report(
        text=lambda look: plan_text(review, replace(look, apply=command)),
        data=lambda: plan_data(review),
        forms={
            Format.MARKDOWN: lambda look: plan_markdown(review, replace(look, apply=command)),
            Format.SQL: lambda look: plan_sql(review),
        },
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
    from reconciler.cli.asking import confirming, noting
    from reconciler.cli.progress import telling
    from reconciler.report.assertions import failure
    from reconciler.report.events import assertion_events
    from reconciler.report.outcome import apply_data, apply_text

    with telling(desk) as journal:
        done = workflow.apply(
            request(order.where),
            workflow.Terms(
                given=_given(order.allow), saved=order.saved, expect_id=order.expect_id, dry_run=order.dry_run
            ),
            seen=noting(desk, journal),
            confirm=confirming(order, desk),
            progress=journal.progress,
        )
    error = failure(done.review.asserted, "everything is applied and stays so, but ")
    events = partial(assertion_events, done.review)
    if done.outcome is None:
        report = replace(plan_report(done.review, order), events=events)
        return failed(error, report) if error else report
    desk.events.context["run_id"] = done.outcome.run_id
    steps = tuple(journal.done)
    shown = () if journal.shown else steps
    report = Report(
        text=lambda look: apply_text(done, shown, look),
        data=lambda: apply_data(done, steps),
        problems=done.review.warnings,
        events=events,
    )
    return failed(error, report) if error else report


def check(where: Where, desk: Desk) -> Report:
    """Look for drift, and whether what is asserted of the rows is so.

    What differs or does not hold ends with 2; an assertion that could not be asked, and nothing else, is an error.
    """
    from reconciler import workflow
    from reconciler.report.assertions import failure
    from reconciler.report.drift import check_data, check_text, drift, pending
    from reconciler.report.drift_markdown import check_markdown
    from reconciler.report.events import assertion_events, check_events

    review = workflow.check(request(where))
    bad = [one for one in review.asserted if one.counts]
    desk.events.about(review)
    command = apply_command(Order(where=where), review.environment)
    report = Report(
        exit_code=2 if pending(review, drift(review)) or any(one.status == "fail" for one in bad) else 0,
        text=lambda look: check_text(review, replace(look, apply=command)),
        data=lambda: check_data(review, command),
        forms={Format.MARKDOWN: lambda look: check_markdown(review, replace(look, apply=command))},
        events=lambda: chain(check_events(review, command), assertion_events(review)),
        problems=review.warnings,
    )
    error = failure(bad)
    return failed(error, report) if error and not report.exit_code else report


def diff(where: Where, first: str, second: str, pending: int) -> Report:
    """Show what makes one model into another; `pending` is the exit code if they differ."""
    from reconciler.report.plan_json import plan_data
    from reconciler.report.plan_markdown import plan_markdown
    from reconciler.report.sql import plan_sql
    from reconciler.report.text import plan_text
    from reconciler.workflow.differing import difference

    review = difference(request(where), first, second)
    return Report(
        exit_code=0 if review.planned.plan.empty else pending,
        text=lambda look: plan_text(review, replace(look, apply="")),
        data=lambda: {"from": first, "to": second, **plan_data(review)},
        forms={
            Format.MARKDOWN: lambda look: plan_markdown(review, replace(look, apply="")),
            Format.SQL: lambda look: plan_sql(review),
        },
    )


def import_(where: Where, out: Path, select: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Report:
    """Write a live database as specs."""
    from reconciler import workflow
    from reconciler.report.outcome import import_data, import_text

    done = workflow.import_(request(where), out, select, exclude)
    command = shlex.join(["reconcile", "plan", "-C", str(out)])
    return Report(text=lambda look: import_text(done, replace(look, apply=command)), data=lambda: import_data(done))


def call(where: Where, procedure: str, arguments: tuple[str, ...]) -> Report:
    """Run a declared procedure."""
    from reconciler.report.calling import call_data, call_text
    from reconciler.workflow.calling import call as run

    done = run(request(where), procedure, [None if word == NULL else word for word in arguments])
    return Report(text=lambda look: call_text(done, look), data=lambda: call_data(done))
