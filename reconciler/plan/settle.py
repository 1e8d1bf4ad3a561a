"""Changes in, the whole set of changes out; it names no kind.

Replacements are spelled out, and whatever a change disturbs joins in.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import PlanError, Problem
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.fields import references
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Kind, Ref
from reconciler.plan.rules import RuleTable, States, Way, late_bound

_KINDS = frozenset(Kind)

Settled = dict[Ref, tuple[Change, ...]]


def settle(rules: RuleTable, changes: Sequence[Change], states: States) -> Settled:
    """Return the changes by address, each replaced object as a drop and a create.

    Raises PlanError when something that is not modelled, or that would dangle, stands in the way.
    """
    settled: Settled = {}
    problems: list[Problem] = []
    for change in changes:
        if isinstance(change, Alter) and any(isinstance(other, Create) for other in settled.get(change.ref, ())):
            continue  # made anew under its new name, as it is to be
        parts = _replaced(rules, change, states)
        for part in parts:
            settled[part.ref] = (*settled.get(part.ref, ()), part)
    pending = [change for parts in settled.values() for change in parts]
    while pending:
        for found in _disturbed(rules, pending.pop(), states, settled, problems):
            # A rename comes first in any case: what is dropped has its new name by then.
            renames = [change for change in settled.get(found[0].ref, ()) if isinstance(change, Rename)]
            settled[found[0].ref] = (*renames, *found)
            pending += found
    if problems:
        raise PlanError(sorted(set(problems), key=lambda problem: problem.message))
    return settled


def _replaced(rules: RuleTable, change: Change, states: States) -> tuple[Change, ...]:
    """Return a change as it is, or as drop and create where the rules say so."""
    if isinstance(change, Alter):
        table = rules[Kind(change.ref.kind)].alter
        ways = [turn if isinstance(turn, Way) else turn(change.old, change.new, states)
                for turn in (table[name] for name in change.fields)]  # fmt: skip
        if Way.REPLACE in ways and Way.VIA_PARENT not in ways:
            return Drop(change.old), Create(change.new)
    if isinstance(change, Rename) and rules[Kind(change.ref.kind)].rename is Way.REPLACE:
        return Drop(change.old), Create(states.new.get(change.ref, change.new))
    return (change,)


def _disturbed(
    rules: RuleTable, change: Change, states: States, settled: Settled, problems: list[Problem]
) -> list[tuple[Change, ...]]:
    """Return the changes of those objects that cannot stay while this change runs."""
    found: list[tuple[Change, ...]] = []
    beside = _carried(rules, change, states)
    for user in _disturbed_users(rules, change, states):
        if user.ref in beside or _already_goes(user, settled, states) or _finds_again(rules, user, change, settled):
            continue
        if _lets_go(user, change, states, settled):
            continue
        outcome = _again(rules, user, change.ref, states)
        if isinstance(outcome, Problem):
            problems.append(outcome)
        else:
            found.append(outcome)
    return [*found, *_held(change, states, settled)]


def _carried(rules: RuleTable, change: Change, states: States) -> set[Ref]:
    """Return the objects that a change takes along by itself."""
    hook = rules[Kind(change.ref.kind)].carries if isinstance(change, Drop) and change.ref.kind in _KINDS else None
    return {carried.ref for carried in hook(change, states)} if hook else set()


def _held(change: Change, states: States, settled: Settled) -> list[tuple[Change, ...]]:
    """Return how everything inside an object that goes and comes back does the same."""
    if not isinstance(change, Drop):
        return []
    holder = _now(change.ref, states)
    if not _comes_back(holder, settled):
        return []
    inside = (obj for obj in states.old.subtree(holder)[1:] if not isinstance(obj, Unmodelled))
    return [
        (Drop(obj), Create(states.new[obj.ref]))
        for obj in inside
        if obj.ref in states.new and not _comes_back(obj.ref, settled)
    ]


def _comes_back(ref: Ref, settled: Settled) -> bool:
    return any(isinstance(change, Create) for change in settled.get(ref, ()))


def _lets_go(user: Object, change: Change, states: States, settled: Settled) -> bool:
    """Say whether a user is altered anyway, into something that does not name the dropped object any more."""
    if not isinstance(change, Drop) or change.ref in states.new:
        return False
    altered = any(isinstance(own, Alter) for own in settled.get(user.ref, ()))
    return altered and change.ref not in references(states.new[user.ref])


def _disturbed_users(rules: RuleTable, change: Change, states: States) -> list[Object]:
    """Return the live objects that cannot stay while this change runs, whatever else becomes of them."""
    if isinstance(change, Drop):
        return states.old.dependents(_now(change.ref, states))
    if not isinstance(change, Alter):
        return []
    found: list[Object] = []
    if _disturbing(rules, change):
        found += [user for user in states.old.dependents(change.ref) if not _adapts(rules, user)]
    hook = rules[Kind(change.ref.kind)].disturbed
    return [*found, *(hook(change, states) if hook else ())]


def _now(ref: Ref, states: States) -> Ref:
    """Return under which address the old model has what is dropped: what goes under its new name has that one there."""
    if ref in states.old:
        return ref
    return next((after for after in states.old if states.live(after) == ref), ref)


def _disturbing(rules: RuleTable, change: Alter) -> bool:
    return not rules[Kind(change.ref.kind)].disturbs.isdisjoint(change.fields)


def _adapts(rules: RuleTable, user: Object) -> bool:
    return not isinstance(user, Unmodelled) and rules[Kind(user.ref.kind)].adapts


def _already_goes(user: Object, settled: Settled, states: States) -> bool:
    """Say whether an object is dropped anyway, by itself or with what holds it."""
    at: Ref | None = user.ref
    while at is not None:
        # What goes under a new name goes under its live one.
        if any(isinstance(change, Drop) for ref in (at, states.live(at)) for change in settled.get(ref, ())):
            return True
        at = at.parent
    return user.ref not in states.new


def _finds_again(rules: RuleTable, user: Object, change: Change, settled: Settled) -> bool:
    """Say whether an object only misses for a moment what it looks up by name."""
    finds = isinstance(user, Unmodelled) and late_bound(rules, change.ref)
    return _comes_back(change.ref, settled) and (finds or _looks_up(rules, user))


def _looks_up(rules: RuleTable, user: Object) -> bool:
    return not isinstance(user, Unmodelled) and rules[Kind(user.ref.kind)].looks_up


def _again(rules: RuleTable, user: Object, disturber: Ref, states: States) -> tuple[Change, ...] | Problem:
    """Return how a disturbed object goes and comes back, or why it cannot."""
    if isinstance(user, Unmodelled):
        return Problem(
            code="RUN032",
            message=f"{user.ref} uses {disturber} and is not managed by this tool, so {disturber} cannot be changed",
            hint=f"drop {user.ref} by hand before, and create it again afterwards",
            address=str(user.ref),
        )
    new = states.new[user.ref]
    dangling = sorted(ref for ref in references(new) if ref not in states.new and ref in states.old)
    if not dangling:
        return Drop(user), Create(new)
    if user.ref.parent is not None and user.ref.top == disturber.top and rules[Kind(user.ref.kind)].falls:
        return (Drop(user),)
    return Problem(
        code="RUN033",
        message=f"{user.ref} still uses {dangling[0]}, which is to be dropped",
        hint=f"change or remove {user.ref} in the same plan, or keep {dangling[0]}",
        address=str(user.ref),
    )
