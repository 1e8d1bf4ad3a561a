"""Many changes in, those that say the same of different objects together out: a person reads a pattern once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from reconciler.frozen import frozen_in_order
from reconciler.model.fields import compared
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.report.entries import Entry
from reconciler.report.layout import Look, cut
from reconciler.report.problems import safe, width

# So many of a kind are told one by one, and so many lines are read without folding any.
FEWEST, SHORT = 4, 24

T = TypeVar("T")


@frozen_in_order
class Fold(Generic[T]):
    """Things that are alike, in their order; one alone is a fold too."""

    items: tuple[T, ...]

    @property
    def first(self) -> T:
        """The one that stands for all of them."""
        return self.items[0]

    def __len__(self) -> int:
        return len(self.items)


def folds(items: Sequence[T], key: Callable[[T], Hashable], look: Look, *, short: int = SHORT) -> list[Fold[T]]:
    """Return items put together by what is the same about them, each where its first one stands.

    A short list stays as it is, and so does every list when somebody wants to see all.
    """
    if look.detail or len(items) <= short:
        return [Fold((item,)) for item in items]
    keys = [key(item) for item in items]
    groups: dict[Hashable, list[T]] = {}
    for each, item in zip(keys, items, strict=True):
        groups.setdefault(each, []).append(item)
    # What is too rare to fold keeps its place in the order.
    found: list[Fold[T]] = []
    for each, item in zip(keys, items, strict=True):
        group = groups[each]
        if len(group) < FEWEST:
            found.append(Fold((item,)))
        elif group[0] is item:
            found.append(Fold(tuple(group)))
    return found


def pattern(ref: Ref) -> str:
    """Return an object's name with that of its root object as `*`; nothing for a root object itself."""
    return ref.name.replace(ref.top.name, "*") if ref.parent else ""


def sameness(entry: Entry) -> Hashable:
    """Return what two changes have in common when they do the same to different objects, at the same risk."""
    hazards = tuple(sorted({(hazard.code, hazard.effect.value) for hazard in entry.hazards}))
    old = entry.previous.name if entry.previous else ""
    return entry.verb, entry.ref.kind, pattern(entry.ref), old, _fields(entry), hazards, entry.note


def _fields(entry: Entry) -> Hashable:
    """Return both sides of a change without the name of the root object: all of it, or what changes."""
    name = entry.ref.top.name
    return tuple(_values(obj, entry.fields, name) for obj in (entry.old, entry.new))


def _values(obj: Object | None, fields: Sequence[str], name: str) -> Hashable:
    if obj is None:
        return None
    return tuple(repr(getattr(obj, field)).replace(name, "*") for field in fields or compared(type(obj)))


def roots(entries: Iterable[Entry], look: Look, room: int) -> str:
    """Return the names of the root objects, as many as there is room for."""
    names = list(dict.fromkeys(safe(entry.ref.top.name) for entry in entries))
    if look.detail or width(", ".join(names)) <= room:
        return ", ".join(names)
    last = cut(f" … {names[-1]}", room)
    shown = ""
    for name in names:
        longer = f"{shown}, {name}" if shown else name
        if width(longer + last) > room:
            break
        shown = longer
    return (shown + last).strip()
