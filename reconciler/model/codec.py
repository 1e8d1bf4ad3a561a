"""Objects to plain data and back, for files that outlive a process; guided by the fields' types, it knows no kind."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum as PythonEnum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from reconciler.model.assertions import Assertion
from reconciler.model.data_rows import DataRows
from reconciler.model.kinds import KINDS
from reconciler.model.model import Desired, Model
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Kind, Ref

if TYPE_CHECKING:
    from reconciler.model.backfills import Backfill

Way = Callable[[Any], Any]

_VALUE = "$"
_UNMODELLED = "unmodelled"


def encode(value: Any) -> Any:
    """Return plain data: dictionaries, lists, strings, numbers. Fields at their default are left out."""
    cls = type(value)
    return (_ENCODERS.get(cls) or _encoder(cls))(value)


def _same(value: Any) -> Any:
    return value


def _each(values: Any) -> list[Any]:
    return [encode(value) for value in values]


_PLAIN = frozenset({str, int, bool})
# By their exact type; `_encoder` adds each class that is met.
_ENCODERS: dict[type, Way] = {
    **dict.fromkeys((*_PLAIN, type(None)), _same),
    **dict.fromkeys((tuple, list), _each),
    frozenset: lambda values: sorted(map(encode, values)),
    Decimal: lambda number: {_VALUE: str(number)},
    Ref: str,
}


def _encoder(cls: type) -> Way:
    plain = attrgetter("value") if issubclass(cls, PythonEnum) else _same
    return _ENCODERS.setdefault(cls, _fields_encoder(cls) if is_dataclass(cls) else plain)


def _fields_encoder(cls: Any, leaving_out: str = "") -> Way:
    counted = [field for field in fields(cls) if field.name != leaving_out]
    names, defaults = [field.name for field in counted], [field.default for field in counted]
    if not names:
        return lambda value: {}
    one = attrgetter(*names)
    read = one if len(names) > 1 else lambda value: (one(value),)

    def fields_of(value: Any) -> dict[str, Any]:
        return {
            name: given if type(given) in _PLAIN else encode(given)
            for name, default, given in zip(names, defaults, read(value), strict=True)
            if given is not default and given != default
        }

    return fields_of


def encode_fields(obj: Object) -> dict[str, Any]:
    """Return an object as plain data without its address."""
    cls: Any = type(obj)
    found: dict[str, Any] = _own_encoder(cls)(obj)
    return found


@cache
def _own_encoder(cls: Any) -> Way:
    return _fields_encoder(cls, leaving_out="ref")


def decode_fields(cls: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields, without the address, for which `encode_fields` gave this data. Raises KeyError, ValueError."""
    return _given(_ways(cls), data)


def decode(hint: Any, data: Any) -> Any:
    """Return the value of a type that `encode` gave this data for. Raises ValueError when it is not of that form."""
    found = decoder(hint)
    return data if found is None else found(data)


@cache
def decoder(hint: Any) -> Way | None:
    """Return what makes a value of a type from plain data; None where the data is the value already."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Ref:
        return Ref.parse
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        inner = decoder(arguments[0]) or _same
        return lambda data: frozenset(map(inner, data))
    if is_dataclass(hint):
        return _dataclass(hint)
    if isinstance(hint, type) and issubclass(hint, PythonEnum):
        return hint
    return _decimal if hint is Decimal else None


def _decimal(data: Mapping[str, str]) -> Decimal:
    return Decimal(data[_VALUE])


def _tuple(arguments: tuple[Any, ...]) -> Way:
    if arguments[-1] is Ellipsis:
        every = decoder(arguments[0])
        return tuple if every is None else lambda data: tuple(map(every, data))
    ways = [decoder(argument) or _same for argument in arguments]
    return lambda data: tuple(way(item) for way, item in zip(ways, data, strict=True))


def _dataclass(cls: Any) -> Way:
    ways = _ways(cls)
    return lambda data: cls(**_given(ways, data))


@cache
def _ways(cls: Any) -> dict[str, Way | None]:
    return {name: decoder(hint) for name, hint in get_type_hints(cls).items()}


def _given(ways: Mapping[str, Way | None], data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if (way := ways[name]) is None else way(value) for name, value in data.items()}


def _union(hints: tuple[Any, ...]) -> Way | None:
    """Choose by the form of the data: a dictionary belongs to that dataclass which has all of its keys."""
    classes = [(frozenset(f.name for f in fields(hint)), _dataclass(hint)) for hint in hints if is_dataclass(hint)]
    if Decimal in hints:
        classes.append((frozenset({_VALUE}), _decimal))
    listed = next((decoder(hint) for hint in hints if get_origin(hint) is tuple), None)
    if not classes and listed is None:
        return None

    def chosen(data: Any) -> Any:
        if data is None or isinstance(data, bool | int | str):
            return data
        if isinstance(data, list) and listed is not None:
            return listed(data)
        made = next((made for names, made in classes if isinstance(data, dict) and data.keys() <= names), None)
        if made is None:
            raise ValueError(f"unexpected data {data!r}")
        return made(data)

    return chosen


def encode_model(model: Model) -> list[dict[str, Any]]:
    """Return a model as a list sorted by address, each object with its kind."""
    return [encode_object(model[ref]) for ref in sorted(model)]


def encode_object(obj: Object) -> dict[str, Any]:
    """Return an object with its kind."""
    return {"kind": _UNMODELLED if isinstance(obj, Unmodelled) else str(obj.kind), **encode(obj)}


def decode_object(data: Mapping[str, Any]) -> Object:
    """Return the object that `encode_object` gave this data for. Raises ValueError or KeyError."""
    cls: type[Object] = Unmodelled if data["kind"] == _UNMODELLED else KINDS[Kind(data["kind"])]
    found: Object = decode(cls, {name: value for name, value in data.items() if name != "kind"})
    return found


def decode_model(data: list[dict[str, Any]]) -> Model:
    """Return the model that `encode_model` gave this data for. Raises ValueError or KeyError."""
    return Model(map(decode_object, data))


def encode_desired(desired: Desired) -> dict[str, Any]:
    """Return what is declared, without places in files: those that read it have no files."""
    return {
        "objects": encode_model(desired.model),
        "renames": {str(new): str(old) for new, old in sorted(desired.renames.items())},
        "removed": {str(ref): reason for ref, reason in sorted(desired.removed.items())},
        "unnamed": sorted(map(str, desired.unnamed)),
        "assertions": [encode(assertion) for assertion in desired.assertions],
        "backfills": [encode(backfill) for backfill in desired.backfills],
        "data": [encode(rows) for rows in desired.data],
    }


def decode_desired(data: Mapping[str, Any]) -> Desired:
    """Return what `encode_desired` gave this data for. Raises ValueError or KeyError."""
    return Desired(
        model=decode_model(data["objects"]),
        renames={Ref.parse(new): Ref.parse(old) for new, old in data["renames"].items()},
        removed={Ref.parse(ref): str(reason) for ref, reason in data["removed"].items()},
        unnamed=frozenset(map(Ref.parse, data["unnamed"])),
        assertions=tuple(decode(Assertion, one) for one in data.get("assertions", ())),
        backfills=tuple(map(decode_backfill, data.get("backfills", ()))),
        data=tuple(decode(DataRows, one) for one in data.get("data", ())),
    )


def decode_backfill(data: Mapping[str, Any]) -> Backfill:
    """Return the backfill that `encode` gave this data for. Raises ValueError, KeyError or TypeError."""
    from reconciler.model.backfills import Backfill

    found: Backfill = decode(Backfill, data)
    return found
