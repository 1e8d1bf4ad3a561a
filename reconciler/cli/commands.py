"""What the commands that look at a database were asked in, a report out; each calls one function of the workflow."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.options import Format, Where
from reconciler.cli.report import Report, failed
from reconciler.errors import ApprovalNeeded, ReconcileError, UsageError
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.cli.desk import Desk
    from reconciler.model.ref import Ref
    from reconciler.plan.policy import Allowance
    from reconciler.report.facts import Applied, Review
    from reconciler.report.layout import Look
    from reconciler.workflow import Request
    from reconciler.workflow.adopting import Wanted

# How null is said among arguments, as in COPY of PostgreSQL and LOAD DATA of MySQL.
NULL = r"\N"


@frozen
class Order:
    """What `apply` is asked to do, or a command that ends in one; `words` are those of that command.

    `only` are the addresses that `drift revert` names.
    """

    where: Where
    allow: tuple[str, ...] = ()
    saved: Path | None = None
    auto_approve: bool = False
    expect_id: str | None = None
    dry_run: bool = False
    only: tuple[str, ...] = ()
    rehearse: bool | None = None
    backup: bool | None = None
    words: tuple[str, ...] = ()


# What an apply is done with: the workflow's own function, or one of a command that ends in it.
Act = Callable[..., "Applied"]


def request(where: Where) -> Request:
    """Return what the words of a command line mean to the workflow."""
    from reconciler.workflow import Request

    return Request(
        directory=where.directory, environment=where.environment, url=where.url, specs=where.specs,
        variables=dict(where.variables), lock_timeout=where.lock_timeout,
    )  # fmt: skip


def allowances(words: tuple[str, ...]) -> list[Allowance]:
    from reconciler.plan.policy import parse_allowance

    return [parse_allowance(word) for word in words]


def _only(addresses: tuple[str, ...]) -> frozenset[Ref]:
    if not addresses:
        return frozenset()
    from reconciler.workflow.accepting import parsed

    return frozenset(parsed(addresses))


def apply_command(order: Order, environment: str) -> str:
    """Return the command that applies what is meant here, ready for a shell; a password in a URL is not shown.

    A URL without one is shown to the letter: without its parameters it may lead to another database.
    """
    from reconciler.spec.urls import has_password, without_password

    where = order.where
    command = order.words or ("apply",)
    words = ["reconcile", *command, *([str(order.saved)] if order.saved else [])]
    words += ["-C", str(where.directory)] if where.directory != Path() else []
    words += ["-e", environment] if where.environment or not where.url else []
    if where.url:
        words += ["--url", without_password(where.url) if has_password(where.url) else where.url]
    words += [word for path in where.specs for word in ("--specs", str(path))]
    words += [word for name, value in where.variables for word in ("--var", f"{name}={value}")]
    words += [word for allowed in order.allow for word in ("--allow", allowed)]
    return shlex.join(words)


def plan(
    where: Where,
    allow: tuple[str, ...],
    out: Path | None,
    pending: int,
    against: str | None,
    rehearse: bool | None,
    select: tuple[str, ...],
    desk: Desk,
) -> Report:
    """Show what an apply would do, and save it where that was asked for.

    `pending` is the exit code if there is anything to do; `against` stands for the database where none is asked;
    `select` says which part is meant, none is everything.
    """
    from reconciler import workflow
    from reconciler.report.events import plan_events

    if against is not None:
        if select:
            raise UsageError("--select is about a database, and --against says that there is none")
        if rehearse:
            raise UsageError("a plan against a snapshot or commit has no database on which it could be rehearsed")
        from reconciler.workflow.against import plan_against

        review = plan_against(request(where), against, allowances(allow))
    elif select:
        from reconciler.workflow.choosing import plan_part

        review = plan_part(request(where), select, given=allowances(allow), rehearse=rehearse)
    else:
        review = workflow.plan(request(where), given=allowances(allow), rehearse=rehearse)
    if out is not None:
        from reconciler.report.plan_file import write_plan

        write_plan(out, review)
    desk.events.about(review)
    report = plan_report(review, Order(where=where, allow=allow, saved=out, words=_next_words(select, out)))
    report = replace(report, exit_code=0 if review.planned.plan.empty else pending, events=partial(plan_events, review))
    return _unless_failed(review, report)


def _next_words(select: tuple[str, ...], out: Path | None) -> tuple[str, ...]:
    """Return the words of the command that comes after a plan: one of a part has to be saved to be applied."""
    if not select or out is not None:
        return ()
    return ("plan", *(word for one in select for word in ("--select", one)), "--out", "plan.json")


def _unless_failed(review: Review, report: Report) -> Report:
    """Return the report of a plan, as that of an error when it failed its rehearsal."""
    if review.rehearsal is None:
        return report
    from reconciler.workflow.rehearsing import refuse_failed

    try:
        refuse_failed(review)
    except ReconcileError as error:
        return failed(error, report)
    return report


def _plan_page(review: Review, look: Look) -> str:
    from reconciler.report.html.plan_page import plan_html
    from reconciler.workflow.way_back import way_back

    return plan_html(review, look, way_back(review))


def _plan_markdown(review: Review, look: Look) -> str:
    from reconciler.report.plan_markdown import plan_markdown

    return plan_markdown(review, look)


def _plan_sql(review: Review, look: Look) -> str:
    from reconciler.report.sql import plan_sql

    return plan_sql(review)


def _plan_forms(review: Review, command: str) -> Mapping[Format, Callable[[Look], str]]:
    """Return what else than text and data a plan can be shown as; what makes it is loaded by whoever wants it."""
    writers = {Format.MARKDOWN: _plan_markdown, Format.SQL: _plan_sql, Format.HTML: _plan_page}
    return {form: partial(_written, writer, review, command) for form, writer in writers.items()}


def _written(writer: Callable[[Review, Look], str], review: Review, command: str, look: Look) -> str:
    return writer(review, replace(look, apply=command))


def plan_report(review: Review, order: Order) -> Report:
    """Return the report of a plan."""
    from reconciler.report.plan_json import plan_data
    from reconciler.report.review_findings import plan_problems
    from reconciler.report.text import plan_text

    command = apply_command(order, review.environment)
    return Report(
        text=lambda look: plan_text(review, replace(look, apply=command)),
        data=lambda: plan_data(review),
        forms=_plan_forms(review, command),
        problems=review.warnings,
        findings=lambda: (plan_problems(review), ()),
    )


def apply(order: Order, desk: Desk, act: Act | None = None) -> Report:
    """Make the database match; when that is refused, the plan is the result.

    `act` stands for `workflow.apply`, where a command ends in one.
    """
    try:
        return _applied(order, desk, act)
    except ReconcileError as error:
        review: Review | None = getattr(error, "review", None)
        if review is None:
            raise
        report = plan_report(review, order)
        # Whoever could not be asked has been shown the plan already.
        return failed(error, replace(report, text=Report().text) if isinstance(error, ApprovalNeeded) else report)


def _applied(order: Order, desk: Desk, act: Act | None) -> Report:
    from reconciler import workflow
    from reconciler.cli.asking import confirming, noting
    from reconciler.cli.progress import telling
    from reconciler.report.assertions import failure
    from reconciler.report.events import assertion_events
    from reconciler.report.outcome import apply_data, apply_text

    with telling(desk) as journal:
        done = (act or workflow.apply)(
            request(order.where),
            workflow.Terms(
                given=allowances(order.allow),
                saved=order.saved,
                expect_id=order.expect_id,
                dry_run=order.dry_run,
                only=_only(order.only),
                rehearse=order.rehearse,
                backup=order.backup,
            ),
            seen=noting(desk, journal),
            confirm=confirming(order, desk),
            progress=journal.progress,
        )
    error = failure(done.review.asserted, "everything is applied and stays so, but ")
    events = partial(assertion_events, done.review)
    if done.outcome is None:
        report = _with_rows(done, replace(plan_report(done.review, order), events=events))
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


def _with_rows(done: Applied, report: Report) -> Report:
    """Return the report of a plan with what became of rows that were brought back."""
    if not done.refilled:
        return report
    from reconciler.report.outcome import refilled_data, refilled_lines

    return replace(
        report, text=lambda look: report.text(look) + "".join(f"{line}\n" for line in refilled_lines(done, look)),
        data=lambda: {**(report.data() or {}), "rows_back": refilled_data(done)},
    )  # fmt: skip


def diff(where: Where, first: str, second: str, pending: int) -> Report:
    """Show what makes one model into another; `pending` is the exit code if they differ."""
    from reconciler.report.plan_json import plan_data
    from reconciler.report.text import plan_text
    from reconciler.workflow.differing import difference

    review = difference(request(where), first, second)
    return Report(
        exit_code=0 if review.planned.plan.empty else pending,
        text=lambda look: plan_text(review, replace(look, apply="")),
        data=lambda: {"from": first, "to": second, **plan_data(review)},
        forms=_plan_forms(review, ""),
    )


def import_(where: Where, out: Path, select: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Report:
    """Write a live database as specs."""
    from reconciler import workflow
    from reconciler.report.outcome import import_data, import_text

    done = workflow.import_(request(where), out, select, exclude)
    command = shlex.join(["reconcile", "plan", "-C", str(out)])
    return Report(text=lambda look: import_text(done, replace(look, apply=command)), data=lambda: import_data(done))


def import_sql(where: Where, wanted: Wanted) -> Report:
    """Write what files of SQL make as specs; where they fail or contradict, nothing."""
    from reconciler.errors import SpecError
    from reconciler.report.adopting import adopted_data, adopted_text
    from reconciler.workflow.adopting import import_sql as run

    done = run(request(where), wanted)
    command = shlex.join(["reconcile", "validate", "-C", str(wanted.out)])
    report = Report(text=lambda look: adopted_text(done, replace(look, apply=command)), data=lambda: adopted_data(done))
    return failed(SpecError(done.problems), report) if done.problems else report


def call(where: Where, procedure: str, arguments: tuple[str, ...]) -> Report:
    """Run a declared procedure."""
    from reconciler.report.calling import call_data, call_text
    from reconciler.workflow.calling import call as run

    done = run(request(where), procedure, [None if word == NULL else word for word in arguments])
    return Report(text=lambda look: call_text(done, look), data=lambda: call_data(done))
