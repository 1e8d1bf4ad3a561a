"""A live model, a declared one and bounds in, the declared one without the differences that are left as they are out.

What a policy ignores stays as it is in the database, and so does everything beyond the addresses that somebody chose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.fields import referring
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.plan.scope import Bounds


def within(desired: Desired, bounds: Bounds) -> Desired:
    """Return what is declared without the renames, removals and rows that are not to be made."""
    if not bounds.limited:
        return desired
    renames = {new: old for new, old in desired.renames.items() if not (bounds.holds(new) or bounds.holds(old))}
    removed = {ref: reason for ref, reason in desired.removed.items() if not bounds.holds(ref)}
    data = tuple(rows for rows in desired.data if not bounds.holds(rows.ref))
    return replace(desired, renames=renames, removed=removed, data=data)


def reaching(live: Model, desired: Model, bounds: Bounds) -> Bounds:
    """Return bounds that let in what the chosen objects rest on, where that is not there yet."""
    if not bounds.only:
        return bounds
    found, pending = set(bounds.only), [obj for ref, obj in desired.items() if not bounds.holds(ref)]
    while pending:
        for ref in _needs(pending.pop(), live, desired):
            root = ref if ref.parent is None or ref.parent in live else ref.top
            if root not in found and root in desired:
                found.add(root)
                pending += desired.subtree(root)
    return replace(bounds, only=frozenset(found))


def _needs(obj: Object, live: Model, desired: Model) -> Iterable[Ref]:
    """Yield what an object names, or is in, that is declared and not there."""
    named = [ref for name, how in referring(type(obj)) for ref in how.read(obj, getattr(obj, name))]
    return (ref for ref in (*named, obj.ref.parent) if ref is not None and ref in desired and ref not in live)


def bounded(live: Model, desired: Model, bounds: Bounds) -> Model:
    """Return what is declared with the live objects in the place of those whose difference stays."""
    held = {ref for ref in desired if bounds.holds(ref)}
    absent = {ref for ref in held if ref not in live}
    kept = [live[ref] if ref in held else obj for ref, obj in desired.items() if ref not in absent]
    while absent:  # What names an absent thing cannot be made either.
        lost = {obj.ref for obj in kept if obj.ref not in live and not absent.isdisjoint(_named(obj))}
        kept, absent = [obj for obj in kept if obj.ref not in lost], lost
    return Model(kept)


def _named(obj: Object) -> Iterable[Ref | None]:
    yield obj.ref.parent
    for name, how in referring(type(obj)):
        yield from how.read(obj, getattr(obj, name))


def passed(live: Model, desired: Model, declared: Model, bounds: Bounds) -> dict[Ref, str]:
    """Return where declared and live differ and are left as they are, with the reason that the policy gives.

    Args:
        live: what is there.
        desired: what is declared, without those differences.
        declared: what is declared, with them.
        bounds: which they are.
    """
    if bounds.only:
        return {}
    held = (ref for ref in {*declared, *live} if bounds.holds(ref))
    found = {ref for ref in held if declared.get(ref) != live.get(ref)} | (declared.keys() - desired.keys())
    return {ref: bounds.reason(ref) for ref in sorted(found) if ref.parent not in found}
