"""Objects without a name in, the live objects that they are out: structure decides where there is no name to go by."""

from __future__ import annotations

from reconciler.model.fields import compared
from reconciler.model.model import Model, renamed
from reconciler.model.objects import Object
from reconciler.model.ref import Ref


def match_names(actual: Model, nameless: frozenset[Ref], desired: Model, unnamed: frozenset[Ref]) -> Model:
    """Return the desired model with live names where either side has none and the rest is equal.

    Args:
        actual: the live model.
        nameless: live objects whose name we made up.
        desired: the declared model.
        unnamed: declared objects whose name we made up.
    """
    moves: dict[Ref, Ref] = {}
    taken: set[Ref] = set()
    for ref in sorted(desired.keys() - actual.keys()):
        parent = ref.parent
        if parent is None or parent not in actual:
            continue
        for live in sorted(actual.children(parent, type(desired[ref])), key=lambda obj: obj.ref):
            free = live.ref not in desired and live.ref not in taken
            if free and (ref in unnamed or live.ref in nameless) and _alike(live, desired[ref]):
                moves[ref] = live.ref
                taken.add(live.ref)
                break
    return renamed(desired, moves, lambda obj, _: obj)


def _alike(one: Object, other: Object) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in compared(type(one)))
