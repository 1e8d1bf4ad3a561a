"""A comparison in, a plan with everything that a person wants to know about it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.compare.alike import hints
from reconciler.compare.besides import split, staged
from reconciler.compare.compare import Aside, Comparison, Owned, afterwards, compare, fingerprints, resolved
from reconciler.compare.rows import RowPlan, plan_rows, with_rows
from reconciler.dialects.base import DatabaseError, Dialect, Server, Session, Target, Unanswered
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen
from reconciler.model.codec import encode_model
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column, Enum
from reconciler.model.ref import Kind, Ref
from reconciler.plan.deprecated import too_early
from reconciler.plan.expand import expand
from reconciler.plan.filling import ALWAYS, Agenda, holds_of, steps_of
from reconciler.plan.foreign import foreign_tables
from reconciler.plan.gather import gather
from reconciler.plan.hazards import (
    HAZARDS,
    REMOVAL_CODES,
    RENAME_CODES,
    Answer,
    Effect,
    Hazard,
    forbidden,
    inherent,
    judge,
    lost_values,
)
from reconciler.plan.keys import lost_keys
from reconciler.plan.order import torn
from reconciler.plan.plan import Plan, make_plan
from reconciler.plan.policy import Allowance, Policy, Verdict, decide
from reconciler.plan.rules import Besides, States
from reconciler.plan.scope import Undeclared
from reconciler.plan.step import DataCheck, Stage, Step
from reconciler.plan.understood import not_understood, restated

NOTHING_DUE = Agenda()


@frozen
class Planned:
    """A plan beside its circumstances: hazards, what refuses it, what could not be done for want of a privilege.

    `states` are the models on both ends of the plan, as the rules saw them.
    """

    plan: Plan
    comparison: Comparison
    server: Server
    owned: Owned
    hazards: tuple[Hazard, ...]
    verdict: Verdict
    obstacles: tuple[Problem, ...]
    states: States = field(default_factory=lambda: States(old=Model(), new=Model()))
    agenda: Agenda = NOTHING_DUE


class _Made(NamedTuple):
    """A plan with what it came to be made of: what is compared, and the work on rows, may be more than was asked."""

    comparison: Comparison
    agenda: Agenda
    plan: Plan
    states: States
    rows: RowPlan


class _Torn(Exception):
    """What takes the place of another column would stand where nothing may be committed."""


def prepare(
    dialect: Dialect,
    session: Session,
    target: Target,
    desired: Desired,
    owned: Owned,
    policy: Policy,
    given: Sequence[Allowance] = (),
    before: Planned | None = None,
    aside: Mapping[Ref, Aside] | None = None,
    agenda: Agenda = NOTHING_DUE,
) -> Planned:
    """Compare, plan, ask the rows, and decide.

    Args:
        dialect, session, target: whose rules to use, and an open session on the target, outside a transaction.
        desired: the declared model in normal form.
        owned: what the ledger knows.
        policy, given: the environment's policy, and the allowances of the command line.
        before: what came out for the same desired model a moment ago; its plan is taken when nothing is otherwise now.
        aside: the roots that agree and are in neither model.
        agenda: the backfills that are due.

    Raises PlanError when a change cannot be made, DatabaseError when the database does not answer.
    """
    bounds = replace(policy.bounds, waiting=holds_of(agenda.fillings))
    comparison = replace(compare(dialect, session, target, desired, owned, bounds), aside=aside or {})
    comparison, server = _noted(comparison, dialect.groundwork(session, target), policy), dialect.server(session)
    made = _made(dialect, session, comparison, server, owned, agenda, policy, before)
    comparison, agenda, plan, states, rows = made
    comparison = replace(comparison, notes=(*comparison.notes, *_companions(plan), *rows.notes))
    asked = _hazards(dialect, session, plan, comparison, owned, policy)
    hazards = (*asked, *restated(plan.steps, states, dialect.rules()), *agenda.hazards, *rows.hazards)
    verdict = decide(hazards, policy=policy, given=given, reviewed=_reviewed(comparison), first=not owned.known)
    return Planned(
        plan=plan, comparison=comparison, server=server, owned=owned, verdict=verdict,
        hazards=tuple(sorted(hazards, key=lambda h: (h.code, h.ref))),
        obstacles=tuple(dialect.preflight(session, plan, comparison.live)), states=states, agenda=agenda,
    )  # fmt: skip


def _noted(comparison: Comparison, groundwork: Sequence[str], policy: Policy) -> Comparison:
    """Return a comparison with what a person should know of it; `groundwork` is run before any step."""
    first = (f"before anything else: {sql}" for sql in groundwork)
    found = (*_taken_over(comparison), *_idle(comparison, policy), *hints(comparison))
    marked = {ref: what for ref, what in not_understood(comparison.live).items() if ref in comparison.desired}
    return replace(comparison, notes=(*comparison.notes, *first, *found), not_understood=marked)


def _idle(comparison: Comparison, policy: Policy) -> list[str]:
    """Return which lines of the policy ignore a difference that is not there any more."""
    held = comparison.scope.ignored
    idle = (ref for ref in policy.ignored if not policy.only and not any(one.inside(ref) for one in held))
    return [f"the policy ignores {ref}, where nothing differs: take that out of `ignore:`" for ref in sorted(idle)]


def _as_before(before: Planned, comparison: Comparison, server: Server, owned: Owned) -> bool:
    """Say whether planning again would give the same plan, to the letter.

    Asked only where more is to be made than there is: elsewhere to compare takes as long as to plan.
    """
    live = comparison.live
    if comparison.before is not None or comparison.declared.data or len(live) > len(comparison.changes):
        return False
    if (before.server, before.owned) != (server, owned) or not before.plan.only(Stage.FILL).empty:
        return False
    return encode_model(before.comparison.live) == encode_model(live)


def _taken_over(comparison: Comparison) -> list[str]:
    """Return the declared tables in which other tools keep their account: the specs' word holds, and is told."""
    found = foreign_tables(comparison.live, comparison.live.keys() & comparison.desired.keys())
    return [f"{ref} is declared, so it is managed, although {book.tool} keeps its account there"
            for ref, book in found.items()]  # fmt: skip


