"""Reviews put together by hand, for what no database of the tests would give; steps and hazards in, a review out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.compare.compare import Comparison, Owned
from reconciler.compare.planning import Planned
from reconciler.dialects.base import Server
from reconciler.errors import Position, Problem
from reconciler.model.change import Change
from reconciler.model.model import Desired, Model
from reconciler.model.ref import Ref
from reconciler.plan.hazards import Effect, Hazard
from reconciler.plan.plan import make_plan
from reconciler.plan.policy import Verdict
from reconciler.plan.renames import Renamed
from reconciler.plan.scope import Reason, Scope
from reconciler.plan.step import Statement, Step, action_of
from reconciler.report.facts import Review, SpecVersion


def step(*changes: Change, sql: Sequence[str] = ("SELECT 1",)) -> Step:
    """Return a step of these changes."""
    first = changes[0]
    return Step(subject=first.ref, action=action_of(first), changes=changes, statements=tuple(map(Statement, sql)))


def hazard(code: str, ref: Ref, effect: Effect = Effect.CONSENT, count: int | None = None) -> Hazard:
    """Return a hazard with a sentence."""
    return Hazard(code=code, ref=ref, message="costs something", effect=effect, count=count)


def made(
    *steps: Step,
    hazards: Sequence[Hazard] = (),
    refused: Sequence[Hazard] = (),
    dropped: Mapping[Ref, Reason] | None = None,
    removed: Mapping[Ref, str] | None = None,
    positions: Mapping[tuple[Ref, str], Position] | None = None,
    undeclared: Sequence[Ref] = (),
    unmodelled: Sequence[Ref] = (),
    obstacles: Sequence[Problem] = (),
    warnings: Sequence[Problem] = (),
    notes: Sequence[str] = (),
    policy: str = "report",
    approve: str = "always",
    known: bool = True,
) -> Review:
    """Return a review; everything that is not given is empty or ordinary."""
    scope = Scope(
        target=Model(), undeclared=tuple(undeclared), unmodelled=tuple(unmodelled), dropped=dict(dropped or {})
    )
    comparison = Comparison(
        live=Model(), renamed=Renamed(model=Model()), declared=Desired(model=Model()), desired=Model(), scope=scope,
        changes=(), removed=dict(removed or {}), notes=tuple(notes),
    )  # fmt: skip
    words = sorted({f"{one.code}:{one.ref}" for one in refused if one.effect is Effect.CONSENT})
    planned = Planned(
        plan=make_plan("sqlite", "a1", "b2", steps), comparison=comparison, owned=Owned(known=known),
        server=Server(version="3.45.1", host="", database="shop.db", user="", memory="sqlite"),
        hazards=tuple(hazards), verdict=Verdict(refused=tuple(refused), allow=tuple(words)), obstacles=tuple(obstacles),
    )  # fmt: skip
    return Review(
        planned=planned, desired=Desired(model=Model(), removed=dict(removed or {}), positions=dict(positions or {})),
        project="shop", environment="prod", dialect="sqlite", label="sqlite:///shop.db",
        created_at="2026-08-22T09:14:03Z", seconds=0.84, spec=SpecVersion(sha256="b0f1" * 16, commit="3f9c21a"),
        approve=approve, undeclared=policy, warnings=tuple(warnings),
    )  # fmt: skip
