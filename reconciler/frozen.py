"""A class with fields in, the same as a frozen dataclass with slots out, at a tenth of the price; it knows no class.

`dataclass(frozen=True, slots=True)` compiles six functions for each class, and a command has eighty classes made before
it does anything. Here a constructor is compiled, when the first object is made; everything else is shared
(docs/adr/0037-classes-that-cost-nothing-until-they-are-used.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Return what `dataclass(frozen=True, slots=True, kw_only=True)` does."""
    found: type[T] = _finished(dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls))
    return found


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen_in_order(cls: type[T]) -> type[T]:
    """Return what `dataclass(frozen=True, slots=True)` does: fields may be given by their places."""
    found: type[T] = _finished(dataclass(init=False, repr=False, eq=False, slots=True)(cls))
    return found


def _finished(cls: Any) -> Any:
    """Give a dataclass what it has to have beside its fields; what its author wrote stays."""
    key = _reader([one.name for one in fields(cls) if one.compare])

    def equal(self: object, other: object) -> bool:
        return bool(key(self) == key(other)) if type(other) is type(self) else NotImplemented

    def hashed(self: object) -> int:
        return hash(key(self))

    def begin(self: Any, *given: Any, **named: Any) -> None:
        cls.__init__ = _constructor(cls)
        cls.__init__(self, *given, **named)

    own = {"__eq__": equal, "__hash__": hashed, "__repr__": _shown}
    for name, function in own.items():
        if name not in vars(cls):
            setattr(cls, name, function)
    cls.__getstate__, cls.__setstate__ = _state, _set_state
    cls.__init__, cls.__setattr__, cls.__delattr__ = begin, _not_set, _not_deleted
    return cls


def _reader(names: list[str]) -> Callable[[object], tuple[Any, ...]]:
    """Return what reads these fields; of a single one, `attrgetter` would give the value itself."""
    return attrgetter(*names) if len(names) > 1 else lambda obj: tuple(getattr(obj, name) for name in names)


def _constructor(cls: Any) -> Any:
    """Compile a constructor that writes each slot directly: to look it up by name takes twice as long."""
    known: dict[str, Any] = {"MISSING": MISSING}
    given, lines, named = [], [], False
    for one in fields(cls):
        known[f"write_{one.name}"] = getattr(cls, one.name).__set__
        given += ["*"] if one.kw_only is True and not named else []
        named = one.kw_only is True
        given.append(_parameter(one, known))
        value = one.name
        if one.default_factory is not MISSING:
            value = f"factory_{one.name}() if {one.name} is MISSING else {one.name}"
        lines.append(f" write_{one.name}(self, {value})")
    lines += [" self.__post_init__()"] if hasattr(cls, "__post_init__") else [" return None"]
    exec("\n".join((f"def __init__({', '.join(('self', *given))}):", *lines)), known)
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _parameter(one: Field[Any], known: dict[str, Any]) -> str:
    """Return a field as a parameter, and note what it is by default."""
    if one.default_factory is not MISSING:
        known[f"factory_{one.name}"] = one.default_factory
        return f"{one.name}=MISSING"
    if one.default is MISSING:
        return one.name
    known[f"default_{one.name}"] = one.default
    return f"{one.name}=default_{one.name}"


def _shown(self: Any) -> str:
    said = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({said})"


def _not_set(self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _not_deleted(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    """Return what a copy is made of."""
    return [getattr(self, one.name) for one in fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
