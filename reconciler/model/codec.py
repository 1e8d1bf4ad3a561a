"""Objects to plain data and back, for files that outlive a process; guided by the fields' types, it knows no kind."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum as PythonEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from reconciler.model.model import Desired, Model
from reconciler.model.objects import KINDS, Object
from reconciler.model.ref import Kind, Ref

_VALUE = "$"


def encode(value: Any) -> Any:
    """Return plain data: dictionaries, lists, strings, numbers. Fields at their default are left out."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, PythonEnum):
        return value.value
    if isinstance(value, Decimal):
        return {_VALUE: format(value, "f")}
    if is_dataclass(value) and not isinstance(value, type):
        given = {f.name: getattr(value, f.name) for f in fields(value)}
        return {f.name: encode(given[f.name]) for f in fields(value) if f.default != given[f.name]}
    if isinstance(value, frozenset):
        return sorted(encode(item) for item in value)
    return [encode(item) for item in value] if isinstance(value, tuple | list) else value


def decode(hint: Any, data: Any) -> Any:
    """Return the value of a type that `encode` gave this data for. Raises ValueError when it is not of that form."""
    if hint is Ref:
        return Ref.parse(data)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(get_args(hint), data)
    if origin is tuple:
        arguments = get_args(hint)
        items = [arguments[0]] * len(data) if arguments[-1] is Ellipsis else arguments
        return tuple(decode(one, item) for one, item in zip(items, data, strict=True))
    if origin is frozenset:
        return frozenset(decode(get_args(hint)[0], item) for item in data)
    if is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{name: decode(hints[name], value) for name, value in data.items()})
    if isinstance(hint, type) and issubclass(hint, PythonEnum):
        return hint(data)
    if hint is Decimal:
        return Decimal(data[_VALUE])
    return data


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)


def _decode_union(hints: tuple[Any, ...], data: Any) -> Any:
    """Choose by the form of the data: a dictionary belongs to that dataclass which has all of its keys."""
    if data is None or isinstance(data, bool | int | str):
        return data
    if isinstance(data, dict) and set(data) == {_VALUE}:
        return Decimal(data[_VALUE])
    for hint in hints:
        if is_dataclass(hint) and isinstance(data, dict) and set(data) <= {f.name for f in fields(hint)}:
            return decode(hint, data)
        if get_origin(hint) is tuple and isinstance(data, list):
            return decode(hint, data)
    raise ValueError(f"unexpected data {data!r}")


def encode_model(model: Model) -> list[dict[str, Any]]:
    """Return a model as a list sorted by address, each object with its kind."""
    return [{"kind": str(model[ref].kind), **encode(model[ref])} for ref in sorted(model)]


def decode_model(data: list[dict[str, Any]]) -> Model:
    """Return the model that `encode_model` gave this data for. Raises ValueError or KeyError."""
    objects: list[Object] = []
    for item in data:
        cls = KINDS[Kind(item["kind"])]
        objects.append(decode(cls, {name: value for name, value in item.items() if name != "kind"}))
    return Model(objects)


def encode_desired(desired: Desired) -> dict[str, Any]:
    """Return what is declared, without places in files: those that read it have no files."""
    return {
        "objects": encode_model(desired.model),
        "renames": {str(new): str(old) for new, old in sorted(desired.renames.items())},
        "removed": {str(ref): reason for ref, reason in sorted(desired.removed.items())},
        "unnamed": sorted(map(str, desired.unnamed)),
    }


def decode_desired(data: Mapping[str, Any]) -> Desired:
    """Return what `encode_desired` gave this data for. Raises ValueError or KeyError."""
    return Desired(
        model=decode_model(data["objects"]),
        renames={Ref.parse(new): Ref.parse(old) for new, old in data["renames"].items()},
        removed={Ref.parse(ref): str(reason) for ref, reason in data["removed"].items()},
        unnamed=frozenset(map(Ref.parse, data["unnamed"])),
    )
