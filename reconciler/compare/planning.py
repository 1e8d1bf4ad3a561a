"""A comparison in, a plan with everything that a person wants to know about it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.compare.alike import hints
from reconciler.compare.compare import Aside, Comparison, Owned, compare, fingerprints, resolved
from reconciler.dialects.base import DatabaseError, Dialect, Server, Session, Target
from reconciler.errors import PlanError, Problem
from reconciler.model.codec import encode_model
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Column, Enum
from reconciler.model.ref import Ref
from reconciler.plan.expand import expand
from reconciler.plan.foreign import foreign_tables
from reconciler.plan.gather import gather
from reconciler.plan.hazards import REMOVAL_CODES, RENAME_CODES, Answer, Hazard, forbidden, inherent, judge, lost_values
from reconciler.plan.keys import lost_keys
from reconciler.plan.plan import Plan, make_plan
from reconciler.plan.policy import Allowance, Policy, Verdict, decide
from reconciler.plan.rules import States
from reconciler.plan.scope import Undeclared
from reconciler.plan.step import DataCheck


@dataclass(frozen=True, slots=True, kw_only=True)
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
) -> Planned:
    """Compare, plan, ask the rows, and decide.

    Args:
        dialect: whose rules to use.
        session: an open one, outside a transaction.
        target: what the session is connected to.
        desired: the declared model in normal form.
        owned: what the ledger knows.
        policy: the environment's.
        given: the allowances of the command line.
        before: what came out for the same desired model a moment ago; its plan is taken when nothing is otherwise now.
        aside: the roots that agree and are in neither model.

    Raises:
        PlanError, DatabaseError: when a change cannot be made; when the database does not answer.
    """
    found = compare(dialect, session, target, desired, owned, policy.undeclared)
    comparison, server = replace(found, aside=aside or {}), dialect.server(session)
    comparison = _noted(comparison, dialect.groundwork(session, target))
    known = before if before is not None and _as_before(before, comparison, server, owned) else None
    plan, states = (known.plan, known.states) if known else _plan(dialect, comparison, server, owned)
    comparison = replace(comparison, notes=(*comparison.notes, *_companions(plan)))
    hazards = _hazards(dialect, session, plan, comparison, owned, policy)
    verdict = decide(hazards, policy=policy, given=given, reviewed=_reviewed(comparison), first=not owned.known)
    return Planned(
        plan=plan, comparison=comparison, server=server, owned=owned, verdict=verdict,
        hazards=tuple(sorted(hazards, key=lambda h: (h.code, h.ref))),
        obstacles=tuple(dialect.preflight(session, plan, comparison.live)), states=states,
    )  # fmt: skip


def _noted(comparison: Comparison, groundwork: Sequence[str]) -> Comparison:
    """Return a comparison with what a person should know of it; `groundwork` is run before any step."""
    first = (f"before anything else: {sql}" for sql in groundwork)
    found = (*_puzzles(comparison), *_taken_over(comparison), *hints(comparison))
    return replace(comparison, notes=(*comparison.notes, *first, *found))


def _as_before(before: Planned, comparison: Comparison, server: Server, owned: Owned) -> bool:
    """Say whether planning again would give the same plan, to the letter.

    Asked only where more is to be made than there is: elsewhere to compare takes as long as to plan.
    """
    live = comparison.live
    if len(live) > len(comparison.changes) or (before.server, before.owned) != (server, owned):
        return False
    return encode_model(before.comparison.live) == encode_model(live)


def _puzzles(comparison: Comparison) -> list[str]:
    """Return what in the definition of a declared object is not understood, and so left as it is."""
    there = [(ref, getattr(obj, "not_understood", "")) for ref, obj in comparison.live.items()]
    found = sorted((ref, what) for ref, what in there if what and ref in comparison.desired)
    return [f"{ref} holds what is not managed, so it is never rebuilt: {what}" for ref, what in found]


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
    answers = [_asked(dialect, session, check) for step in plan.steps for check in step.checks]
    return (
        *forbidden(strangers),
        *inherent(plan.steps, comparison.scope.dropped, _protected(owned, comparison)),
        *judge(answers),
    )


def _plan(dialect: Dialect, comparison: Comparison, server: Server, owned: Owned) -> tuple[Plan, States]:
    old, new, changes = resolved(dialect, comparison)
    lost = lost_keys(changes, old, new)
    if lost:
        raise PlanError(lost)
    states = States(old=old, new=new, live=comparison.renamed.live, features=server.features)
    steps = gather(expand(dialect.rules, changes, states, dialect.ask))
    return make_plan(dialect.name, *fingerprints(comparison, owned), steps), states


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