def _companions(plan: Plan) -> list[str]:
    """Return what is rebuilt although nothing of it changes."""
    found = []
    for step in plan.steps:
        both = (ref for ref in step.drops & step.creates if ref.parent is None and ref.kind == step.subject.kind)
        if others := sorted(ref for ref in both if ref != step.subject):
            found.append(f"{step.subject} is rebuilt together with what refers to it: {', '.join(map(str, others))}")
    return found


def _hazards(
    dialect: Dialect, session: Session, plan: Plan, comparison: Comparison, owned: Owned, policy: Policy
) -> tuple[Hazard, ...]:
    strangers = comparison.scope.undeclared if policy.undeclared is Undeclared.ERROR else ()
    today = datetime.now(UTC).date().isoformat()
    days = {comparison.renamed.after(ref): day for ref, day in owned.deprecated.items()}
    places = {one.column for one in comparison.besides}
    due = ((step, check) for step in plan.steps for check in step.checks if _is_due(step, check, places))
    answers = [_asked(dialect, session, check) for _, check in due]
    return (
        *forbidden(strangers),
        *inherent(plan.steps, comparison.scope.dropped, _protected(owned, comparison)),
        *too_early((change for step in plan.steps for change in step.changes), days, today),
        *judge(answers),
    )


def _is_due(step: Step, check: DataCheck, places: AbstractSet[Ref]) -> bool:
    """Say whether rows can be asked already: what stands in the way of what waits for a backfill may go with it.

    What a column holds whose place is to be taken is there, and comes back in another type.
    """
    return step.stage is Stage.EXPAND or HAZARDS[check.code].effect is not Effect.BLOCK or check.ref in places


def _made(
    dialect: Dialect,
    session: Session,
    comparison: Comparison,
    server: Server,
    owned: Owned,
    agenda: Agenda,
    policy: Policy,
    before: Planned | None,
) -> _Made:
    """Plan, with columns of large tables filled beside where that can be had."""
    if before is not None and _as_before(before, comparison, server, owned):
        return _Made(comparison, agenda, before.plan, before.states, RowPlan())
    large = _large(dialect, session, comparison, policy)
    more, found = split(dialect, session, comparison, agenda, large)
    try:
        return _plan(dialect, session, staged(comparison, more), server, owned, more, policy, large, found)
    except _Torn:
        torn = dict.fromkeys(found, "objects have to go and come back around it")
        return _plan(dialect, session, comparison, server, owned, agenda, policy, large, torn)


