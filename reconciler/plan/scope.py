"""Who owns what: live and declared model and the ledger's word in; what to aim at, and why anything goes, out."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.frozen import frozen
from reconciler.model.fields import referring
from reconciler.model.model import Model
from reconciler.model.names import is_helper
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Ref
from reconciler.plan.foreign import foreign_tables

if TYPE_CHECKING:
    from reconciler.model.backfills import Held


class Undeclared(StrEnum):
    """What the policy wants done with objects that neither the specs nor the ledger know."""

    REPORT = "report"
    IGNORE = "ignore"
    DROP = "drop"
    ERROR = "error"


class Reason(StrEnum):
    """Why an object is dropped."""

    REMOVED = "removed"
    LEDGER = "ledger"
    UNDECLARED = "undeclared"
    HELPER = "helper"
    PARENT = "parent"
    ABSENT = "absent"
    UNDONE = "undone"


@frozen
class Bounds:
    """Which differences count.

    `undeclared` is the policy for what nobody declared, `ignored` has the addresses at which a difference stays, with
    the reason. Where `only` names addresses, nothing beyond them changes, and nothing there is ignored. `waiting` is
    what stays as it is until a backfill is done.
    """

    undeclared: Undeclared = Undeclared.REPORT
    ignored: Mapping[Ref, str] = field(default_factory=dict)
    only: frozenset[Ref] = frozenset()
    waiting: tuple[Held, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether any difference stays as it is."""
        return bool(self.ignored or self.only)

    def holds(self, ref: Ref) -> bool:
        """Say whether a difference at an address stays as it is."""
        if self.only:
            return not any(ref.inside(one) for one in self.only)
        return any(ref.inside(one) for one in self.ignored)

    def reason(self, ref: Ref) -> str:
        """Return why a difference at an address stays; what stays because of another one says so."""
        found = (reason for one, reason in self.ignored.items() if ref.inside(one))
        return next(found, "it needs what is ignored")


@frozen
class Scope:
    """What a plan aims at.

    `target` is the declared model plus everything that stays although nobody declared it; `undeclared` are the tops of
    what stays; `foreign` are the tables in which other tools keep their account and which nobody declared: they are
    neither listed nor dropped; `dropped` says why an object of the live model is not in the target, `ignored` why a
    difference is left as it is.
    """

    target: Model
    undeclared: tuple[Ref, ...]
    unmodelled: tuple[Ref, ...]
    dropped: Mapping[Ref, Reason]
    foreign: frozenset[Ref] = frozenset()
    ignored: Mapping[Ref, str] = field(default_factory=dict)


def scope(actual: Model, desired: Model, owned: frozenset[Ref], removed: frozenset[Ref], bounds: Bounds) -> Scope:
    """Decide for each live object whether it is declared, dropped or left alone.

    Args:
        actual: the live model, renames applied.
        desired: the declared model.
        owned: what the ledger says we once applied, renames applied.
        removed: what the specs remove by name.
        bounds: the policy for everything else, and which differences count.
    """
    dropped: dict[Ref, Reason] = {}
    kept: list[Ref] = []
    loners = actual.keys() - desired.keys()
    foreign = frozenset(foreign_tables(actual, loners))
    for ref in sorted(loners, key=lambda r: (len(r.parts), r)):
        reason = _reason(actual[ref], owned, removed, bounds, dropped, foreign)
        if reason is not None:
            dropped[ref] = reason
        else:
            kept.append(ref)
    told = [ref for ref in kept if not bounds.holds(ref)] if bounds.limited else kept
    loose = [ref for ref in told if not isinstance(actual[ref], Unmodelled) and ref.top not in foreign]
    return Scope(
        target=Model((*desired.values(), *(actual[ref] for ref in kept))) if kept else desired,
        undeclared=_tops(loose, set(loose)),
        unmodelled=tuple(ref for ref in told if isinstance(actual[ref], Unmodelled)),
        dropped=dropped,
        foreign=foreign.difference(dropped),
    )


def _reason(
    obj: Object,
    owned: frozenset[Ref],
    removed: frozenset[Ref],
    bounds: Bounds,
    dropped: Mapping[Ref, Reason],
    foreign: frozenset[Ref],
) -> Reason | None:
    """Say why an object that is not declared goes; None when it stays. Of another tool's only what is named goes."""
    ref = obj.ref
    if ref.parent in dropped:
        return Reason.PARENT
    if isinstance(obj, Unmodelled) or bounds.holds(ref):
        return None
    if ref in removed:
        return Reason.REMOVED
    if ref.top in foreign:
        return None
    if ref.parent is not None and is_helper(ref.name):
        return Reason.HELPER
    if ref in owned:
        return Reason.LEDGER
    return Reason.UNDECLARED if bounds.undeclared is Undeclared.DROP else None


def _tops(refs: list[Ref], known: set[Ref]) -> tuple[Ref, ...]:
    """Return those refs that are not held by another one of them."""
    return tuple(sorted(ref for ref in refs if ref.parent not in known))


def watched(actual: Model, declared: AbstractSet[Ref], owned: AbstractSet[Ref]) -> Model:
    """Return the part of the live model that a plan rests on: declared, owned, all inside them, and their
    dependents.
    """
    loose = actual.keys() - declared - owned
    if not loose:
        return actual
    roots = {ref.top for ref in declared} | {ref.top for ref in owned}
    strange = [ref for ref in loose if ref.top not in roots]
    users = {ref.top for ref in strange if _touches(actual, actual[ref], roots)}
    left = {ref for ref in strange if ref.top not in users}
    return actual.only(lambda ref: ref not in left)


def _touches(actual: Model, obj: Object, roots: set[Ref]) -> bool:
    """Say whether an object names something that is there, and is one of these roots or inside one."""
    named = (ref for name, how in referring(type(obj)) for ref in how.read(obj, getattr(obj, name)))
    return any(ref.top in roots and ref in actual for ref in named)
