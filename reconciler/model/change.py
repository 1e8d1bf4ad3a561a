"""The four verbs that say how one object differs from another; they know no kind."""

from __future__ import annotations

from reconciler.frozen import frozen_in_order
from reconciler.model.objects import Object
from reconciler.model.ref import Ref


@frozen_in_order
class Create:
    """The object is wanted and is not there."""

    new: Object

    @property
    def ref(self) -> Ref:
        """The object's address after the change."""
        return self.new.ref


@frozen_in_order
class Drop:
    """The object is there and is to go."""

    old: Object

    @property
    def ref(self) -> Ref:
        """The object's address before the change."""
        return self.old.ref


@frozen_in_order
class Alter:
    """The object is there and differs in `fields`."""

    old: Object
    new: Object
    fields: tuple[str, ...]

    @property
    def ref(self) -> Ref:
        """The object's address."""
        return self.new.ref


@frozen_in_order
class Rename:
    """The object is there under another name; `old` still carries it."""

    old: Object
    new: Object

    @property
    def ref(self) -> Ref:
        """The object's address after the change."""
        return self.new.ref


Change = Create | Drop | Alter | Rename
