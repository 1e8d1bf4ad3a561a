"""A model in, the objects whose names SQLite does not tell apart out; it knows no other rule of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.dialects.sqlite.names import fold, folded
from reconciler.model.model import Model
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref

_TOLD_BY_NAME = frozenset({Kind.TABLE, Kind.VIEW, Kind.INDEX, Kind.COLUMN, Kind.TRIGGER})
# Those of them whose names are told apart for the whole database.
_EVERYWHERE = frozenset({Kind.TRIGGER})


def alike(model: Model) -> Iterator[tuple[Object, Ref]]:
    """Yield each object with another one that has its name but for letter case.

    Triggers have their names for the whole database, so that those of two tables may not be called alike.
    """
    # Where no name has a capital letter, other addresses are other names; of all names in a large model, few differ.
    names = set[str]().union(*(ref.parts for ref in model))
    told = _TOLD_BY_NAME if any(fold(name) != name for name in names) else _EVERYWHERE
    seen: dict[Ref, Ref] = {}
    for ref in (ref for ref in model if ref.kind in told):
        other = seen.setdefault(folded(Ref.root(ref.kind, ref.name) if ref.kind in _EVERYWHERE else ref), ref)
        if other != ref:
            yield model[ref], other
