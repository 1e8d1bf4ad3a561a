"""A declared model in normal form and a session in, what differs out.

The way: inspect, align, rename, recall, scope, diff, elaborate what differs in text, diff again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from reconciler.compare.bounding import bounded, passed, reaching, within
from reconciler.compare.unfollowed import unfollowed
from reconciler.dialects.base import Dialect, Session, Target
from reconciler.diff import diff
from reconciler.errors import PlanError, Problem
from reconciler.frozen import frozen, frozen_in_order
from reconciler.model.change import Alter, Change, Create, Rename
from reconciler.model.fields import carried_values, live_only
from reconciler.model.model import Desired, Model, fingerprint
from reconciler.model.objects import Object, Unmodelled
from reconciler.model.programs import Trigger
from reconciler.model.ref import Ref
from reconciler.model.texts import spelled, texts
from reconciler.plan.beside import Beside
from reconciler.plan.filling import held_back
from reconciler.plan.match import match_names
from reconciler.plan.renames import Renamed, apply_renames
from reconciler.plan.scope import Bounds, Scope, scope, watched


@frozen_in_order
class Memory:
    """What the server made of a declared text: `digest` is of the text, `canonical` the server's spelling."""

    digest: str
    canonical: str


@frozen
class Owned:
    """What the ledger knows of this project; `known` is false on a database that we never managed.

    `deprecated` are the days from which what is on its way out may go.
    `memory` holds, by address and place, what the server stored, as long as it still spells in the same way.
    """

    known: bool = False
    objects: frozenset[Ref] = frozenset()
    protected: frozenset[Ref] = frozenset()
    deprecated: Mapping[Ref, str] = field(default_factory=dict)
    memory: Mapping[tuple[Ref, str], Memory] = field(default_factory=dict)


@frozen_in_order
class Aside:
    """A root that is declared and in the database, and the same: its mark (`Model.marks`), how many objects it has."""

    mark: str
    count: int


_EVERYTHING = Bounds()
_NO_SCOPE = Scope(target=Model(), undeclared=(), unmodelled=(), dropped={})


