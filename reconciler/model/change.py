"""The four verbs that say how one object differs from another; they know no kind."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.objects import Object
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Create:
    """The object is wanted and is not there."""

    new: Object

    @property
    def ref(self) -> Ref:
        """The object's address after the change."""
        return self.new.ref


@dataclass(frozen=True, slots=True)
class Drop:
    """The object is there and is to go."""

    old: Object

    @property
    def ref(self) -> Ref:
        """The object's address before the change."""
        return self.old.ref


@dataclass(frozen=True, slots=True)
class Alter:
    """The object is there and differs in `fields`."""

    old: Object
    new: Object
    fields: tuple[str, ...]

    @property
    def ref(self) -> Ref:
        """The object's address."""
        return self.new.ref


@dataclass(frozen=True, slots=True)
class Rename:
    """The object is there under another name; `old` still carries it."""

    old: Object
    new: Object

    @property
    def ref(self) -> Ref:
        """The object's address after the change."""
        return self.new.ref


Change = Create | Drop | Alter | Rename
