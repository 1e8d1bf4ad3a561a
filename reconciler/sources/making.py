"""What one table is made of, while a statement about it is read: objects by address, names that nobody gave, doubts."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count

from reconciler.model.names import implicit_name
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref
from reconciler.model.values import Sql

# Kinds that share their names inside a table.
_KEYS = frozenset({Kind.UNIQUE, Kind.INDEX})


@dataclass
class Made:
    """What a statement makes inside one table: objects, which of them have a name that we made up, what is not read.

    `doubts` are what another version of the server may read otherwise.
    """

    table: Ref
    family: str
    objects: dict[Ref, Object] = field(default_factory=dict)
    unnamed: set[Ref] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    position: int = 0

    def add(self, kind: str, name: str, columns: tuple[str, ...], suffix: str) -> Ref:
        """Return the address of a part of the table; one without a name gets that which the server would give it."""
        if name:
            return self.table.child(kind, name)
        mysql = self.family == "mysql" and kind in _KEYS
        first = columns[0] if mysql else implicit_name(self.table.name, columns, suffix)
        alike = _KEYS if kind in _KEYS else {kind}
        taken = {ref.name for ref in self.objects if ref.parent == self.table and ref.kind in alike}
        others = (f"{first}_{number}" if mysql else f"{first}{number - 1}" for number in count(2))
        ref = self.table.child(kind, next(word for word in chain([first], others) if word not in taken))
        self.unnamed.add(ref)
        return ref

    def put(self, obj: Object) -> None:
        """Keep an object."""
        self.objects[obj.ref] = obj

    def sql(self, text: str) -> Sql:
        """Return a fragment of the author's."""
        return Sql(text, self.family)