@frozen
class Comparison:
    """Everything that planning and verifying need to know about one look at a database.

    `live` is the model as inspected, in normal form; `declared` what the specs say, under the addresses that it has in
    the database; `desired` its model with the server's spellings. `aside` are the roots that neither model holds
    because they are known to agree; `nameless` are those of `live` without a name there. `not_understood` says what of
    a declared object's definition our own words would not say again. `mended` is what nobody declared and a rename left
    behind, as it is to be.
    `before` is what is aimed at while backfills are not done, None where nothing waits for one; `changes` lead there.
    `besides` are the columns that are filled beside the place that they take.
    """

    live: Model
    renamed: Renamed
    declared: Desired
    desired: Model
    scope: Scope
    changes: tuple[Change, ...]
    removed: Mapping[Ref, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    not_understood: Mapping[Ref, str] = field(default_factory=dict)
    aside: Mapping[Ref, Aside] = field(default_factory=dict)
    mended: tuple[Object, ...] = ()
    nameless: frozenset[Ref] = frozenset()
    before: Model | None = None
    besides: tuple[Beside, ...] = ()

    @property
    def aim(self) -> Model:
        """What the first part of a plan aims at."""
        return self.scope.target if self.before is None else self.before


def compare(
    dialect: Dialect,
    session: Session,
    target: Target,
    desired: Desired,
    owned: Owned,
    bounds: Bounds = _EVERYTHING,
) -> Comparison:
    """Look at the database and say how it differs from what is declared; what differs in text is elaborated.

    What the bounds leave as it is, is compared like all else, and then left out; so is what waits for a backfill.

    Raises:
        PlanError: when the two contradict each other in a way that only a person can resolve.
        DatabaseError: when the database does not answer.
    """
    found = _spelled(dialect, session, target, within(desired, bounds), owned, bounds)
    if not bounds.limited:
        return found
    live = found.renamed.model
    reach = reaching(live, found.desired, bounds)
    left = bounded(live, found.desired, reach)
    ignored = passed(live, left, found.desired, reach)
    found = _compared(found, left, owned, reach)
    return replace(found, scope=replace(found.scope, ignored=ignored))


def _spelled(
    dialect: Dialect, session: Session, target: Target, desired: Desired, owned: Owned, bounds: Bounds
) -> Comparison:
    """Compare, and ask the server to spell what differs in text; arguments and errors as for `compare`."""
    bounds = replace(bounds, ignored={}, only=frozenset())
    found = _look(dialect, session, target, desired, owned, bounds)
    differing = [obj for obj in _differing_in_text(found.changes) if obj.ref in found.desired]
    if not differing:
        return found
    if not dialect.server(session).elaborates:
        note = (
            f"{len(differing)} definitions could not be spelled: there is no server, or it is read-only, or denies TEMP"
        )
        return replace(found, notes=(note,))
    elaborated = dialect.elaborate(session, differing, found.live, found.desired)
    return _compared(found, found.desired.updated(elaborated.values()), owned, bounds)


def _look(
    dialect: Dialect, session: Session, target: Target, desired: Desired, owned: Owned, bounds: Bounds
) -> Comparison:
    """Compare without asking the server to spell anything; arguments and errors as for `compare`."""
    inspection = dialect.inspect(session, target)
    live = dialect.normalize(inspection.model).model
    declared = dialect.align(replace(inspection, model=live), desired)
    renamed = apply_renames(live, declared, dialect.rename)
    nameless = _after(renamed, inspection.unnamed)
    if renamed.changes:  # what was declared under its new name has its counterpart only now
        declared = dialect.align(replace(inspection, model=renamed.model, unnamed=nameless), declared)
    problems = [*renamed.problems, *_clashes(renamed.model, declared.model)]
    if problems:
        raise PlanError(problems)
    renamed = replace(renamed, model=dialect.foretell(renamed.model, declared.model))
    model = match_names(renamed.model, nameless, declared.model, declared.unnamed)
    first = Comparison(
        live=live, renamed=renamed, declared=declared, desired=model, scope=_NO_SCOPE, changes=(),
        removed=declared.removed, mended=unfollowed(dialect, live, declared),
        nameless=inspection.unnamed,
    )  # fmt: skip
    return _compared(first, _recalled(model, owned), owned, bounds)


def _after(renamed: Renamed, refs: frozenset[Ref]) -> frozenset[Ref]:
    """Return the addresses that these will have."""
    return frozenset(map(renamed.after, refs)) if renamed.moves else refs


def _compared(found: Comparison, model: Model, owned: Owned, bounds: Bounds) -> Comparison:
    """Return the comparison of a live model with this declared one."""
    live = found.renamed.model
    carried = Model(_carrying(obj, live.get(ref)) for ref, obj in model.items())
    aim = scope(live, carried, _after(found.renamed, owned.objects), frozenset(found.removed), bounds)
    if found.mended:
        aim = replace(aim, target=aim.target.updated(obj for obj in found.mended if obj.ref in aim.target))
    first = held_back(live, aim.target, bounds.waiting) if bounds.waiting else aim.target
    changes = (*found.renamed.changes, *diff(live, first))
    before = None if first is aim.target else first
    return replace(found, desired=carried, scope=aim, changes=changes, before=before)


def afterwards(comparison: Comparison) -> Comparison:
    """Return the comparison of what is there once all before the backfills is done with what is to be in the end."""
    live, target = comparison.renamed.model, comparison.scope.target
    # What does not change keeps the words that the database has for it.
    helpers = {one.helper.ref for one in comparison.besides}
    first = Model(_kept(obj, live.get(ref)) for ref, obj in comparison.aim.items() if ref not in helpers)
    return replace(comparison, renamed=Renamed(model=first), changes=tuple(diff(first, target)), before=None)


def _kept(obj: Object, live: Object | None) -> Object:
    return live if live is not None and live == obj else obj


def fingerprints(comparison: Comparison, owned: Owned) -> tuple[str, str]:
    """Return the hashes of what a plan rests on: as it is now, and as it is to be."""
    desired = comparison.declared
    declared = frozenset((*desired.model, *comparison.desired, *desired.renames.values(), *comparison.removed))
    aside = {ref: one.mark for ref, one in comparison.aside.items()}
    now = watched(comparison.live, declared, owned.objects).marks()
    source = fingerprint(aside | now)
    if not comparison.changes and comparison.before is None:
        return source, source
    ours = _after(comparison.renamed, owned.objects)
    then = watched(comparison.scope.target, declared, ours).marks(_staying(comparison, now))
    return source, fingerprint(aside | then)


def _staying(comparison: Comparison, marks: Mapping[Ref, str]) -> dict[Ref, str]:
    """Return those marks that no change touches; none where more than the changes say may be different."""
    if comparison.renamed.model is not comparison.live or comparison.before is not None:
        return {}
    tops = {change.ref.top for change in comparison.changes}
    return {root: mark for root, mark in marks.items() if root not in tops}


def resolved(dialect: Dialect, comparison: Comparison) -> tuple[Model, Model, tuple[Change, ...]]:
    """Return both models and the changes with what the touched objects use filled in, so that they can be ordered."""
    if not comparison.changes:
        return comparison.renamed.model, comparison.aim, ()
    tops = {change.ref.top for change in comparison.changes}
    old = _resolve_in(dialect, comparison.renamed.model, tops)
    new = _resolve_in(dialect, comparison.aim, tops)
    # What did not change uses what it used, also what is about to go: that name is not in the new model any more.
    touched = ((obj, old.get(ref)) for ref, obj in new.items() if ref.top in tops or _reads_others(obj))
    kept = ((obj, _uses(before)) for obj, before in touched if before is not None and before == obj)
    new = new.updated([replace(obj, **uses) for obj, uses in kept if uses])
    return old, new, tuple(_refreshed(change, old, new) for change in comparison.changes)


def _resolve_in(dialect: Dialect, model: Model, tops: set[Ref]) -> Model:
    touched = [obj for obj in model.values() if tops and (obj.ref.top in tops or _reads_others(obj))]
    return model.updated(dialect.resolve(touched, model))


def _uses(obj: Object) -> dict[str, Any]:
    return {"uses": getattr(obj, "uses")} if hasattr(obj, "uses") else {}  # noqa: B009  # not every kind has the field


def _reads_others(obj: Object) -> bool:
    """Say whether an object may depend on what is touched although it stands elsewhere."""
    return hasattr(obj, "uses") and (obj.ref.parent is None or isinstance(obj, Unmodelled | Trigger))


def _refreshed(change: Change, old: Model, new: Model) -> Change:
    match change:
        case Create(obj):
            return Create(new[obj.ref])
        case Rename(before, after):
            # What it uses is left out: all renames come first, and wait for nothing but each other's outer names.
            known = {name: getattr(new[after.ref], name) for name in live_only(type(after))}
            return Rename(before, replace(after, **known))
        case Alter(before, after, fields):
            return Alter(old[before.ref], new[after.ref], fields)
        case _:
            return change


# Kind words of constraints that are not modelled; they share their names with those that are.
_CONSTRAINTS = frozenset({"constraint"})


def _clashes(live: Model, desired: Model) -> list[Problem]:
    """Return the declared objects whose place is taken by something that we do not manage."""
    foreign = {ref for ref, obj in live.items() if isinstance(obj, Unmodelled)}
    strangers = {(ref.parent, ref.name) for ref in foreign if ref.kind in _CONSTRAINTS}
    if not foreign:
        return []
    return [
        Problem(
            code="RUN036",
            message=f"{ref} is in the database in a form that is not managed yet, so it cannot be declared",
            hint="take it out of the specs; it is left alone",
            address=str(ref),
        )
        for ref in desired
        if ref in foreign or (ref not in live and (ref.parent, ref.name) in strangers)
    ]


def _carrying(obj: Object, live: Any) -> Object:
    """Give a declared object what only the live one knows: grants, verbatim clauses, and, when equal, what it uses."""
    if type(live) is not type(obj) or carried_values(live) == carried_values(obj):
        return obj
    other = {name: value for name in live_only(type(obj)) if (value := getattr(live, name)) != getattr(obj, name)}
    if live == obj:
        other |= _uses(live)
    return replace(obj, **other)


def digest(text: str) -> str:
    """Return the hash under which a declared text is remembered."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _recalled(model: Model, owned: Owned) -> Model:
    """Put the server's spelling in the place of texts that have not changed since they were applied."""
    if not owned.memory:
        return model
    by_ref: dict[Ref, dict[str, Memory]] = {}
    for (ref, place), memory in owned.memory.items():
        by_ref.setdefault(ref, {})[place] = memory

    return model.updated(_with_memory(model[ref], known) for ref, known in by_ref.items() if ref in model)


def _with_memory(obj: Object, known: Mapping[str, Memory]) -> Object:
    same = {
        place: known[place].canonical
        for place, sql in texts(obj).items()
        if place in known and known[place].digest == digest(sql.text)
    }
    return spelled(obj, same) if same else obj


def remembered(desired: Model, live: Model) -> dict[tuple[Ref, str], Memory]:
    """Return what the server made of each declared text, from a look at the database after it converged."""
    found: dict[tuple[Ref, str], Memory] = {}
    for ref, obj in desired.items():
        stored = live.get(ref)
        theirs = texts(stored) if stored is not None else {}
        for place, sql in texts(obj).items():
            # A star means other columns when its table changes, so the server is asked each time.
            starred = _reads_others(obj) and "*" in sql.text
            if place in theirs and theirs[place].canonical != sql.text and not starred:
                found[ref, place] = Memory(digest(sql.text), theirs[place].canonical)
    return found


def _differing_in_text(changes: Iterable[Change]) -> Sequence[Object]:
    """Return the declared objects of which only the database can say whether their texts really differ."""
    return [
        change.new
        for change in changes
        if isinstance(change, Alter)
        and any(sql != texts(change.old).get(place) for place, sql in texts(change.new).items())
    ]
