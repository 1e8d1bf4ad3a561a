"""`renamed_from` in, the renames that are still to happen out; names decide, never a guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from reconciler.errors import Problem
from reconciler.frozen import frozen
from reconciler.model.change import Rename
from reconciler.model.model import Desired, Model, renamed
from reconciler.model.ref import Ref

Follow = Callable[[Model, Sequence[tuple[Ref, Ref]]], Model]


@frozen
class Renamed:
    """The live model as it will be after the renames; `live` leads from an address in it back to the present one."""

    model: Model
    changes: tuple[Rename, ...] = ()
    moves: tuple[tuple[Ref, Ref], ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def live(self, ref: Ref) -> Ref:
        """Return the address that an object has in the database now."""
        for old, new in reversed(self.moves):
            ref = ref.moved(new, old)
        return ref

    def after(self, ref: Ref) -> Ref:
        """Return the address that a present one becomes."""
        for old, new in self.moves:
            ref = ref.moved(old, new)
        return ref


def apply_renames(actual: Model, desired: Desired, follow: Follow) -> Renamed:
    """Find the renames whose old name is there and whose new name is not, outermost first.

    A name that is there under both is a problem: only the author can say which one holds the truth. One that is there
    under neither is simply created, and one that is not declared here at all is nobody's. `follow` gives the live model
    after renames `(old, new)` with its SQL texts following.
    """
    model = actual
    moves: list[tuple[Ref, Ref]] = []
    changes: list[Rename] = []
    problems: list[Problem] = []
    for new, old in sorted(desired.renames.items(), key=lambda item: (len(item[0].parts), item[0])):
        if old not in model or new not in desired.model:
            continue
        if new in model:
            if old not in desired.removed:
                problems.append(_both(new, old, desired))
            continue
        moves.append((old, new))
        changes.append(Rename(model[old], desired.model[new]))
        model = renamed(model, {old: new}, lambda obj, _: obj)
    model = follow(actual, moves) if moves else actual
    return Renamed(model=model, changes=tuple(changes), moves=tuple(moves), problems=tuple(problems))


def _both(new: Ref, old: Ref, desired: Desired) -> Problem:
    """Say that both names are there, and the two ways out: only the author knows which rows are right."""
    here = old.parent is not None
    removed = f"`removed: {{{old.kind}.{old.name}: {{reason: …}}}}`" if here else f"a document `removed: {old}`"
    fill = f"a backfill that fills {new.name!r} from {old.name!r} where it is empty"
    merge = f"merge: {fill}, `blocks: [{old}.drop]`, and {removed}\n"
    drop = f"drop: {removed} alone gives up what {old.name!r} holds"
    return Problem(
        code="RUN034",
        message=f"{new} is declared as renamed from {old.name!r}, and both are in the database",
        hint=merge + drop,
        address=str(new),
        position=desired.position(new, "renamed_from"),
    )
