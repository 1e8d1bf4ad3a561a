"""A request in; what an apply would do, or that it is done and proven, out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler import spec
from reconciler.compare.alike import hints
from reconciler.compare.planning import Planned
from reconciler.dialects.base import Session
from reconciler.errors import Problem, ReconcileError, StalePlan, UsageError
from reconciler.execute.batches import Progress
from reconciler.frozen import frozen
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.plan.policy import Allowance, Approve
from reconciler.plan.scope import Reason, Undeclared
from reconciler.report.facts import Applied, Review, SpecVersion
from reconciler.report.plan_file import SavedPlan, read_plan
from reconciler.spec.outline import Outlines
from reconciler.workflow import narrowing
from reconciler.workflow.ahead import looked_at
from reconciler.workflow.applying import plan_on, run_locked
from reconciler.workflow.auditing import audit
from reconciler.workflow.declaring import declare, load, spec_version
from reconciler.workflow.foreign import foreign_tools
from reconciler.workflow.keeping import Keeping
from reconciler.workflow.looking import reading, review_of, seeing_schemas, session_on, told
from reconciler.workflow.opening import Opened, Request, open_project, open_request
from reconciler.workflow.outlining import Sources, declared
from reconciler.workflow.rehearsing import refuse_failed, rehearsed
from reconciler.workflow.stages import Intent, refuse
from reconciler.workflow.tracing import followed

Confirm = Callable[[Review], None]
# What is to be found out about a database besides the plan, on the same session.
Besides = Callable[[Opened, Session, narrowing.Result, Review], Review]


def plan(request: Request, *, given: Sequence[Allowance] = (), rehearse: bool | None = False) -> Review:
    """Compare the specs with the database and say what an apply would do; nothing is written.

    Args:
        request: which specs and which database.
        given: the allowances of the command line.
        rehearse: whether the plan is tried on a copy; None leaves it to the dialect.

    Raises:
        SpecError, UsageError, TargetError: as `opening` and `declaring` say.
        PlanError: when the specs and the database contradict each other, or a change cannot be made.
    """
    opened, review = _compared(request, given, lambda opened, session, result, review: review)
    with told(review.desired):
        return rehearsed(opened, review, rehearse)


def besides(opened: Opened, session: Session, result: narrowing.Result, review: Review) -> Review:
    """Add to a plan what a check looks at: other tools' accounts, and whether rows and indexes are sound."""
    from reconciler.workflow.conditions import condition

    tools = foreign_tools(opened, session, result.planned.comparison.live)
    found = condition(opened, session, result.planned, lambda: review.whole().desired.model)
    return replace(review, foreign_tools=tools, condition=found)


def check(request: Request, also: Besides = besides) -> Review:
    """Compare as `plan` does, and find out what else is to be found out on the same session.

    What differs is read off the changes. Raises what `plan` raises.
    """
    opened, review = _compared(request, (), also)
    asserted = audit(opened, review.desired.assertions, lambda: review.whole().desired.model)
    return replace(review, asserted=asserted)


def _compared(request: Request, given: Sequence[Allowance], besides: Besides) -> tuple[Opened, Review]:
    begun = time.monotonic()
    opened = open_request(request, access="read")
    with looked_at(opened) as look_at:
        documents = load(opened.project)
        sources = Sources(
            project=opened.project, documents=documents, dialect=opened.dialect, target=opened.target,
            given=request.variables,
        )  # fmt: skip
        found = declared(sources, Outlines.surely_planned)
        opened = seeing_schemas(opened, found.desired.model)
        with told(None):
            seen = look_at(opened, documents)
            look = narrowing.Look(sources=sources, found=found, opened=opened, seen=seen, given=given)
            result = narrowing.planned(look)
            version = spec_version(opened.project, documents)
            seconds = time.monotonic() - begun
            review = review_of(opened, result.planned, result.desired, version, result.warnings, seconds)
            review = besides(opened, seen.session, result, replace(review, complete=result.complete))
    return opened, review


@frozen
class Terms:
    """What somebody wants an apply to hold to.

    `given` are the hazards that the command line allows. `saved` is a plan file to apply as it is, without any spec.
    `expect_id` is the id that the plan must have. `dry_run` stops before anything is executed. `only` are addresses
    beyond which nothing changes; what nobody declared there goes. `rehearse` says whether the plan is tried on a copy
    first; None leaves it to the dialect. `backup` says whether one is made before the first step; None leaves it to the
    environment.
    """

    given: Sequence[Allowance] = ()
    saved: Path | None = None
    expect_id: str | None = None
    dry_run: bool = False
    only: frozenset[Ref] = frozenset()
    rehearse: bool | None = False
    backup: bool | None = None


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
    return apply_aim(_aim(request, terms), terms, seen=seen, confirm=confirm, progress=progress or Progress())


