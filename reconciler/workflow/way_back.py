"""A review in, the plan that leads from its end to its beginning out; no database is asked, and nobody applies it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler import dialects
from reconciler.compare.compare import Owned
from reconciler.compare.planning import Planned, prepare
from reconciler.dialects.base import Target
from reconciler.errors import PlanError, UsageError
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import Unmodelled
from reconciler.model.ref import Ref
from reconciler.plan.policy import Allowance, Approve, Policy
from reconciler.plan.scope import Undeclared
from reconciler.report.facts import Review
from reconciler.workflow.against import Nobody, Source, standing_in

_POLICY = Policy(allow=(), undeclared=Undeclared.DROP, approve=Approve.NEVER)


def way_back(review: Review) -> Planned | None:
    """Return what would undo a plan, None where there is no plan to that. What is lost stays lost.

    What the statements are is told from the models on both ends of the plan alone: `rollback` looks at the database.
    """
    found, dialect = review.planned, dialects.dialect(review.dialect)
    moves = found.comparison.renamed.moves
    states = found.states
    after = found.comparison.scope.target or states.new
    before = dialect.rename(states.old, [(new, old) for old, new in reversed(moves)]) if moves else states.old
    goal = Desired(model=_known(before), renames=dict(_renames(moves)))
    source = Source("", Inspection(model=after), dialect.assumed(), Owned(known=True, objects=frozenset(after)))
    target = Target(dialect=dialect.name, url="", label="", schema=review.schema)
    try:
        return prepare(
            standing_in(dialect, source), Nobody(), target, goal, source.owned, _POLICY, (Allowance("*"),)
        )  # fmt: skip
    except (PlanError, UsageError):
        return None


def _known(model: Model) -> Model:
    return Model(obj for obj in model.values() if not isinstance(obj, Unmodelled))


def _renames(moves: Sequence[tuple[Ref, Ref]]) -> Iterator[tuple[Ref, Ref]]:
    """Yield each address that something gets back, and the one that it has once what holds it has its own again."""
    for place, (old, new) in enumerate(moves):
        original = old
        for was, became in reversed(moves[:place]):
            original = original.moved(became, was)
        holder = original.parent
        yield original, new if holder is None else holder.child(original.kind, new.name)
