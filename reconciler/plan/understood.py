"""Steps and live objects that are not understood in, hazards out where a step writes one of them in our own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.model.change import Change, Create, Drop
from reconciler.model.model import Model
from reconciler.model.objects import Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.plan.hazards import HAZARDS, Hazard
from reconciler.plan.rules import RuleTable, States
from reconciler.plan.step import Step

CODE = "NU101"


def not_understood(live: Model) -> Mapping[Ref, str]:
    """Return what of the definitions of live objects our own words would not say again, by address, in order."""
    found = [(ref, what) for ref, obj in live.items() if (what := getattr(obj, "not_understood", ""))]
    return dict(sorted(found))


def restated(steps: Sequence[Step], states: States, rules: RuleTable) -> tuple[Hazard, ...]:
    """Return a hazard for each such object of which a step would lose what is not understood.

    That is one which goes and comes back, by itself, with its parent or in a rebuild, and one that a statement writes
    again from end to end. What is only dropped has hazards of its own.

    Args:
        steps: the plan's.
        states: both models; the marks are those of the old one.
        rules: the dialect's table.
    """
    marked = not_understood(states.old)
    if not marked:
        return ()
    written = {ref: ref for ref in _again(steps)}
    for step in steps:
        written |= dict.fromkeys(_rebuilt(step, rules), step.subject)
        written |= {ref: change.ref for change in step.changes for ref in _in_full(change, states, rules)}
    causes = ((ref, next((one for one in _line(ref) if one in written), None)) for ref in marked)
    return tuple(_hazard(ref, marked[ref], written[one]) for ref, one in causes if one is not None)


def _hazard(ref: Ref, what: str, cause: Ref) -> Hazard:
    writer = "this" if cause == ref else f"the change of {cause}"
    message = (
        f"{what}; {writer} writes the whole definition and would lose that part. "
        "Make the change by hand, or take that part out first"
    )
    return Hazard(code=CODE, ref=ref, message=message, effect=HAZARDS[CODE].effect)


def _line(ref: Ref) -> Iterator[Ref]:
    """Yield an address and those of what holds it."""
    one: Ref | None = ref
    while one is not None:
        yield one
        one = one.parent


def _again(steps: Iterable[Step]) -> set[Ref]:
    """Return what is dropped and made again."""
    changes = [change for step in steps for change in step.changes]
    made = {change.ref for change in changes if isinstance(change, Create)}
    return made & {change.ref for change in changes if isinstance(change, Drop)}


def _rebuilt(step: Step, rules: RuleTable) -> Iterator[Ref]:
    """Yield the roots that a step makes anew: they go and come back with what they hold."""
    both = step.drops & step.creates
    held = {ref.top for ref in both if ref.parent is not None}
    yield from (ref for ref in both & held if rules[Kind(ref.kind)].rebuild is not None)


def _in_full(change: Change, states: States, rules: RuleTable) -> Iterable[Ref]:
    """Return the objects that the statement of a change writes from end to end."""
    if isinstance(change, Drop) and isinstance(change.old, Unmodelled):
        return ()
    tells = rules[Kind(change.ref.kind)].restates
    return tells(change, states) if tells is not None else ()