def apply_aim(
    aim: Aim, terms: Terms, *, seen: Confirm, confirm: Confirm, progress: Progress, command: str = "apply"
) -> Applied:
    """Make a database what it is to be; arguments and errors as for `apply`. `command` is the run's in the ledger."""
    begun = time.monotonic()
    expected = terms.expect_id or aim.plan_id
    review = shown_plan(aim, terms.given, begun)
    seen(review)
    planned = review.planned
    _known(terms.only, planned)
    if expected and planned.plan.id != expected:
        hint = "plan again and look at what is different"
        raise StalePlan(f"the plan is stale: it would now be {planned.plan.id}, not {expected}", hint=hint)
    review = passing(aim, review, terms.rehearse)
    progress = followed(progress, aim.opened.dialect.name)
    keeping = Keeping(aim.opened, planned, terms.backup, progress)
    if _asks(aim.opened, planned):
        confirm(review)
    if terms.dry_run:
        return Applied(review=review, outcome=None)
    accepts = _accepting(aim.opened, planned, expected)
    commit = _commit_words(aim.version)
    intent = Intent(aim.desired, tuple(terms.given), planned, accepts, progress, command, keeping.keep, commit)
    intent = replace(intent, takes_back=aim.takes_back, ends=aim.ends)
    with keeping.told():
        done = run_aim(aim, intent, begun)
    return replace(done, review=replace(done.review, rehearsal=review.rehearsal), backup=keeping.made)


def _commit_words(version: SpecVersion) -> str:
    return f"{version.commit}, with changes that are not in it" if version.dirty else version.commit


def passing(aim: Aim, review: Review, rehearse: bool | None) -> Review:
    """Return a review with its rehearsal. Raises what `apply` does when it is refused or went wrong there."""
    _with(review, lambda one: refuse(one.planned))
    with told(aim.desired):
        review = rehearsed(aim.opened, review, rehearse)
    _with(review, refuse_failed)
    return review


@frozen
class Aim:
    """What an apply is to make of which database; `plan_id` is that of a saved plan, "" without one.

    `back` says, where it is what was there once, what that takes back, which are the runs `takes_back`; `ends` is the
    state of a run that made it so.
    """

    opened: Opened
    desired: Desired
    version: SpecVersion
    warnings: tuple[Problem, ...] = ()
    plan_id: str = ""
    back: tuple[str, ...] = ()
    takes_back: tuple[str, ...] = ()
    ends: str = "done"


def _aim(request: Request, terms: Terms) -> Aim:
    """Find out what to make of the database, and how much of it."""
    aim = whole_aim(request, terms.saved)
    if not terms.only:
        return aim
    # Rows that are declared and backfills are no part of what somebody changed by hand at an address.
    desired = replace(aim.desired, data=(), backfills=())
    opened = replace(aim.opened, policy=replace(aim.opened.policy, only=terms.only, undeclared=Undeclared.DROP))
    return replace(aim, opened=opened, desired=desired)


def whole_aim(request: Request, saved: Path | None) -> Aim:
    """Find out what to make of the database: from the specs, or from a saved plan."""
    if saved is not None:
        file = read_plan(saved)
        opened = seeing_schemas(_where_planned(file, request), file.desired.model)
        opened = replace(opened, policy=replace(opened.policy, only=file.only))
        return Aim(opened=opened, desired=file.desired, version=file.version, plan_id=file.id)
    opened = open_request(request, access="write")
    documents = load(opened.project)
    desired, warnings = declare(opened.project, documents, opened.dialect, opened.target, request.variables)
    version = spec_version(opened.project, documents)
    return Aim(opened=seeing_schemas(opened, desired.model), desired=desired, version=version, warnings=warnings)


def shown_plan(aim: Aim, given: Sequence[Allowance], begun: float) -> Review:
    """Plan without the lock, for eyes that decide."""
    with session_on(reading(aim.opened)) as session, told(aim.desired):
        planned = plan_on(aim.opened, session, aim.desired, given)
    planned = _explained(planned, aim.back)
    return review_of(aim.opened, planned, aim.desired, aim.version, aim.warnings, time.monotonic() - begun)


def _explained(planned: Planned, back: Sequence[str]) -> Planned:
    """Return the plan of a way back in its own words: what goes was not there then, and is no hint of a rename."""
    if not back:
        return planned
    found = planned.comparison
    others = tuple(note for note in found.notes if note not in hints(found))
    why = {ref: Reason.UNDONE if reason is Reason.LEDGER else reason for ref, reason in found.scope.dropped.items()}
    told = replace(found, notes=(*back, *others), scope=replace(found.scope, dropped=why))
    return replace(planned, comparison=told)


def run_aim(aim: Aim, intent: Intent, begun: float) -> Applied:
    with told(aim.desired):
        done, outcome = run_locked(aim.opened, intent)
    review = review_of(
        aim.opened, _explained(done, aim.back), aim.desired, aim.version, aim.warnings, time.monotonic() - begun
    )
    review = replace(review, asserted=audit(aim.opened, aim.desired.assertions, lambda: aim.desired.model))
    # Work that is done with every apply is no plan, and yet was done.
    return Applied(review=review, outcome=None if done.plan.empty and not outcome.worked else outcome)


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


def _known(only: Iterable[Ref], planned: Planned) -> None:
    """Raise UsageError for an address at which there is nothing on either side."""
    comparison = planned.comparison
    for ref in only:
        if not any(one.inside(ref) for one in (*comparison.live, *comparison.declared.model)):
            raise UsageError(f"there is no {ref}, neither in the specs nor in the database",
                             hint="`reconcile check -v` lists the addresses of what differs")  # fmt: skip


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


def _with(review: Review, refuse: Callable[[Review], None]) -> None:
    """Let a refusal carry the plan that is refused."""
    try:
        refuse(review)
    except ReconcileError as error:
        error.review = review  # type: ignore[attr-defined]
        raise
