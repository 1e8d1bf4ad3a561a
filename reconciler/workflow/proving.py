"""A database that a plan was carried out on in, what still differs and what the ledger is to hold out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.compare.besides import staged
from reconciler.compare.compare import Memory, Owned, compare, remembered
from reconciler.compare.planning import Planned
from reconciler.compare.rows import plan_rows
from reconciler.dialects.base import Session
from reconciler.execute.apply import Verdict
from reconciler.execute.ledger import Entry
from reconciler.execute.owning import News
from reconciler.model.change import Alter, Change, Create, Drop, Rename
from reconciler.model.data_rows import DataRows
from reconciler.model.fields import contracts
from reconciler.model.model import Desired, Model
from reconciler.model.names import is_helper
from reconciler.model.ref import Ref
from reconciler.plan.filling import holds_of
from reconciler.plan.rules import States
from reconciler.plan.step import Step
from reconciler.report.words import both
from reconciler.workflow.opening import Opened


def look(opened: Opened, session: Session, planned: Planned, desired: Desired) -> Verdict:
    """Look again, inside the transaction: what differs, and what the ledger is to hold when nothing does.

    The server is asked anew to spell what differs in text, so what is stored is held against what was meant.
    """
    goal = replace(desired, model=planned.comparison.desired, renames={}, unnamed=frozenset())
    known = planned.owned
    bounds = replace(opened.policy.bounds, waiting=holds_of(planned.agenda.fillings))
    found = compare(opened.dialect, session, opened.target, goal, Owned(objects=known.objects), bounds)
    found = staged(found, planned.agenda)
    differences = [*map(difference, found.changes), *broken_contracts(found.desired, found.live)]
    if not found.changes:
        states = States(old=found.renamed.model, new=found.scope.target)
        differences += _differing_rows(opened, session, found.declared.data, states)
    protected = frozenset(map(planned.comparison.renamed.after, known.protected))
    entries = _entries(found.desired, found.live, protected)
    news, left = _news(entries, known), _left(opened, known, found.live)
    gone = frozenset(ref for ref in known.objects if ref not in entries and ref not in left)
    told = {ref: entry for ref, entry in news.items() if ref not in left}
    return Verdict(differences=tuple(differences), news=News(entries=told, gone=gone))


def _differing_rows(opened: Opened, session: Session, data: Sequence[DataRows], states: States) -> list[str]:
    """Return the documents whose rows are not there as they are listed; a rehearsal has no rows."""
    if opened.dialect.rehearsed and session.in_transaction():
        return []
    steps = plan_rows(opened.dialect, session, data, states).steps
    told = [(step.subject, step.rows.left()) for step in steps if step.rows is not None]
    return [f"{ref}: rows are not as they are listed: {left}" for ref, left in told if left]


def _left(opened: Opened, known: Owned, live: Model) -> frozenset[Ref]:
    """Return what is ours and was left as it is: the ledger keeps what it holds of it."""
    bounds = opened.policy.bounds
    return frozenset(ref for ref in known.objects if bounds.limited and ref in live and bounds.holds(ref))


def claim(known: Owned, steps: Sequence[Step]) -> News:
    """Return what the ledger is to hold after these steps: what was made, and what was ours under its new name."""
    changes = [change for step in steps for change in step.changes]
    entries = {change.ref: Entry() for change in changes if isinstance(change, Create) and not _is_ours(change.ref)}
    gone = {change.old.ref for change in changes if isinstance(change, Drop)}
    for change in changes:
        if isinstance(change, Rename):
            moved = [ref for ref in known.objects if ref.inside(change.old.ref)]
            gone.update(moved)
            entries |= {ref.moved(change.old.ref, change.ref): _entry_of(ref, known) for ref in moved}
    return News(entries=entries, gone=frozenset(gone) - entries.keys())


def _is_ours(ref: Ref) -> bool:
    """Say whether an object of a table is a helper: nobody declares it, so nobody owns it."""
    return ref.parent is not None and is_helper(ref.name)


def _entry_of(ref: Ref, known: Owned) -> Entry:
    memory = {part: memory for (at, part), memory in known.memory.items() if at == ref}
    return Entry(protected=ref in known.protected, deprecated=known.deprecated.get(ref, ""), memory=memory)


def difference(change: Change) -> str:
    """Say what is still to be done."""
    match change:
        case Alter(old, new, fields):
            pairs = [f"{name} {' instead of '.join(both(getattr(old, name), getattr(new, name)))}" for name in fields]
            return f"{change.ref}: {'; '.join(pairs)}"
        case Create():
            return f"{change.ref} is missing"
        case _:
            return f"{change.ref} is still there"


def broken_contracts(desired: Model, live: Model) -> list[str]:
    """Return the promises of the specs that the database does not keep, such as the columns of a view."""
    found = []
    for ref, obj in desired.items():
        for name in contracts(type(obj)):
            promised, real = getattr(obj, name), getattr(live.get(ref), name, None)
            if promised and real and promised != real:
                found.append(f"{ref}: {name} are {', '.join(real)}, the spec promises {', '.join(promised)}")
    return found


def _entries(desired: Model, live: Model, before: frozenset[Ref]) -> Mapping[Ref, Entry]:
    """Return what the ledger is to hold. Protection is lifted by `protect: false` alone, never by silence."""
    memory: dict[Ref, dict[str, Memory]] = {}
    for (ref, part), entry in remembered(desired, live).items():
        memory.setdefault(ref, {})[part] = entry
    entries = {}
    for ref, obj in desired.items():
        said = getattr(obj, "protect", None)
        protected = ref in before if said is None else bool(said)
        dates = getattr(obj, "deprecated", None)
        day = dates.remove_after if dates is not None else ""
        entries[ref] = Entry(protected=protected, deprecated=day, memory=memory.get(ref, {}))
    return entries


def _news(entries: Mapping[Ref, Entry], known: Owned) -> Mapping[Ref, Entry]:
    """Return the entries that the ledger does not hold yet in just this form."""
    before: dict[Ref, dict[str, Memory]] = {}
    for (ref, part), memory in known.memory.items():
        before.setdefault(ref, {})[part] = memory
    return {
        ref: entry
        for ref, entry in entries.items()
        if ref not in known.objects
        or entry.protected != (ref in known.protected)
        or entry.deprecated != known.deprecated.get(ref, "")
        or dict(entry.memory) != before.get(ref, {})
    }
