"""Two models in, the changes that lead from one to the other out; it knows no kind and no dialect."""

from __future__ import annotations

from reconciler.model.change import Alter, Change, Create, Drop
from reconciler.model.fields import compared
from reconciler.model.model import Model


def diff(actual: Model, desired: Model) -> tuple[Change, ...]:
    """Return what has to happen to `actual`, sorted by address. Renames are applied to `actual` beforehand."""
    changes: list[Change] = [Drop(actual[ref]) for ref in actual if ref not in desired]
    for ref, new in desired.items():
        old = actual.get(ref)
        if old is None:
            changes.append(Create(new))
        elif old != new:
            names = compared(type(new))
            changes.append(Alter(old, new, tuple(name for name in names if getattr(old, name) != getattr(new, name))))
    return tuple(sorted(changes, key=lambda change: change.ref))
