"""A review in, its changes one per address out, each with its reason, place, hazards and steps; it renders nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import field, replace

from reconciler.errors import Position
from reconciler.frozen import frozen
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.fields import compared
from reconciler.model.model import Model
from reconciler.model.objects import Object
from reconciler.model.ref import Kind, Ref
from reconciler.plan.filling import Filling
from reconciler.plan.hazards import Effect, Hazard, risk
from reconciler.plan.row_changes import RowChanges
from reconciler.plan.scope import Reason
from reconciler.plan.step import Stage, Step, action_of
from reconciler.report.facts import Review


@frozen
class Entry:
    """One change of one object as it is reported.

    `verb` is create, update, rename, delete, replace (it goes and comes back in the same plan) or backfill. `steps` are
    numbers from 1. `inside` is the new object that this one comes with, so that it is not counted beside it. `filling`
    is what a verb of backfill is about, `rows` what happens to the rows of a table, which is no object.
    """

    ref: Ref
    verb: str
    old: Object | None = None
    new: Object | None = None
    fields: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    reason: str = ""
    note: str = ""
    source: Position | None = None
    hazards: tuple[Hazard, ...] = ()
    level: str = "none"
    inside: Ref | None = None
    filling: Filling | None = None
    rows: RowChanges | None = None

    @property
    def previous(self) -> Ref | None:
        """The address that the object has now, where it gets another one."""
        return self.old.ref if self.verb == "rename" and self.old else None


@frozen
class Entries:
    """Everything that a plan changes, in the order of execution; `loose` are hazards that belong to none of it."""

    all: tuple[Entry, ...]
    refused: frozenset[Hazard]
    loose: tuple[Hazard, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def main(self) -> tuple[Entry, ...]:
        """Those that do not come with another new object."""
        return tuple(entry for entry in self.all if entry.inside is None)


VERBS = ("create", "update", "rename", "replace", "delete", "backfill")


def entries(review: Review) -> Entries:
    """Return what a plan changes, one entry for each object; a drop and a create of one address are a replacement."""
    found: dict[tuple[Ref, str], Entry] = {}
    for number, step in enumerate(review.planned.plan.steps, 1):
        for change in step.changes:
            entry = _entry(change, number)
            key = (entry.ref, "" if isinstance(change, Create | Drop) else entry.verb)
            found[key] = _merged(found[key], entry) if key in found else entry
        if step.rows is not None:
            key = (step.subject, "rows")
            more = Entry(ref=step.subject, verb="update", steps=(number,), rows=step.rows)
            found[key] = _with_more_rows(found[key], more) if key in found else more
    steps = review.planned.plan.steps
    found |= _fillings(review, steps)
    listed = [_fallen_before(entry, steps, review.planned.states.old) for entry in found.values()]
    owned = _by_owner(review.planned.hazards, listed)
    created = {entry.ref for entry in listed if entry.verb == "create"}
    explained = (_explained(entry, created, tuple(owned.get(index, ())), review) for index, entry in enumerate(listed))
    ordered = tuple(sorted(explained, key=lambda entry: (entry.steps[-1], len(entry.ref.parts), *_as_written(entry))))
    return Entries(
        all=ordered,
        refused=frozenset(review.planned.verdict.refused),
        loose=tuple(owned.get(None, ())),
        totals={verb: sum(e.verb == verb and e.inside is None for e in ordered) for verb in VERBS},
    )


def _fillings(review: Review, steps: Sequence[Step]) -> Mapping[tuple[Ref, str], Entry]:
    """Return the backfills of a plan."""
    due = {one.backfill.ref: one for one in review.planned.agenda.fillings}
    return {
        (step.subject, step.action): Entry(ref=step.subject, verb=step.action, steps=(n,), filling=due[step.subject])
        for n, step in enumerate(steps, 1)
        if step.stage is Stage.FILL
    }


def _entry(change: Change, step: int) -> Entry:
    verb, steps = action_of(change), (step,)
    match change:
        case Create(new):
            return Entry(ref=change.ref, verb=verb, new=new, steps=steps)
        case Drop(old):
            return Entry(ref=change.ref, verb=verb, old=old, steps=steps)
        case Alter(old, new, fields):
            return Entry(ref=change.ref, verb=verb, old=old, new=new, fields=fields, steps=steps)
        case Rename(old, new):
            return Entry(ref=change.ref, verb=verb, old=old, new=new, steps=steps)


def _merged(first: Entry, second: Entry) -> Entry:
    """Put the two halves of a replacement together; the same change in two steps stays what it is."""
    steps = tuple(sorted({*first.steps, *second.steps}))
    if first.verb == second.verb:
        return replace(first, steps=steps)
    old, new = first.old or second.old, first.new or second.new
    return replace(first, verb="replace", old=old, new=new, fields=_differing(old, new), steps=steps)


def _with_more_rows(first: Entry, second: Entry) -> Entry:
    rows = first.rows.with_more(second.rows) if first.rows and second.rows else first.rows
    return replace(first, rows=rows, steps=(*first.steps, *second.steps))


def _fallen_before(entry: Entry, steps: Sequence[Step], live: Model) -> Entry:
    """Say of what falls with the object that holds it, and comes back, that it is replaced: no change drops it."""
    old = live.get(entry.ref) if entry.verb == "create" else None
    if old is None or not any(entry.ref in step.drops for step in steps):
        return entry
    return replace(entry, verb="replace", old=old, fields=_differing(old, entry.new))


def _differing(old: Object | None, new: Object | None) -> tuple[str, ...]:
    if old is None or new is None or type(old) is not type(new):
        return ()
    return tuple(name for name in compared(type(new)) if getattr(old, name) != getattr(new, name))


_REASONS: Mapping[Reason | None, tuple[str, str]] = {
    None: ("required", "another change needs it"),
    Reason.REMOVED: ("removed", "removed by name"),
    Reason.LEDGER: ("no_longer_declared", "the specs do not declare it any more"),
    Reason.UNDECLARED: ("undeclared", "undeclared, and is to go"),
    Reason.HELPER: ("left_behind", "a run that did not come to its end left it behind"),
    Reason.ABSENT: ("absent", "the other side does not have it"),
    Reason.UNDONE: ("undone", "it was not there then"),
    Reason.PARENT: ("parent_deleted", "what holds it is dropped"),
}


def _explained(entry: Entry, created: Set[Ref], hazards: tuple[Hazard, ...], review: Review) -> Entry:
    """Add why it happens, where the specs say so, what it costs, and which other thing that is created holds it."""
    comparison, position = review.planned.comparison, review.desired.position
    match entry.verb:
        case "delete":
            reason, note = _why_dropped(entry.ref, review)
            source = position(entry.ref) if entry.ref in comparison.removed else None
        case "backfill":
            reason, note, source = entry.filling.why if entry.filling else "", "", position(entry.ref)
        case "rename":
            reason, note, source = "renamed_from", "", position(entry.ref, "renamed_from")
        case "replace" if not entry.fields:
            reason, note = "dependency_changed", "the same again, because what it uses changes"
            source = position(entry.ref)
        case _:
            reason, note = ("declared", "") if entry.verb == "create" else ("differs", "")
            source = position(entry.ref, entry.fields[0] if len(entry.fields) == 1 else "")
    parent = entry.ref.parent if entry.verb == "create" else None
    return replace(
        entry, reason=reason, note=note, source=source, inside=parent if parent in created else None, hazards=hazards,
        level=risk(hazards, review.planned.plan.steps),
    )  # fmt: skip


def _why_dropped(ref: Ref, review: Review) -> tuple[str, str]:
    comparison = review.planned.comparison
    if ref in comparison.removed:
        return "removed", f'removed: "{comparison.removed[ref]}"'
    return _REASONS[comparison.scope.dropped.get(ref)]


def _owner(
    hazard: Hazard, listed: Sequence[Entry], places: Mapping[Ref, Sequence[int]], roots: Mapping[Ref, int]
) -> int | None:
    """Return which entry a hazard belongs to: that of its address, of what holds it, or else of the same root object.

    What breaks running code belongs to the renaming; everything else to the other change of the same object.
    """
    ref: Ref | None = hazard.ref
    while ref is not None:
        if same := places.get(ref):
            wanted = [i for i in same if (listed[i].verb == "rename") == hazard.code.startswith("BC")]
            return (wanted or same)[0]
        ref = ref.parent
    return roots.get(hazard.ref.top)


def _by_owner(hazards: Iterable[Hazard], listed: Sequence[Entry]) -> Mapping[int | None, list[Hazard]]:
    places: dict[Ref, list[int]] = {}
    roots: dict[Ref, int] = {}
    for index, entry in enumerate(listed):
        places.setdefault(entry.ref, []).append(index)
        roots.setdefault(entry.ref.top, index)
    found: dict[int | None, list[Hazard]] = {}
    for hazard in hazards:
        found.setdefault(_owner(hazard, listed, places, roots), []).append(hazard)
    return found


def destroys(entry: Entry) -> bool:
    """Say whether rows or values are lost when this is done."""
    return any(h.kind.destructive and h.effect is not Effect.NOTICE and h.count != 0 for h in entry.hazards)


_KINDS = tuple(Kind)


def _as_written(entry: Entry) -> tuple[int, int, Ref]:
    """Return the key that puts the parts of an object in the order in which people write them."""
    rank = _KINDS.index(Kind(entry.ref.kind)) if entry.ref.kind in _KINDS else len(_KINDS)
    return rank, getattr(entry.new or entry.old, "position", 0), entry.ref


_LEVELS = ("high", "medium", "low", "none")


def danger(entry: Entry, refused: frozenset[Hazard]) -> tuple[bool, bool, int, int]:
    """Return the key that sorts by danger: what blocks, what is refused, what is grave, then the order of execution."""
    stopped = [hazard for hazard in entry.hazards if hazard in refused]
    blocks = any(hazard.effect is Effect.BLOCK for hazard in stopped)
    return not blocks, not stopped, _LEVELS.index(entry.level), entry.steps[0]


def effect_word(hazard: Hazard, refused: frozenset[Hazard]) -> str:
    """Return what a hazard does to this plan, in one word."""
    if hazard.effect is Effect.NOTICE:
        return "note"
    if hazard.effect is Effect.BLOCK:
        return "blocks"
    return "refused" if hazard in refused else "allowed"
