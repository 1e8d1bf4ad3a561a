"""A request in, what is unwise in its specs out, for every dialect of the project; no database is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler import dialects, spec
from reconciler.dialects.base import Target
from reconciler.errors import Problem, SpecError
from reconciler.frozen import frozen_in_order
from reconciler.lint.kinds import LINTS, SUPPRESSIONS, Severity
from reconciler.lint.rules import findings
from reconciler.model.model import Desired
from reconciler.model.ref import Ref
from reconciler.plan.hazards import HAZARDS, Effect, Hazard
from reconciler.plan.policy import Allowance, Policy
from reconciler.report.offline_facts import Found, Linted
from reconciler.spec.allowances import Allowed, LintPolicy
from reconciler.spec.project import Environment, Project
from reconciler.workflow.against import change_since
from reconciler.workflow.allowing import expired, holding, suppression, today
from reconciler.workflow.committed import specs_at
from reconciler.workflow.declaring import declare, load, source_line
from reconciler.workflow.opening import Opened, Request, open_project, others

_WORDS: Mapping[str, Severity] = {"off": Severity.OFF, "info": Severity.INFO, "warn": Severity.WARNING,
                                  "error": Severity.ERROR}  # fmt: skip
_ORDER = {severity: number for number, severity in enumerate(Severity)}

# What `validate` warns of, which a project may want to be silent about.
_WARNINGS = frozenset({"SPEC201", "BF105", "BF110", "BF113"})


@frozen_in_order
class _One:
    """A finding on one dialect; `by` is what allows it already."""

    problem: Problem
    dialect: str
    by: str = ""


def lint(request: Request, base: str | None) -> Linted:
    """Look for what is unwise in the specs as they stand, or in what changed in them since a commit.

    Args:
        request: the words of the command line; the policy is that of the environment named, or of the default one.
        base: a commit, branch or tag; then also the hazards of the change that can be told without a database.

    Raises:
        SpecError: when the specs are wrong, now or at the commit, or the project file names a code that is none.
        UsageError, PlanError: as for `plan --against`.
    """
    project = open_project(request)
    _known_codes(project.lint)
    documents = load(project)
    environment = _environment(project, request)
    ones: list[_One] = []
    for name in project.dialects:
        opened = _opened(request, project, environment, name)
        desired, warnings = declare(project, documents, opened.dialect, opened.target, request.variables)
        ones += _standing(opened, desired, warnings)
        if base is not None:
            ones = _since(request, opened, base, desired, ones)
    found = _judged(_merged(ones, project), project.lint, base)
    kept = [one for one in found if one.problem.severity != Severity.OFF]
    return Linted(
        project=project.name, base=base or "", files=len(documents.files), dialects=project.dialects,
        found=tuple(sorted(kept, key=_rank)),
    )  # fmt: skip


def _environment(project: Project, request: Request) -> Environment | None:
    named = spec.named_environment(project, request.environment, os.environ)
    return named or spec.default_environment(project)


def _opened(request: Request, project: Project, environment: Environment | None, name: str) -> Opened:
    """Return the project for one of its dialects, under the policy of an environment; none asks for nothing."""
    schema = environment.schema if environment else ""
    stands = environment or Environment(name="", url="")
    policy = Policy(allow=holding(environment.policy.allow)) if environment else Policy()
    dialect = dialects.dialect(name)
    target = Target(dialect=name, url="", label="", schema=schema if dialect.default_schema else "")
    return Opened(
        project=project, environment=stands, dialect=dialect, target=target, policy=policy, other=others(request),
    )  # fmt: skip


def _standing(opened: Opened, desired: Desired, warnings: Iterable[Problem]) -> list[_One]:
    """Return what is to be said of the specs as they stand."""
    name = opened.dialect.name
    found = [_One(problem, name) for problem in warnings]
    for one in findings(desired, name, opened.project.lint.naming):
        position = desired.position(one.ref, one.part)
        problem = Problem(
            code=one.code, message=f"{one.ref}: {one.message}", hint=one.hint, address=str(one.ref), position=position,
            source=source_line(position), severity=LINTS[one.code].severity,
        )  # fmt: skip
        found.append(_One(problem, name))
    return found


# --- since a commit ---------------------------------------------------------------------------------------------------


def _since(request: Request, opened: Opened, base: str, desired: Desired, ones: list[_One]) -> list[_One]:
    """Return what is to be said of a change: its hazards, and what was not to be said of the specs before."""
    name = opened.dialect.name
    before = specs_at(request, opened, base)
    known = {_key(one) for one in _standing(opened, before.desired, before.warnings)}
    kept = [one for one in ones if one.dialect != name or _key(one) not in known]
    planned = change_since(opened, before.desired, desired)
    by = {(one.code, one.address): one.by for one in planned.verdict.consents}
    refused = frozenset(planned.verdict.refused)
    return [*kept, *(_of_hazard(hazard, hazard in refused, by, desired, name) for hazard in planned.hazards)]


def _key(one: _One) -> tuple[str, str, str]:
    return one.problem.code, one.problem.address, one.problem.message


def _of_hazard(
    hazard: Hazard, refused: bool, by: Mapping[tuple[str, str], str], desired: Desired, dialect: str
) -> _One:
    """Return a hazard as a finding; where the live rows decide it is a warning, whatever they may say."""
    asks = hazard.unanswered and not (refused and hazard.effect is Effect.CONSENT)
    message = f"{hazard.kind.title}; the live rows decide, `reconcile plan` asks them" if asks else hazard.message
    message = hazard.kind.title if hazard.unanswered and not asks else message
    told = hazard.kind.effect is Effect.NOTICE or not (asks or refused)
    severity = Severity.INFO if told else Severity.WARNING if asks else Severity.ERROR
    position = desired.position(hazard.ref)
    problem = Problem(
        code=hazard.code, message=f"{hazard.ref}: {message}", address=str(hazard.ref),
        position=position, source=source_line(position), severity=severity,
        hint=f"reconcile explain {hazard.code}",
    )  # fmt: skip
    return _One(problem, dialect, by.get((hazard.code, str(hazard.ref)), ""))


# --- judging ----------------------------------------------------------------------------------------------------------


def _merged(ones: Iterable[_One], project: Project) -> list[Found]:
    """Return each finding once; one that does not hold on every dialect says on which it does."""
    dialects_of: dict[tuple[Problem, str], list[str]] = {}
    for one in ones:
        dialects_of.setdefault((one.problem, one.by), []).append(one.dialect)
    found = []
    for (problem, by), names in dialects_of.items():
        told = tuple(dict.fromkeys(names))
        where = "" if len(told) == len(project.dialects) else f" ({', '.join(told)})"
        found.append(Found(problem=replace(problem, message=problem.message + where), dialects=told, allowed=by))
    return found


def _judged(found: Iterable[Found], policy: LintPolicy, base: str | None) -> Iterator[Found]:
    """Yield findings as grave as the project says, with what allows them, and what is to be said of allowances."""
    used: set[str] = set()
    held = [one for one in policy.allow if one.holds(today())]
    pairs = [(one, Allowance(one.code, Ref.parse(one.at) if one.at else None)) for one in held]
    for one in found:
        severity = _WORDS.get(policy.severity.get(one.problem.code, ""), Severity(one.problem.severity))
        ref = Ref.parse(one.problem.address) if one.problem.address else None
        allows = [given for given, rule in pairs if ref is not None and rule.covers(one.problem.code, ref)]
        used.update(map(str, allows))
        reason = (
            f"allowed by {one.allowed}" if one.allowed else next((f"allowed: {given.reason}" for given in allows), "")
        )
        yield replace(one, problem=replace(one.problem, severity=severity.value), allowed=reason)
    suppressions = (*expired(policy.allow), *_idle(policy.allow, used, base))
    yield from (Found(problem=problem, dialects=()) for problem in suppressions)


def _idle(allow: Iterable[Allowed], used: set[str], base: str | None) -> Iterator[Problem]:
    """Yield the allowances that allow nothing; whether a hazard arises only a change can tell."""
    for one in allow:
        if one.holds(today()) and str(one) not in used and (one.code not in HAZARDS) == (base is None):
            yield suppression("SU101", one, f"the allowance of {one} allows nothing", "take it out")


def _rank(found: Found) -> tuple[object, ...]:
    problem = found.problem
    place = problem.position
    return (
        bool(found.allowed), _ORDER[Severity(problem.severity)],
        (place.file, place.line, place.column) if place else ("", 0, 0), problem.code, problem.message,
    )  # fmt: skip


def _known_codes(policy: LintPolicy) -> None:
    """Raise SpecError for what the project file says about codes that are none."""
    known = {*LINTS, *SUPPRESSIONS, *HAZARDS, *_WARNINGS}
    places = {**policy.places, **{one.code: one.position for one in policy.allow}}
    problems = [
        Problem(code="SPEC015", message=f"there is no finding {code!r}", position=place, source=source_line(place),
                hint="`reconcile explain` lists them")
        for code, place in places.items()
        if code not in known
    ]  # fmt: skip
    if problems:
        raise SpecError(problems)
