"""What a field of an object says of itself: whether it is compared, live alone or a promise, and what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, TypeVar

from reconciler.model.kinds import KINDS
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Ref
from reconciler.model.references import PARTS, SIBLINGS, TARGET_COLUMNS, Reference

V = TypeVar("V")

_CLASSES = (*KINDS.values(), Unmodelled)
_COMPARED = {cls: tuple(f.name for f in fields(cls) if f.compare and f.name != "ref") for cls in _CLASSES}


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these fields; of a single one, `attrgetter` would give the value itself."""
    return attrgetter(*names) if len(names) > 1 else lambda obj: tuple(getattr(obj, name) for name in names)


_VALUES = {cls: _reader(names) for cls, names in _COMPARED.items()}
_REFERRING: Mapping[type[Object], tuple[tuple[str, Reference], ...]] = {
    cls: tuple((f.name, f.metadata["refers_to"]) for f in fields(cls) if "refers_to" in f.metadata) for cls in _CLASSES
}
# Those of them that may name another root than their object's own, and than the other fields.
_ROOTS: Mapping[type[Object], tuple[tuple[str, Reference], ...]] = {
    cls: tuple(pair for pair in pairs if pair[1] not in (PARTS, SIBLINGS, TARGET_COLUMNS))
    for cls, pairs in _REFERRING.items()
}
_LIVE_ONLY = {cls: tuple(f.name for f in fields(cls) if f.metadata.get("live")) for cls in _CLASSES}


_CARRIED = {
    cls: _reader((*names, *(f.name for f in fields(cls) if f.name == "uses"))) for cls, names in _LIVE_ONLY.items()
}
_NONE: frozenset[Ref] = frozenset()
_CONTRACTS = {cls: tuple(f.name for f in fields(cls) if f.metadata.get("contract")) for cls in _CLASSES}


def contracts(cls: type[Object]) -> tuple[str, ...]:
    """Return the fields that a spec may promise and a database has to keep."""
    return _CONTRACTS[cls]


def live_only(cls: type[Object]) -> tuple[str, ...]:
    """Return the fields that only an inspected object knows, and that go on through a change of the object."""
    return _LIVE_ONLY[cls]


def compared(cls: type[Object]) -> tuple[str, ...]:
    """Return the names of the fields that make two objects of this class differ."""
    return _COMPARED[cls]


def compared_values(obj: Object) -> tuple[Any, ...]:
    """Return the values of the fields that make an object differ from another one, in the order of `compared`."""
    found: tuple[Any, ...] = _VALUES[type(obj)](obj)
    return found


def carried_values(obj: Object) -> tuple[Any, ...]:
    """Return the values of the fields that go on from an inspected object, and what it uses."""
    found: tuple[Any, ...] = _CARRIED[type(obj)](obj)
    return found


def referring(cls: type[Object]) -> tuple[tuple[str, Reference], ...]:
    """Return the fields that name other objects, each with how."""
    return _REFERRING[cls]


def changed(obj: V, **values: Any) -> V:
    """Return an object, or a value of one, with these fields; itself when they are equal to its own, as most are.

    Not for fields that hold SQL or constants: texts that differ may be equal there, and so are 1 and true.
    """
    for name, value in values.items():
        if getattr(obj, name) != value:
            return replace(obj, **values)  # type: ignore[type-var]
    return obj


def references(obj: Object, ignoring: frozenset[str] = frozenset()) -> frozenset[Ref]:
    """Return every address that an object names, itself and its own children left out; fields in `ignoring` are not
    read.
    """
    found: set[Ref] = set()
    for name, reference in referring(type(obj)):
        if name not in ignoring:
            value = getattr(obj, name)
            if value or value == "":  # most fields of most objects are empty; a name may be, and names all the same
                found.update(reference.read(obj, value))
    return frozenset(ref for ref in found if not ref.inside(obj.ref)) if found else _NONE


def roots_named(obj: Object) -> set[Ref]:
    """Return the roots that an object names; its own one may be among them or not."""
    found: set[Ref] = set()
    for name, reference in _ROOTS[type(obj)]:
        value = getattr(obj, name)
        if value or value == "":
            found.update(ref.top for ref in reference.read(obj, value))
    return found
