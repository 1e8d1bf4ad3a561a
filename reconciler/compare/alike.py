"""What goes and what comes in a comparison in; a hint for each pair that looks like a rename nobody wrote down, out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence, Set

from reconciler.compare.compare import Comparison
from reconciler.model.change import Create, Drop
from reconciler.model.model import Model
from reconciler.model.objects import Column, Table
from reconciler.model.ref import Ref
from reconciler.model.types import Type


def hints(comparison: Comparison) -> Iterator[str]:
    """Yield one sentence for each new object that may be an old one under another name; nothing is ever guessed.

    A column looks like another one of its table that has its type, of whatever length; a table like one with the same
    columns. A column that looks like none may be any that goes from its table, with another type.
    """
    live, desired = comparison.renamed.model, comparison.desired
    going = {change.ref for change in comparison.changes if isinstance(change, Drop)} - comparison.removed.keys()
    known: dict[Hashable, list[Ref]] = {}
    for ref in sorted({*going, *comparison.scope.undeclared}):
        known.setdefault(_look(ref, live), []).append(ref)
    coming = [change.ref for change in comparison.changes if isinstance(change, Create)] if known else []
    looks = {ref: _look(ref, desired) for ref in coming if ref.parent is None or ref.parent in live}
    alike = {ref: known[look] for ref, look in looks.items() if look is not None and look in known}
    left = [ref for ref in sorted(going.difference(*alike.values())) if _look(ref, live) is not None]
    for ref, look in looks.items():
        if ref in alike:
            yield _sentence(ref, "looks like", alike[ref], going)
        elif look is not None and (others := [old for old in left if ref.parent and old.parent == ref.parent]):
            yield _sentence(ref, "may be, with another type,", others, going)


def _look(ref: Ref, model: Model) -> Hashable:
    """Return what two objects have in common that may be the same one, None for what has no such thing."""
    match model.get(ref):
        case Column(generated=None) as column:
            return ref.parent, _sort(column.type)
        case Table():
            return frozenset((column.ref.name, column.type) for column in model.children(ref, Column)) or None
        case _:
            return None


def _sort(type_: Type) -> Hashable:
    """Return a type without its lengths."""
    head, _, inside = type_.name.partition("(")
    return head, inside.partition(")")[2], tuple(word for word in type_.args if not word.isdigit())


def _sentence(new: Ref, how: str, alike: Sequence[Ref], going: Set[Ref]) -> str:
    names = " or ".join(str(ref) for ref in alike)
    fate = "is dropped with what it holds" if alike[0] in going else "stays where it is, undeclared"
    same = f"if it is the same, say `renamed_from: {alike[0].name}`"
    return f"{new} {how} {names}: {same}; as it is, the old one {fate}"
