"""Objects in, the same with what they rest on filled in, or in the spec's words; no catalog records it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.dialects import uses
from reconciler.dialects.mysql import types
from reconciler.dialects.mysql.ddl_keys import BROUGHT_INDEX
from reconciler.dialects.mysql.normalize import FAMILY
from reconciler.dialects.mysql.render import HIDDEN
from reconciler.model.model import Model
from reconciler.model.objects import Column, ForeignKey, Index, Object


def resolve(objects: Sequence[Object], model: Model) -> Sequence[Object]:
    """Return the objects with `uses` filled in."""
    return uses.resolve(objects, model, FAMILY)


def portable(obj: Object) -> Object:
    """Return a live object in the spec's words where nothing is lost."""
    match obj:
        case Column():
            return replace(obj, type=types.portable(obj.type))
        case Index():
            return replace(
                obj, options=tuple(("invisible" if name in HIDDEN else name, value) for name, value in obj.options)
            )
        case ForeignKey(clauses=words) if words == BROUGHT_INDEX:
            return replace(obj, clauses="")  # the server makes such an index again
        case _:
            return obj
