"""A request in; what an apply would do, or that it is done and proven, out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler import spec
from reconciler.compare.planning import Planned
from reconciler.dialects.base import Session
from reconciler.errors import Problem, ReconcileError, StalePlan
from reconciler.execute.batches import Progress
from reconciler.model.model import Desired
from reconciler.plan.policy import Allowance, Approve
from reconciler.report.facts import Applied, ForeignTool, Review, SpecVersion
from reconciler.report.plan_file import SavedPlan, read_plan
from reconciler.workflow import narrowing
from reconciler.workflow.applying import Intent, plan_on, refuse, run_locked
from reconciler.workflow.auditing import audit
from reconciler.workflow.declaring import declare, load, spec_version
from reconciler.workflow.foreign import foreign_tools
from reconciler.workflow.looking import reading, review_of, seeing_schemas, session_on, told
from reconciler.workflow.opening import Opened, Request, open_project, open_request
from reconciler.workflow.outlining import Sources, declared

Confirm = Callable[[Review], None]
# What is to be found out about a database besides the plan, on the same session.
Besides = Callable[[Opened, Session, Planned], tuple[ForeignTool, ...]]


def plan(request: Request, *, given: Sequence[Allowance] = ()) -> Review:
    """Compare the specs with the database and say what an apply would do; nothing is written.

    Raises:
        SpecError, UsageError, TargetError: as `opening` and `declaring` say.
        PlanError: when the specs and the database contradict each other, or a change cannot be made.
    """
    return _compared(request, given, lambda opened, session, planned: ())[1]


def check(request: Request) -> Review:
    """Compare as `plan` does, look how other tools left their accounts, and ask the rows what is asserted of them.

    What differs is read off the changes. Raises what `plan` raises.
    """
    opened, review = _compared(request, (), _of_others)
    asserted = audit(opened, review.desired.assertions, lambda: review.whole().desired.model)
    return replace(review, asserted=asserted)


def _of_others(opened: Opened, session: Session, planned: Planned) -> tuple[ForeignTool, ...]:
    return foreign_tools(opened, session, planned.comparison.live)


def _compared(request: Request, given: Sequence[Allowance], besides: Besides) -> tuple[Opened, Review]:
    begun = time.monotonic()
    opened = open_request(request, access="read")
    documents = load(opened.project)
    sources = Sources(
        project=opened.project, documents=documents, dialect=opened.dialect, target=opened.target,
        given=request.variables,
    )  # fmt: skip
    found = declared(sources)
    opened = seeing_schemas(opened, found.desired.model)
    with session_on(opened) as session, told(None):
        look = narrowing.Look(sources=sources, found=found, opened=opened, session=session, given=given)
        result = narrowing.planned(look)
        tools = besides(opened, session, result.planned)
    version = spec_version(opened.project, documents)
    seconds = time.monotonic() - begun
    review = review_of(opened, result.planned, result.desired, version, result.warnings, seconds)
    return opened, replace(review, complete=result.complete, foreign_tools=tools)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What somebody wants an apply to hold to.

    `given` are the hazards that the command line allows. `saved` is a plan file to apply as it is, without any spec.
    `expect_id` is the id that the plan must have. `dry_run` stops before anything is executed.
    """

    given: Sequence[Allowance] = ()
    saved: Path | None = None
    expect_id: str | None = None
    dry_run: bool = False


def apply(
    request: Request,
    terms: Terms | None = None,
    *,
    seen: Confirm = lambda review: None,
    confirm: Confirm = lambda review: None,
    progress: Progress | None = None,
) -> Applied:
    """Make the database match, and prove it.

    Args:
        request: which specs and which database.
        terms: what to hold to.
        seen: is told of the plan before anything comes of it.
        confirm: asks a person; raises when the answer is no. Not called when policy wants no approval.
        progress: whom to tell.

    Raises:
        Refused: with the review in its attribute `review`.
        StalePlan, LockTaken, ApplyFailed, NotConverged, TargetError: as their classes say.
    """
    terms = terms or Terms()
    begun = time.monotonic()
    aim = _aim(request, terms.saved)
    expected = terms.expect_id or aim.plan_id
    review = _seen(aim, terms.given, begun)
    seen(review)
    planned = review.planned
    if expected and planned.plan.id != expected:
        hint = "plan again and look at what is different"
        raise StalePlan(f"the plan is stale: it would now be {planned.plan.id}, not {expected}", hint=hint)
    _refuse_with(review)
    if _asks(aim.opened, planned):
        confirm(review)
    if terms.dry_run:
        return Applied(review=review, outcome=None)
    accepts = _accepting(aim.opened, planned, expected)
    return _run(aim, Intent(aim.desired, tuple(terms.given), planned, accepts, progress or Progress()), begun)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """What an apply is to make of which database; `plan_id` is that of a saved plan, "" without one."""

    opened: Opened
    desired: Desired
    version: SpecVersion
    warnings: tuple[Problem, ...] = ()
    plan_id: str = ""


