"""What may come after a death: a stage, a project on a copy of it and a death in; what must be true then, held."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from reconciler import workflow
from reconciler.errors import Refused
from reconciler.execute.batches import Progress
from reconciler.plan.hazards import Effect
from reconciler.workflow.undoing import rollback
from tests.conformance.driver import Project
from tests.crash.dying import (
    DONE,
    ENDS,
    EVERYTHING,
    OURS,
    Death,
    Stage,
    declare,
    died,
    ended,
    numbered,
    settled,
    started,
    survived,
)
from tests.target import Target

Sequel = Callable[[Stage, Project, Death], None]

# What somebody wants besides, when they look again.
MORE = "---\ntable: more@\ncolumns: {id: {type: bigint, not_null: true}, a: {type: int}}\nprimary_key: [id]\n"
# The ledger, and the row by which D1 has a lock.
LEDGER = ("run", "step", "object", "lock")


def another_apply(stage: Stage, project: Project, death: Death) -> None:
    """The next apply finishes."""
    died(project, death)
    survived(stage, project)


def another_death(stage: Stage, project: Project, death: Death) -> None:
    """The next apply dies too, where it gets as far as that; the third one finishes."""
    died(project, death)
    for point in ("before_statement", "after_statement", "before_commit"):
        again = Death(point, 1, "kill")
        assert _code(started(project, again)) in (*ENDS["kill"], DONE), (str(death), str(again))
    survived(stage, project)


def other_specs(stage: Stage, project: Project, death: Death) -> None:
    """Somebody wants more by then."""
    died(project, death)
    declare(project, stage.scenario.after + MORE)
    workflow.apply(project.request, EVERYTHING)
    assert ended(project, stage.scenario).rows == stage.goal.rows
    assert project.target.query(numbered("SELECT count(*) FROM more@")) == [(0,)]


def the_way_back(stage: Stage, project: Project, death: Death) -> None:
    """Somebody wants it as it was; what rows forbid is refused, and leaves the way forward open."""
    died(project, death)
    declare(project, stage.scenario.before)
    if refused(project):
        declare(project, stage.scenario.after)
        survived(stage, project)
    else:
        settled(project)


def taken_back(stage: Stage, project: Project, death: Death) -> None:
    """When it is finished somebody takes it back: all of it, that of the run that died too, or rows forbid it."""
    died(project, death)
    survived(stage, project)
    back = partial(rollback, to=None, seen=_nobody, confirm=_nobody, progress=Progress())
    if not refused(project, back):
        declare(project, stage.scenario.before)
        settled(project)


def _nobody(review: object) -> None:
    """Be told, and say nothing."""


def refused(project: Project, act: Callable[..., object] = workflow.apply) -> bool:
    """Act, and say whether rows forbid it; nothing else does."""
    try:
        act(project.request, EVERYTHING)
    except Refused as refusal:
        review = refusal.review  # type: ignore[attr-defined]
        return all(hazard.effect is Effect.BLOCK for hazard in review.planned.verdict.refused)
    return False


def two_at_once(stage: Stage, project: Project, death: Death) -> None:
    """Two come to finish it; one does, and the other one finds nothing to do, or that it would wait for too long."""
    died(project, death)
    codes = sorted([_code(one) for one in [started(project), started(project)]])
    assert codes in ([DONE, DONE], [DONE, OURS]), (str(death), codes)
    assert ended(project, stage.scenario) == stage.goal


def a_lost_ledger(stage: Stage, project: Project, death: Death) -> None:
    """Somebody deletes the ledger, after the death and once more when all is done: the catalog tells what is left."""
    died(project, death)
    forget(project.target)
    workflow.apply(project.request, EVERYTHING)
    assert ended(project, stage.scenario).rows == stage.goal.rows
    forget(project.target)
    left = workflow.plan(project.request).planned.plan
    assert left.empty, [str(step.subject) for step in left.steps]


def forget(target: Target) -> None:
    """Delete the ledger."""
    for name in LEDGER:
        target.execute(f"DROP TABLE IF EXISTS _reconcile_{name}")


def _code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


SEQUELS: Mapping[str, Sequel] = {
    "another death": another_death,
    "other specs": other_specs,
    "the way back": the_way_back,
    "two at once": two_at_once,
    "a lost ledger": a_lost_ledger,
    "taken back": taken_back,
}