def _plan(
    dialect: Dialect,
    session: Session,
    comparison: Comparison,
    server: Server,
    owned: Owned,
    agenda: Agenda,
    policy: Policy,
    large: frozenset[Ref],
    found: Besides,
) -> _Made:
    why = {ref: way for ref, way in found.items() if isinstance(way, str)}
    around = States(
        old=comparison.live, new=comparison.live, features=server.features, small_table_rows=policy.small_table_rows,
        large=large, beside={one.column: one for one in comparison.besides}, unfilled=why,
    )  # fmt: skip
    schema, states = _steps(dialect, comparison, around)
    rows = plan_rows(dialect, session, comparison.declared.data, states)
    steps = with_rows(schema, rows, dialect.rows())
    rest: tuple[Step, ...] = ()
    if comparison.before is not None:
        later, _ = _steps(dialect, afterwards(comparison), around)
        rest = tuple(replace(step, stage=Stage.TIGHTEN) for step in later)
    # What is done with every apply is no reason for one.
    due = [one for one in agenda.fillings if steps or rest or one.why != ALWAYS]
    fills = steps_of(due) if any(one.why != ALWAYS for one in due) or steps or rest else ()
    plan = make_plan(dialect.name, *fingerprints(comparison, owned), (*steps, *fills, *rest))
    return _Made(comparison, agenda, plan, states, rows)


def _large(dialect: Dialect, session: Session, comparison: Comparison, policy: Policy) -> frozenset[Ref]:
    """Return the large ones of the tables that are looked at, if any changes; none where nobody answers."""
    if not any(change.ref.top in comparison.live for change in comparison.changes):
        return frozenset()
    try:
        tables = frozenset(ref for ref in comparison.live if ref.kind == Kind.TABLE)
        return dialect.large(session, policy.small_table_rows, tables)
    except Unanswered:
        return frozenset()


def _steps(dialect: Dialect, comparison: Comparison, around: States) -> tuple[tuple[Step, ...], States]:
    """Return the steps of a comparison's changes, and the states that they lead from and to; `around` is all else that
    the rules see, large tables by their live addresses.
    """
    old, new, changes = resolved(dialect, comparison)
    lost = lost_keys(changes, old, new)
    if lost:
        raise PlanError(lost)
    live = comparison.renamed.live
    large = around.large
    heavy = frozenset(ref for ref in old if ref.kind == Kind.TABLE and live(ref) in large) if large else large
    states = replace(around, old=old, new=new, live=live, large=heavy, online=heavy)
    steps = tuple(gather(expand(dialect.rules(), changes, states, dialect.ask)))
    if not torn(steps):
        return steps, states
    if around.beside:
        raise _Torn
    # What goes in order to come back stays in one transaction, and whatever is among it.
    states = replace(states, online=frozenset())
    return tuple(gather(expand(dialect.rules(), changes, states, dialect.ask))), states


def _reviewed(comparison: Comparison) -> frozenset[tuple[str, Ref]]:
    """Return to what the specs themselves consent: each line to its own hazard at its own address."""
    removed = {(code, ref) for ref in comparison.removed for code in REMOVAL_CODES}
    renamed = {(code, change.ref) for change in comparison.renamed.changes for code in RENAME_CODES}
    return frozenset(removed | renamed | _reviewed_values(comparison))


def _reviewed_values(comparison: Comparison) -> set[tuple[str, Ref]]:
    """Return the consents of `renamed_values` and `removed_values`, the latter where they name all that goes."""
    found: set[tuple[str, Ref]] = set()
    for ref, new in comparison.desired.items():
        old = comparison.renamed.model.get(ref)
        if isinstance(new, Enum):
            found.add(("BC103", ref))
            if isinstance(old, Enum) and set(lost_values(old, new)) <= dict(new.removed_values).keys():
                found.add(("DS106", ref))
        elif isinstance(new, Column) and new.moved_values:
            found.add(("DS110", ref))
    return found


def _protected(owned: Owned, comparison: Comparison) -> frozenset[Ref]:
    """Return what must not be dropped or rewritten: protected in the ledger, and what the specs protect from now on.

    `protect: false` lifts it for the next plan, not for the one that carries it: the line has to be applied first.
    """
    declared = {ref for ref, obj in comparison.desired.items() if getattr(obj, "protect", None)}
    return frozenset(declared | {comparison.renamed.after(ref) for ref in owned.protected})


def _asked(dialect: Dialect, session: Session, check: DataCheck) -> Answer:
    """Put a question to the rows; one that cannot be asked is an answer too."""
    try:
        with dialect.reading(session):
            count = int(session.query(check.count)[0][0])
            rows = session.query(check.sample) if count and check.sample and not check.sensitive else []
    except DatabaseError as error:
        if error.lost:
            raise
        return Answer(check=check, error=error.message.splitlines()[0])
    return Answer(check=check, count=count, sample=tuple(", ".join(map(_shown, row)) for row in rows))


def _shown(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
