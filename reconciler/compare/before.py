"""A plan in, what was there before it as a text; such texts and what is there now in, what to go back to out."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Sequence

from reconciler.compare.planning import Planned
from reconciler.frozen import frozen
from reconciler.model.codec import decode_model, encode_model
from reconciler.model.model import Desired, Inspection, Model
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.ref import Kind, Ref


@frozen
class Before:
    """What was there before a run, of the `roots` that it touched; what a root had not is not in the model.

    `moves` are its renames, in their order; `nameless` what has no name of its own in the database.
    """

    model: Model
    roots: frozenset[Ref]
    moves: tuple[tuple[Ref, Ref], ...] = ()
    nameless: frozenset[Ref] = frozenset()

    def original(self, ref: Ref) -> Ref:
        """Return the address that something had before the run."""
        for old, new in reversed(self.moves):
            ref = ref.moved(new, old)
        return ref


def before(planned: Planned) -> Before:
    """Return what there is now of all that a plan touches, as far as it is managed before or after it."""
    found, owned = planned.comparison, planned.owned.objects
    renamed = found.renamed
    roots = {top for step in planned.plan.steps for change in step.changes
             for top in (change.ref.top, renamed.live(change.ref).top)}  # fmt: skip
    if renamed.moves:  # what refers to something renamed follows it, and is nobody's change
        now = ((renamed.live(ref), obj) for ref, obj in renamed.model.items())
        roots |= {ref.top for ref, obj in now if found.live.get(ref) != obj}

    def managed(ref: Ref) -> bool:
        after = renamed.after(ref)
        return ref in owned or after in found.desired or after in found.scope.dropped

    held = [obj for ref, obj in found.live.items() if ref.top in roots and managed(ref)]
    model = Model(obj for obj in held if not isinstance(obj, Unmodelled))
    nameless = frozenset(ref for ref in found.nameless if ref in model)
    return Before(model=model, roots=frozenset(roots), moves=renamed.moves, nameless=nameless)


def encode_before(found: Before) -> str:
    """Return it as a text of plain ASCII; it is small, since most of what a model says is said often."""
    data = {
        "objects": encode_model(found.model), "roots": sorted(map(str, found.roots)),
        "moves": [[str(old), str(new)] for old, new in found.moves], "nameless": sorted(map(str, found.nameless)),
    }  # fmt: skip
    return base64.b85encode(zlib.compress(json.dumps(data, ensure_ascii=False).encode())).decode("ascii")


def decode_before(text: str) -> Before:
    """Return what `encode_before` made this text of. Raises ValueError."""
    try:
        data = json.loads(zlib.decompress(base64.b85decode(text)))
        return Before(
            model=decode_model(data["objects"]), roots=frozenset(map(Ref.parse, data["roots"])),
            moves=tuple((Ref.parse(old), Ref.parse(new)) for old, new in data["moves"]),
            nameless=frozenset(map(Ref.parse, data["nameless"])),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError, IndexError, zlib.error, binascii.Error) as error:
        raise ValueError(str(error)) from None


def back(runs: Sequence[Before], now: Inspection, owned: frozenset[Ref]) -> Desired:
    """Return what has to be declared so that runs are undone.

    What they did not touch is declared as it is. What they made is not declared, and goes; what nobody owns is not
    declared either, and stays.

    Args:
        runs: the runs to be undone, the oldest first.
        now: what is there, in normal form.
        owned: what the ledger says is ours.
    """
    was: dict[Ref, Before] = {}
    for run in runs:
        was = dict.fromkeys(run.roots, run) | was
    objects: list[Object] = [
        obj for ref, obj in now.model.items()
        if ref in owned and not isinstance(obj, Unmodelled) and (ref.top not in was or ref.kind == Kind.SCHEMA)
    ]  # fmt: skip
    nameless = {obj.ref for obj in objects if obj.ref in now.unnamed}
    for root, run in was.items():
        objects += [obj for ref, obj in run.model.items() if ref.top == root]
        nameless |= {ref for ref in run.nameless if ref.top == root}
    model = Model(objects)
    return Desired(model=model, unnamed=frozenset(nameless), renames=dict(_renames(runs, model)))


def _renames(runs: Sequence[Before], model: Model) -> Iterator[tuple[Ref, Ref]]:
    """Yield each address that something gets back, and the one it has once what holds it is renamed."""
    for at, run in enumerate(runs):
        for place, (old, new) in enumerate(run.moves):
            original = _through(old, run.moves[:place], runs[:at])
            current = new
            for ahead in (run.moves[place + 1 :], *(one.moves for one in runs[at + 1 :])):
                for source, target in ahead:
                    current = current.moved(source, target)
            holder = original.parent
            there = current if holder is None else holder.child(current.kind, current.name)
            if original in model and there != original:
                yield original, there


def _through(ref: Ref, moves: Sequence[tuple[Ref, Ref]], runs: Sequence[Before]) -> Ref:
    """Return the address that something had before all of these."""
    for old, new in reversed(moves):
        ref = ref.moved(new, old)
    for run in reversed(runs):
        ref = run.original(ref)
    return ref
