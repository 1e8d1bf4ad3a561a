"""Changes and the days from which deprecated objects may go in; what goes before its day out, as hazards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.change import Change, Create, Drop
from reconciler.model.ref import Ref
from reconciler.plan.hazards import HAZARDS, Hazard

_CODE = "DP103"


def too_early(changes: Iterable[Change], days: Mapping[Ref, str], today: str) -> Iterator[Hazard]:
    """Yield a hazard for each deprecated object that would go before its day, by itself or with what holds it.

    Args:
        changes: the plan's.
        days: the first day on which each may go (ISO 8601), as it was last applied.
        today: the present one.
    """
    held = {ref: day for ref, day in days.items() if today < day}
    if not held:
        return
    seen = list(changes)
    created = {change.ref for change in seen if isinstance(change, Create)}
    gone = [change.ref for change in seen if isinstance(change, Drop) and change.ref not in created]
    for ref, day in sorted(held.items()):
        if any(ref.inside(one) for one in gone):
            message = f"{ref} is deprecated, and may go from {day} on; apply an earlier `remove_after` first, or wait"
            yield Hazard(code=_CODE, ref=ref, message=message, effect=HAZARDS[_CODE].effect)
