"""Columns in, their normal forms out, worked out once for each shape: few of thousands differ in more than a name."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import field, fields
from operator import attrgetter
from typing import Any

from reconciler.frozen import frozen_in_order
from reconciler.model.objects import Column

# What a column is beside its name and place.
_SHAPE = tuple(one.name for one in fields(Column) if one.name not in ("ref", "position", "sensitive"))
_shape_of = attrgetter(*_SHAPE)


@frozen_in_order
class Shapes:
    """The shapes met so far: a column of each, and what its normal form has in these fields; None for the same."""

    known: dict[tuple[object, ...], tuple[Column, Mapping[str, Any] | None]] = field(default_factory=dict)

    def normal(self, obj: Column, place: Hashable, normalize: Callable[[Column], tuple[Column, bool]]) -> Column:
        """Return a column's normal form.

        Values are told apart by identity, because texts that are written in different ways may be equal.

        Args:
            obj: the column.
            place: what its form depends on beside itself, such as whether it is part of the primary key.
            normalize: works the form out, and says whether others of the shape have the same.
        """
        shape = (place, *map(id, _shape_of(obj)))
        if (known := self.known.get(shape)) is not None:
            values = known[1]
            if values is None:
                return obj
            return Column(ref=obj.ref, position=obj.position, sensitive=obj.sensitive, **values)
        normal, same = normalize(obj)
        if same:
            found = dict(zip(_SHAPE, _shape_of(normal), strict=True)) if normal is not obj else None
            self.known[shape] = obj, found  # the column keeps alive what the shape names
        return normal
