"""How fields name other objects: what they refer to, and what becomes of them after a renaming; it knows no field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.frozen import frozen_in_order
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import IndexPart

if TYPE_CHECKING:
    from reconciler.model.objects import ForeignKey, Object

Rename = Callable[[Ref], Ref]


@frozen_in_order
class Reference:
    """How a field names other objects: `read` lists them, `rewrite` gives the field's value after a renaming."""

    read: Callable[[Any, Any], Iterable[Ref]]
    rewrite: Callable[[Any, Any, Rename], Any]


def _siblings_read(obj: Object, names: Iterable[str]) -> Iterable[Ref]:
    return (obj.ref.top.child(Kind.COLUMN, name) for name in names)


def _siblings_rewrite(obj: Object, names: Iterable[str], rename: Rename) -> tuple[str, ...]:
    return tuple(rename(ref).name for ref in _siblings_read(obj, names))


def _parts_read(obj: Object, parts: Iterable[IndexPart]) -> Iterable[Ref]:
    return _siblings_read(obj, (part.column for part in parts if part.column is not None))


def _parts_rewrite(obj: Object, parts: Iterable[IndexPart], rename: Rename) -> tuple[IndexPart, ...]:
    def one(part: IndexPart) -> IndexPart:
        if part.column is None:
            return part
        return replace(part, column=_siblings_rewrite(obj, (part.column,), rename)[0])

    return tuple(one(part) for part in parts)


def _beside(obj: Object, name: str) -> Ref:
    """Return the address of another object of the same kind in the same place."""
    return obj.ref.top.child(obj.ref.kind, name)


def _target_read(obj: ForeignKey, names: Iterable[str]) -> Iterable[Ref]:
    return (obj.target.child(Kind.COLUMN, name) for name in names)


def _target_rewrite(obj: ForeignKey, names: Iterable[str], rename: Rename) -> tuple[str, ...]:
    return tuple(rename(ref).name for ref in _target_read(obj, names))


SIBLINGS = Reference(_siblings_read, _siblings_rewrite)
PARTS = Reference(_parts_read, _parts_rewrite)
TARGET_COLUMNS = Reference(_target_read, _target_rewrite)
ONE = Reference(lambda _, ref: (ref,), lambda _, ref, rename: rename(ref))
MAYBE_ONE = Reference(
    lambda _, ref: () if ref is None else (ref,), lambda _, ref, rename: None if ref is None else rename(ref)
)
MAYBE_SIBLING = Reference(
    lambda obj, name: () if name is None else (_beside(obj, name),),
    lambda obj, name, rename: None if name is None else rename(_beside(obj, name)).name,
)
MANY = Reference(lambda _, refs: refs, lambda _, refs, rename: frozenset(map(rename, refs)))


def refers_to(reference: Reference) -> dict[str, Reference]:
    """Return the metadata of a field that names other objects; every ordering edge follows from it."""
    return {"refers_to": reference}
