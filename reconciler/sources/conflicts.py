"""Two definitions of one object in, what differs between them out; which of them holds is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.diff import diff
from reconciler.errors import Position
from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change, Drop
from reconciler.model.model import Model
from reconciler.model.ref import Kind, Ref
from reconciler.sources.statements import Statement


@frozen
class Definition:
    """An object as one statement defines it; `fate` is what became of that: `stands`, `skipped` in silence, `failed`.

    The statement is None where it cannot be told which one made the object what it is. `altered` are those that
    changed it since, so that it is not what that statement says any more.
    """

    statement: Statement | None
    objects: Model
    fate: str
    altered: tuple[Statement, ...] = ()

    @property
    def position(self) -> Position | None:
        """Where it stands."""
        return self.statement.position if self.statement else None


@frozen
class Conflict:
    """One object and all of its definitions, the first one first; `kept` is the number of the one that holds."""

    ref: Ref
    definitions: tuple[Definition, ...]
    kept: int | None = None


# What other statements than that of the table itself give it: that a definition is silent about them says nothing.
_APART = frozenset({Kind.INDEX, Kind.TRIGGER, Kind.OWNED_BY})


_KINDS = frozenset(map(str, Kind))


def differences(first: Model, other: Model) -> tuple[Change, ...]:
    """Return what would have to happen to the first definition to make it the other, as far as that says anything."""
    return tuple(change for change in diff(first, other) if _counts(change))


def _counts(change: Change) -> bool:
    if isinstance(change, Drop):
        return change.ref.kind in _KINDS and change.ref.kind not in _APART
    if isinstance(change, Alter):
        silent = getattr(change.new, "comment", None) is None
        return any(field != "comment" or not silent for field in change.fields)
    return True


def variants(conflict: Conflict) -> Sequence[Sequence[int]]:
    """Return which definitions, by number from 0, say the same; in the order of the first of each."""
    found: list[list[int]] = []
    for number, one in enumerate(conflict.definitions):
        same = next((group for group in found if _same(conflict.definitions[group[0]], one)), None)
        if same is None:
            found.append([number])
        else:
            same.append(number)
    return found


def _same(one: Definition, other: Definition) -> bool:
    return not differences(one.objects, other.objects)


def fields(conflict: Conflict) -> Iterator[Ref]:
    """Yield the address of each part in which two definitions differ, in the order in which they are written."""
    seen: dict[Ref, None] = {}
    first = conflict.definitions[0].objects
    for one in conflict.definitions[1:]:
        seen |= {change.ref: None for change in differences(first, one.objects)}
    position = {ref: number for one in reversed(conflict.definitions) for number, ref in enumerate(one.objects)}
    kinds = list(Kind)
    yield from sorted(seen, key=lambda ref: (kinds.index(Kind(ref.kind)), position.get(ref, 0), ref))
