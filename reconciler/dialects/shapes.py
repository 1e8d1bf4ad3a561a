"""Columns in, their normal forms out, worked out once for each shape: few of thousands differ in more than a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

from reconciler.model.objects import Column

# What a column is beside its name and place.
_SHAPE = tuple(one.name for one in fields(Column) if one.name not in ("ref", "position", "sensitive"))
_shape_of = attrgetter(*_SHAPE)


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes met so far: a column of each, and what became of it."""

    known: dict[tuple[object, ...], tuple[Column, Mapping[str, Any]]] = field(default_factory=dict)

    def normal(self, obj: Column, in_key: bool, normalize: Callable[[Column], tuple[Column, bool]]) -> Column:
        """Return a column's normal form.

        Values are told apart by identity, because texts that are written in different ways may be equal.

        Args:
            obj: the column.
            in_key: it is part of the primary key.
            normalize: works the form out, and says whether others of the shape have the same.
        """
        shape = (in_key, *map(id, _shape_of(obj)))
        if (known := self.known.get(shape)) is not None:
            return replace(obj, **known[1]) if known[1] else obj
        normal, same = normalize(obj)
        if same:
            other = {name: value for name in _SHAPE if (value := getattr(normal, name)) is not getattr(obj, name)}
            self.known[shape] = obj, other  # the column keeps alive what the shape names
        return normal