def _aim(request: Request, saved: Path | None) -> _Aim:
    """Find out what to make of the database: from the specs, or from a saved plan."""
    if saved is not None:
        file = read_plan(saved)
        opened = seeing_schemas(_where_planned(file, request), file.desired.model)
        return _Aim(opened=opened, desired=file.desired, version=SpecVersion(sha256=""), plan_id=file.id)
    opened = open_request(request, access="write")
    documents = load(opened.project)
    desired, warnings = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    version = spec_version(opened.project, documents)
    return _Aim(opened=seeing_schemas(opened, desired.model), desired=desired, version=version, warnings=warnings)


def _seen(aim: _Aim, given: Sequence[Allowance], begun: float) -> Review:
    """Plan without the lock, for eyes that decide."""
    with session_on(reading(aim.opened)) as session, told(aim.desired):
        planned = plan_on(aim.opened, session, aim.desired, given)
    return review_of(aim.opened, planned, aim.desired, aim.version, aim.warnings, time.monotonic() - begun)


def _run(aim: _Aim, intent: Intent, begun: float) -> Applied:
    with told(aim.desired):
        done, outcome = run_locked(aim.opened, intent)
    review = review_of(aim.opened, done, aim.desired, aim.version, aim.warnings, time.monotonic() - begun)
    review = replace(review, asserted=audit(aim.opened, aim.desired.assertions, lambda: aim.desired.model))
    return Applied(review=review, outcome=None if done.plan.empty else outcome)


def _where_planned(file: SavedPlan, request: Request) -> Opened:
    """Open what a saved plan was made for: its own environment, unless another one is named.

    Raises StalePlan when that is another project, environment, dialect or schema; a URL has no environment.
    """
    project = open_project(request)
    _same("project", file.project, project.name)
    if spec.named_environment(project, request.environment, os.environ) is None and project.environments:
        if not any(environment.name == file.environment for environment in project.environments):
            _same("environment", file.environment, "a project without it")
        request = replace(request, environment=file.environment)
    opened = open_request(request, access="write")
    if request.url is None:
        _same("environment", file.environment, opened.environment.name)
    _same("dialect", file.dialect, opened.dialect.name)
    default = opened.dialect.default_schema
    _same("schema", file.schema or default, opened.target.schema or default)
    return opened


def _same(what: str, planned: str, found: str) -> None:
    if planned != found:
        message = f"the plan was made for the {what} {planned}, and here it would meet {found}"
        raise StalePlan(message, hint="apply it where it belongs, or plan again for this target")


def _asks(opened: Opened, planned: Planned) -> bool:
    """Say whether a person is to be asked."""
    if planned.plan.empty or opened.policy.approve is Approve.NEVER:
        return False
    consents = any(hazard.effect != "notice" for hazard in planned.hazards)
    return opened.policy.approve is Approve.ALWAYS or consents


def _accepting(opened: Opened, shown: Planned, expected: str) -> Callable[[Planned], bool]:
    """Return what is accepted under the lock.

    With an expected id, that plan alone. Otherwise what was shown, nothing to do, and, where nobody had to be asked,
    any other plan about which nobody has to be asked either.
    """
    if expected:
        return lambda now: now.plan.id == expected
    free = not _asks(opened, shown)
    return lambda now: now.plan.empty or now.plan.id == shown.plan.id or (free and not _asks(opened, now))


def _refuse_with(review: Review) -> None:
    try:
        refuse(review.planned)
    except ReconcileError as error:
        error.review = review  # type: ignore[attr-defined]
        raise
