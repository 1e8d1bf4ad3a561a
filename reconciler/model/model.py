"""A model: a set of objects by address, with its fingerprint; in come objects, out come lookups, it knows no kind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from dataclasses import field, fields, is_dataclass, replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.errors import Position
from reconciler.frozen import frozen
from reconciler.model.assertions import Assertion
from reconciler.model.data_rows import DataRows
from reconciler.model.fields import compared_values, referring
from reconciler.model.objects import Object
from reconciler.model.ref import Ref
from reconciler.model.values import Sql

# What few projects have, and costs every command a while to make classes of.
if TYPE_CHECKING:
    from reconciler.model.backfills import Backfill

T = TypeVar("T", bound=Object)

_NO_MARKS: Mapping[Ref, str] = MappingProxyType({})


class Model(Mapping[Ref, Object]):
    """An immutable set of objects. Iteration is in the order given; nothing that is printed depends on it."""

    def __init__(self, objects: Iterable[Object] = ()) -> None:
        self._objects = {obj.ref: obj for obj in objects}

    def __getitem__(self, ref: Ref) -> Object:
        return self._objects[ref]

    def __iter__(self) -> Iterator[Ref]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    # What Mapping derives from the three above, without a detour: models are large, and looked up all the time.

    def __contains__(self, ref: object) -> bool:
        return ref in self._objects

    def get(self, ref: Ref, default: Any = None) -> Object | Any:
        """Return the object at an address, or `default`."""
        return self._objects.get(ref, default)

    def keys(self) -> KeysView[Ref]:
        """Return the addresses."""
        return self._objects.keys()

    def values(self) -> ValuesView[Object]:
        """Return the objects."""
        return self._objects.values()

    def items(self) -> ItemsView[Ref, Object]:
        """Return addresses with their objects."""
        return self._objects.items()

    @cached_property
    def _children(self) -> dict[tuple[str, tuple[str, ...]], list[Object]]:
        """The objects inside each address; an address is a tuple, and a plain one is made in half the time."""
        found: dict[tuple[str, tuple[str, ...]], list[Object]] = {}
        for ref, obj in self._objects.items():
            parts = ref.parts
            if len(parts) > 2:
                holder = ref.schema, parts[:-2]
                if holder in found:
                    found[holder].append(obj)
                else:
                    found[holder] = [obj]
        return found

    @cached_property
    def _dependents(self) -> dict[Ref, list[Object]]:
        found: dict[Ref, list[Object]] = {}
        for obj in self._objects.values():
            for name, reference in referring(type(obj)):
                for ref in reference.read(obj, getattr(obj, name)):
                    found.setdefault(ref, []).append(obj)
        return found

    def children(self, ref: Ref, cls: type[T]) -> list[T]:
        """Return the objects of one class directly inside another, in the order of the model."""
        return [obj for obj in self._children.get(ref, ()) if type(obj) is cls]

    def subtree(self, ref: Ref) -> list[Object]:
        """Return an object with everything inside it; empty when it is not there."""
        if ref not in self._objects:
            return []
        found = [self._objects[ref]]
        for child in self._children.get(ref, ()):
            found += self.subtree(child.ref)
        return found

    def dependents(self, ref: Ref) -> list[Object]:
        """Return the objects that name this one, itself left out, each once."""
        return list({obj.ref: obj for obj in self._dependents.get(ref, ()) if obj.ref != ref}.values())

    def get_as(self, ref: Ref, cls: type[T]) -> T:
        """Return an object whose class is known. Raises KeyError when there is none such."""
        obj = self._objects[ref]
        if not isinstance(obj, cls):
            raise KeyError(ref)
        return obj

    def updated(self, objects: Iterable[Object]) -> Model:
        """Return a model with these objects put in place of those at the same addresses."""
        new = {obj.ref: obj for obj in objects}
        found = Model()
        found._objects = self._objects | new
        if "_children" in self.__dict__:
            found.__dict__["_children"] = self._children | self._refilled(new)
        return found

    def _refilled(self, new: Mapping[Ref, Object]) -> dict[tuple[str, tuple[str, ...]], list[Object]]:
        """Return what is inside each address that holds one of these, once they are in place."""
        found: dict[tuple[str, tuple[str, ...]], list[Object]] = {}
        for ref, obj in new.items():
            holder = ref.schema, ref.parts[:-2]
            if len(ref.parts) > 2 and holder not in found:
                found[holder] = [new.get(child.ref, child) for child in self._children.get(holder, ())]
            if len(ref.parts) > 2 and ref not in self._objects:
                found[holder].append(obj)
        return found

    def only(self, keep: Callable[[Ref], bool]) -> Model:
        """Return a model of the objects whose address is kept."""
        return Model(obj for ref, obj in self._objects.items() if keep(ref))

    def marks(self, known: Mapping[Ref, str] = _NO_MARKS) -> dict[Ref, str]:
        """Return for each root a hash over every compared field of all that it holds; `known` are some of them."""
        return self._marked(known) if known else dict(self._marks)

    @cached_property
    def _marks(self) -> dict[Ref, str]:
        return self._marked(_NO_MARKS)

    def _marked(self, known: Mapping[Ref, str]) -> dict[Ref, str]:
        tops = [ref.top for ref in self]
        wanted = [(top, obj) for top, obj in zip(tops, self.values(), strict=True) if top not in known]
        lines: dict[Ref, list[str]] = {}
        for (top, _), line in zip(wanted, _lines(obj for _, obj in wanted), strict=True):
            lines.setdefault(top, []).append(line)
        found = {root: known[root] for root in dict.fromkeys(tops) if root in known}
        return found | {
            root: hashlib.sha256("\n".join(sorted(own)).encode()).hexdigest() for root, own in lines.items()
        }

    def fingerprint(self) -> str:
        """Return a hash over every compared field; the order of the objects does not matter."""
        return fingerprint(self.marks())


def fingerprint(marks: Mapping[Ref, str]) -> str:
    """Return the hash of a model whose roots have these marks."""
    return hashlib.sha256("\n".join(f"{mark} {root}" for root, mark in sorted(marks.items())).encode()).hexdigest()


def _lines(objects: Iterable[Object]) -> Iterator[str]:
    """Spell each object in a line. What two of them share, a type or a constant, is spelled once.

    It is known by its identity: two constants may be equal and not be the same, 1 and true. All of it lives as long as
    the objects do, so no identity is used twice.
    """
    known: dict[tuple[object, ...], str] = {}
    for obj in objects:
        values = compared_values(obj)
        key = (type(obj), *map(id, values))
        spelled = known.get(key)
        if spelled is None:
            spelled = known[key] = repr([*map(_spell, values)])
        yield f"{obj.ref}={spelled}"


def _spell(value: Any) -> object:
    """Return what of a value counts, in lists, texts and None alone."""
    return None if value is None else _SPELLINGS.get(type(value), _spell_other)(value)


def _spell_other(value: Any) -> object:
    cls = type(value)
    name, counting = cls.__name__, tuple(f.name for f in fields(cls) if f.compare) if is_dataclass(cls) else ()

    def spell_fields(value: Any) -> object:
        return [name, *map(_spell, map(value.__getattribute__, counting))]

    def spell_whole(value: Any) -> object:
        return f"{name} {value}"

    spell = _SPELLINGS[cls] = spell_fields if is_dataclass(cls) else spell_whole
    return spell(value)


# By their exact type; `_spell_other` adds each class that it meets.
_SPELLINGS: dict[type, Callable[[Any], object]] = {
    str: lambda text: f"str {text}",
    bool: lambda truth: "bool True" if truth else "bool False",
    tuple: lambda values: list(map(_spell, values)),
    # 1.50 equals 1.5, and equal models have one fingerprint.
    Decimal: lambda number: f"Decimal {number.normalize()}",
    Sql: lambda sql: sql.canonical,
    Ref: lambda ref: ["Ref", f"str {ref.schema}", [f"str {part}" for part in ref.parts]],
}


def renamed(model: Model, renames: Mapping[Ref, Ref], respell: Callable[[Object, Mapping[Ref, Ref]], Object]) -> Model:
    """Return the model as it is after renaming `{old: new}`.

    Addresses and every field that names others follow; `respell` gives the object whose SQL texts follow too.
    """
    if not renames:
        return model

    def moved(ref: Ref) -> Ref:
        for old in sorted(renames, key=lambda r: -len(r.parts)):
            ref = ref.moved(old, renames[old])
        return ref

    def one(obj: Object) -> Object:
        spelled = respell(obj, renames)
        values = {name: ref.rewrite(obj, getattr(spelled, name), moved) for name, ref in referring(type(obj))}
        return replace(spelled, ref=moved(obj.ref), **values)

    return Model(one(obj) for obj in model.values())


@frozen
class Desired:
    """What the specs declare for one dialect, as written.

    `renames` is {new: old}, `removed` {address: reason}; `unnamed` are the objects whose name we made up; `positions`
    says where an object, or one field of it, is declared. `assertions` are what the rows have to keep to,
    `backfills` the work to be done on them, `data` those that have to be there.
    """

    model: Model
    renames: Mapping[Ref, Ref] = field(default_factory=dict)
    removed: Mapping[Ref, str] = field(default_factory=dict)
    unnamed: frozenset[Ref] = frozenset()
    positions: Mapping[tuple[Ref, str], Position] = field(default_factory=dict)
    assertions: tuple[Assertion, ...] = ()
    backfills: tuple[Backfill, ...] = ()
    data: tuple[DataRows, ...] = ()

    def position(self, ref: Ref, part: str = "") -> Position | None:
        """Return where a field is declared, or else its object, or else the object that holds it."""
        at: Ref | None = ref
        found = self.positions.get((ref, part))
        while found is None and at is not None:
            found = self.positions.get((at, ""))
            at = at.parent
        return found


@frozen
class Inspection:
    """What a database holds: its objects (those that we do not model included), and which of them have no name there.

    `defaults` is what holds where an object says nothing (engine, collation …), by the dialect's own words.
    """

    model: Model
    unnamed: frozenset[Ref] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)
